/** A read of an account's invitations that came back. Before its settlement, as a read of an inbox is taken. */
import type { AskedJob } from "@linkup-queue/queue";
import type { WorkerContext } from "../process/context.ts";
import { judgeAcceptance, judgePending } from "./judge-count.ts";

/** Takes what a read found. An answer that can't be read says nothing: those that are pending are counted anew later, and the person is not looked at again. */
export async function takeCount({ engine, random }: WorkerContext, { ref, parsed }: AskedJob, answer: unknown): Promise<void> {
  const found = parsed.operation === "invitation.sent" ? judgePending(answer) : judgeAcceptance(answer);
  await engine.people.invitations.told(ref, found, random);
}
