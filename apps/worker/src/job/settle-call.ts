/** Settling that does not give up: what a call came to is known to this process alone until the ledger has it. */
import { setTimeout as sleep } from "node:timers/promises";
import { LinkupError } from "@linkup-queue/contracts";
import { announceChanges, type SettleAnswer, type Settlement } from "@linkup-queue/queue";
import type { WorkerContext } from "../process/context.ts";

const PAUSE_MS = 500;
/** Then the ledger's own sweep calls the job `unknown`, which is true. */
const LONGEST_MS = 10 * 60_000;

/** Settles, repeating while Redis refuses. Throws only after ten minutes, and at once where the ledger has another version's layout. */
export async function settleCall(context: WorkerContext, settlement: Settlement): Promise<SettleAnswer> {
  const { engine, log, metrics } = context;
  const answer = await whileRefused(context, settlement.ref, () => engine.gate.settle(settlement));
  metrics.wasted(answer.wasted ?? 0);
  announceChanges(log, answer.brakes ?? []);
  return answer;
}

/** Does a step of a settlement, repeating it while Redis refuses. Throws as `settleCall` does. */
export async function whileRefused<T>(
  { trouble }: WorkerContext,
  { queue, id: jobId }: Settlement["ref"],
  step: () => Promise<T>,
): Promise<T> {
  const givenUpAtMs = performance.now() + LONGEST_MS;
  for (;;) {
    try {
      return await step();
    } catch (error) {
      const isOtherLayout = error instanceof LinkupError && error.code === "layout_conflict";
      if (isOtherLayout || performance.now() > givenUpAtMs) throw error;
      trouble.see(error, "Redis refused to settle a call; trying again", { queue, jobId });
      await sleep(PAUSE_MS);
    }
  }
}
