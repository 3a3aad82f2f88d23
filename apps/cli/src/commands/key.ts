/** `linkup key`: the API key's state and the stop switch. The key itself is never here. */
import { LinkupError, providerHost } from "@linkup-queue/contracts";
import { brakeView, differenceText, type Engine, type KeyState, keyAdvice, restView } from "@linkup-queue/queue";
import type { Command } from "commander";
import { WRITES, withEngine } from "../engine/with-engine.ts";
import { addCommand, addGroup, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { type Report, stateCell } from "../terminal/report.ts";

export function keyReport(key: KeyState, { provider, said = "" }: { provider: string; said?: string }): Report {
  const until = key.untilMs === null ? null : new Date(key.untilMs).toISOString();
  const brakes = key.brakes.map(brakeView);
  const rests = key.rests.map(restView);
  return {
    json: { ...key, until, brakes, rests, provider },
    sections: [
      ...(said === "" ? [] : [{ kind: "line" as const, text: said }]),
      {
        kind: "facts",
        rows: [
          ["state", stateCell(key.state)],
          ["why", keyAdvice(key)],
          ["until", until],
          ...(key.lost === null ? [] : [["calls missing", `${key.lost.marks} at least`] satisfies [string, string]]),
          ["window", `${key.slotsBusy} of ${key.rateLimit} requests taken in ${key.rateWindowMs / 1_000} s`],
          ["mean latency", `${Math.round(key.meanHoldMs)} ms`],
          ...(key.transit === null ? [] : [["transit", transitCell(key.transit)] satisfies [string, string]]),
          ["workers", key.workers],
          ...key.differences.map((difference): [string, string] => ["settings differ", differenceText(difference)]),
          ["calls out", key.openGrants],
          ["outcomes to publish", key.unpublished],
          ["provider", provider],
        ],
      },
      ...(brakes.length === 0
        ? []
        : [
            {
              kind: "table" as const,
              head: ["brake", "cause", "since", "next probe", "waiting"],
              rows: brakes.map(({ id, cause, since, nextProbeAt, waiting }) => [id, cause, since, nextProbeAt, waiting]),
            },
          ]),
      ...(rests.length === 0
        ? []
        : [
            {
              kind: "table" as const,
              head: ["rest", "cause", "since", "until", "waiting"],
              rows: rests.map(({ id, cause, since, until, waiting }) => [id, cause, since, until ?? "a person ends it", waiting]),
            },
          ]),
    ],
  };
}

function transitCell({ ms, answersUntilMs }: NonNullable<KeyState["transit"]>): string {
  return answersUntilMs === null ? `${ms} ms` : `${ms} ms, without effect until ${new Date(answersUntilMs).toISOString()}`;
}

/** Ends what bears this name; what it covers. Throws `not_found`. */
async function release(engine: Engine, id: string): Promise<string> {
  const released = await engine.release(id);
  if (released === null) throw new LinkupError("not_found", `There is no brake ${id}; linkup key show lists those there are`);
  return released.kind === "rest" ? `${released.scope} of ${released.account}` : released.operation;
}

/** Adds `linkup key ...`. */
export function addKeyCommands(program: Command, io: ConsoleIo): void {
  const group = addGroup(program, "key", "The API key's state, and the stop switch");

  addCommand(group, "show", {
    summary: "Show whether calls may leave, and how much of the window is used",
    examples: [
      ["key show", "for a person"],
      ["key show --json", "for a program"],
    ],
  }).action(
    reporting(io, () =>
      withEngine(io, async (engine, { baseUrl }) => keyReport(await engine.keys.read(), { provider: providerHost(baseUrl) })),
    ),
  );

  addCommand(group, "pause", {
    summary: "Stop everything: no call leaves until it is resumed",
    details: "Calls that are out are finished; jobs wait free of charge.",
    examples: [["key pause", "the stop switch"]],
  }).action(
    reporting(io, () =>
      withEngine(
        io,
        async (engine, { baseUrl }) =>
          keyReport(await engine.keys.pause(), {
            provider: providerHost(baseUrl),
            said: 'Stopped: no call leaves until "linkup key resume".',
          }),
        WRITES,
      ),
    ),
  );

  addCommand(group, "resume", {
    summary: "Open a stopped or cooling key",
    examples: [["key resume", "after the cause is mended"]],
  }).action(
    reporting(io, () =>
      withEngine(
        io,
        async (engine, { baseUrl }) =>
          keyReport(await engine.keys.resume(), { provider: providerHost(baseUrl), said: "Open: calls leave again." }),
        WRITES,
      ),
    ),
  );

  addCommand(group, "release", {
    summary: "Take a brake off an operation that LinkUp refused, or end the rest of an account",
    details:
      "A brake comes off by itself when its probe works. By hand, few calls are out at once until one succeeds; a refusal puts it on again. A rest's ladder stays: limited again, its account rests longer.",
    examples: [
      ["key release operation:profile.scrape", "LinkUp says that it works again"],
      ["key release rest:acc-1:invite", "LinkedIn takes invitations of acc-1 again"],
    ],
  })
    .argument("<brake>", "the name of the brake or rest, as key show has it")
    .action(
      reporting(io, (id: string) =>
        withEngine(
          io,
          async (engine, { baseUrl }) => {
            const what = await release(engine, id);
            return keyReport(await engine.keys.read(), { provider: providerHost(baseUrl), said: `Taken off: jobs of ${what} go on.` });
          },
          WRITES,
        ),
      ),
    );
}
