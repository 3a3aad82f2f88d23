/** `linkup person`: what became of a person outside, such as their reply. It goes in by their address, and is kept as a digest. */
import { personKey } from "@linkup-queue/contracts";
import { type Engine, ReplyMoment } from "@linkup-queue/queue";
import { type Command, InvalidArgumentError } from "commander";
import { WRITES, withEngine } from "../engine/with-engine.ts";
import { addCommand, addGroup, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { endedText } from "../terminal/ended-text.ts";
import { type Report, sentence } from "../terminal/report.ts";

function momentArgument(text: string): number {
  const parsed = ReplyMoment.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(`It ${parsed.error.issues[0]?.message ?? "must be an ISO date and time"}.`);
  return Date.parse(parsed.data);
}

async function noteReply(engine: Engine, address: string, atMs: number | undefined): Promise<Report> {
  const { replies, stoppedJobs } = engine.people;
  const key = personKey(address);
  const { mayStop, ...reply } = await engine.confirmed(() => replies.put({ address, atMs }));
  const jobs = mayStop ? await stoppedJobs.end("replied", [key]) : { ended: 0, inFlight: 0 };
  const said = reply.isNews ? "The reply is known." : `A reply of ${reply.repliedAt} was known already.`;
  return sentence(`${said} ${endedText(jobs)}`, { ...reply, jobs });
}

/** Adds `linkup person ...`. */
export function addPersonCommands(program: Command, io: ConsoleIo): void {
  const group = addGroup(program, "person", "What became of a person: they answered");

  addCommand(group, "replied", {
    summary: "Tell that a person answered: campaigns with --stop-on-reply write to them no more",
    details:
      "Of every account, and also where the person is fed to such a campaign later. Jobs that wait end cancelled, replied, free. A campaign that was made after the reply is not stopped by it. The reply is kept as a digest for a year and outlives the person's erasure.",
    examples: [
      ["person replied linkedin.com/in/ada-lovelace", "just now"],
      ["person replied linkedin.com/in/ada-lovelace --at 2026-11-30T09:15:00Z", "when it was"],
    ],
  })
    .argument("<person>", "an address in any spelling, or a profile id")
    .option("--at <moment>", "when they answered, at most a year ago (default: now)", momentArgument)
    .action(
      reporting(io, (address: string, { at }: { at?: number }) => withEngine(io, (engine) => noteReply(engine, address, at), WRITES)),
    );
}
