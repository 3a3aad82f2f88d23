/**
 * The life of a job, top to bottom: parse -> gate -> left -> call -> decide -> settle -> publish. Each step is a file and returns its result
 * as a value; it throws only for a defect or when Redis can't be reached.
 */
import { askGate, type Decision, type FetchedJob, type Processor, type Progress } from "@linkup-queue/queue";
import type { WorkerContext } from "../process/context.ts";
import { checkFetched } from "./check-fetched.ts";
import { endUncalled, followGate, holdUnopened } from "./end-uncalled.ts";
import { makeCall, openToken } from "./make-call.ts";
import { decisionOf, planOf, publishEnd, settleCalled } from "./settle-job.ts";

/** The processor of the call queues. */
export function jobProcessor(context: WorkerContext): Processor {
  return (job, progress) => processJob(context, job, progress);
}

async function processJob(context: WorkerContext, fetched: FetchedJob, progress: Progress): Promise<Decision> {
  // 1. Parse: a job with wrong data ends here, free.
  const checked = checkFetched(context.log, fetched);
  if (!checked.ok) return await endUncalled(context, checked.job, { code: "invalid_input", message: checked.message });

  // 2. Gate: may it leave now? It waits in the process's line as long as the answer is `wait`.
  const { job, answer } = await askGate(context, checked.job, progress.lined);
  if (answer.kind !== "granted") return await followGate(context, job, answer);

  progress.granted();
  try {
    const token = await openToken(context, job, answer);
    if (token.kind !== "opened") return await holdUnopened(context, job, { ...answer, isStale: token.kind === "stale" });

    // 3. Call: the `left` mark is written when the connection is open, before the first byte.
    const called = await makeCall(context, job, { ...answer, token: token.value });

    // 4. Decide: from the verdict to what becomes of the job. Pure.
    const plan = planOf(context, job, called);

    // 5. Settle: credits, slot, lane, key, account, the job's next state, and mostly its outcome's publishing, in one step.
    const settled = await settleCalled(context, job, { ...called, plan });

    // 6. Publish the outcome of a job that ended, where that is still to be done; then tell BullMQ, by the decision.
    await publishEnd(context, settled);
    return decisionOf(context, settled);
  } finally {
    context.line.done();
  }
}
