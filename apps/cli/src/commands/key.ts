/** `linkup key`: the API key's state and the stop switch. The key itself is never here. */
import { providerHost } from "@linkup-queue/contracts";
import type { KeyState } from "@linkup-queue/queue";
import type { Command } from "commander";
import { addCommand, addGroup, reporting } from "../command.ts";
import type { ConsoleIo } from "../console-io.ts";
import { keyAdvice } from "../key-advice.ts";
import { type Report, stateCell } from "../report.ts";
import { withEngine } from "../with-engine.ts";

function report(key: KeyState, { provider, said = "" }: { provider: string; said?: string }): Report {
  const until = key.untilMs === null ? null : new Date(key.untilMs).toISOString();
  return {
    json: { ...key, until, provider },
    sections: [
      ...(said === "" ? [] : [{ kind: "line" as const, text: said }]),
      {
        kind: "facts",
        rows: [
          ["state", stateCell(key.state)],
          ["why", keyAdvice(key)],
          ["until", until],
          ["window", `${key.slotsBusy} of ${key.rateLimit} requests taken in ${key.rateWindowMs / 1_000} s`],
          ["mean latency", `${Math.round(key.meanHoldMs)} ms`],
          ["workers", key.workers],
          ["calls out", key.openGrants],
          ["outcomes to publish", key.unpublished],
          ["provider", provider],
        ],
      },
    ],
  };
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
      withEngine(io, async (engine, { baseUrl }) => report(await engine.keys.read(), { provider: providerHost(baseUrl) })),
    ),
  );

  addCommand(group, "pause", {
    summary: "Stop everything: no call leaves until it is resumed",
    details: "Calls that are out are finished; jobs wait free of charge.",
    examples: [["key pause", "the stop switch"]],
  }).action(
    reporting(io, () =>
      withEngine(io, async (engine, { baseUrl }) =>
        report(await engine.keys.pause(), { provider: providerHost(baseUrl), said: 'Stopped: no call leaves until "linkup key resume".' }),
      ),
    ),
  );

  addCommand(group, "resume", {
    summary: "Open a stopped or cooling key",
    examples: [["key resume", "after the cause is mended"]],
  }).action(
    reporting(io, () =>
      withEngine(io, async (engine, { baseUrl }) =>
        report(await engine.keys.resume(), { provider: providerHost(baseUrl), said: "Open: calls leave again." }),
      ),
    ),
  );
}
