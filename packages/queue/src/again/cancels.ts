/**
 * Cancelling: the job gets its `cancelled` outcome through the ledger first, and leaves BullMQ after that. A worker that fetches it at the
 * same moment asks the gate and is told that it is settled; a call that is out is never cancelled.
 */
import { jsonWithinBounds } from "@linkup-queue/contracts";
import { keptBeside } from "../job/job-subjects.ts";
import { type Ending, outcomeOf } from "../job/outcome.ts";
import { type Gate, NO_CALL } from "../ledger/gate.ts";
import type { Outbox } from "../ledger/outbox.ts";
import { packOutcome } from "../ledger/outcome-store.ts";
import type { CallQueues } from "../redis/call-queues.ts";
import type { FoundJob, JobViews } from "../views/job-views.ts";

const CANCELLED: Ending = {
  status: "cancelled",
  code: "cancelled",
  message: "The job was cancelled before it was sent",
  httpStatus: null,
  output: null,
};

type Parts = { gate: Gate; outbox: Outbox; views: JobViews; queues: CallQueues };

export class JobCancels {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Ends a found job as cancelled; `nameless`: with an outcome that names no recipient. `call_out`: its call may have left; `ended`: it has its outcome already. */
  async cancel(found: FoundJob, { nameless = false } = {}): Promise<"cancelled" | "call_out" | "ended"> {
    const { gate, outbox, views, queues } = this.#parts;
    let job: FoundJob | undefined = found;
    while (job?.meta) {
      const { ref, meta, history, stored } = job;
      const recipientId = nameless ? null : meta.recipientId;
      const outcome = outcomeOf(ref, { ...meta, recipientId }, { ending: CANCELLED, history });
      const answer = await gate.settle({
        ref,
        ...NO_CALL,
        calls: history.calls,
        operation: meta.operation,
        accountId: meta.accountId,
        campaignId: meta.campaignId,
        recipientId: meta.recipientId,
        next: {
          kind: "end",
          status: "cancelled",
          code: "cancelled",
          outcome: packOutcome(outcome, nameless ? undefined : keptBeside(meta, outcome, jsonWithinBounds(stored?.data ?? ""))),
        },
      });
      if (answer.kind === "ended") {
        await outbox.publish(job.digest, outcome);
        // A plain list would have to be searched from end to end: a job in one stays, and its worker finds it settled.
        if (job.where === "delayed" || job.where === "prioritized") await queues.of(job.view.queue).remove(ref.id);
        return "cancelled";
      }
      if (answer.kind !== "already" || answer.state !== "changed")
        return answer.kind === "already" && answer.state === "open" ? "call_out" : "ended";
      [job] = await views.find(ref.id, job.view.queue);
    }
    return "ended";
  }
}
