/**
 * Cancelling: the job gets its `cancelled` outcome through the ledger first, and leaves BullMQ after that. A worker that fetches it at the
 * same moment asks the gate and is told that it is settled; a call that is out is never cancelled.
 */
import { jsonWithinBounds } from "@linkup-queue/contracts";
import type { Ending } from "../job/outcome.ts";
import type { Gate } from "../ledger/gate.ts";
import type { Outbox } from "../ledger/outbox.ts";
import { endOf, settlementOf } from "../ledger/settlement.ts";
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
      const data = jsonWithinBounds(stored?.data ?? "");
      const { outcome, end } = endOf(ref, meta, { ending: CANCELLED, history, data, nameless });
      const answer = await gate.settle(settlementOf(ref, meta, { calls: history.calls, next: { kind: "end", ...end } }));
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
