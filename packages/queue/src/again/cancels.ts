/**
 * Cancelling: the job gets its `cancelled` outcome through the ledger first, and leaves BullMQ after that. A worker that fetches it at the
 * same moment asks the gate and is told that it is settled; a call that is out is never cancelled.
 */
import { jsonWithinBounds } from "@linkup-queue/contracts";
import type { Ending } from "../job/outcome.ts";
import { endInDoubt, endLook } from "../ledger/end-in-doubt.ts";
import { endWithoutCall, isDoubt } from "../ledger/end-without-call.ts";
import type { Gate } from "../ledger/gate.ts";
import type { Outbox } from "../ledger/outbox.ts";
import type { CallQueues } from "../redis/call-queues.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { JobFilter, JobPages, JobPlace, JobRow } from "../views/job-pages.ts";
import type { FoundJob, JobViews } from "../views/job-views.ts";

const CANCELLED: Ending = {
  status: "cancelled",
  code: "cancelled",
  message: "The job was cancelled before it was sent",
  httpStatus: null,
  output: null,
};

type Parts = { scripts: RedisScripts; gate: Gate; outbox: Outbox; views: JobViews; pages: JobPages; queues: CallQueues };

export type CancelManyRequest = Omit<JobFilter, "state" | "code"> & {
  state?: "waiting" | "parked" | "delayed" | undefined;
  /** Most jobs to cancel now. */
  limit: number;
  /** Where an earlier answer ended. */
  place?: JobPlace | undefined;
  /** Only counts those that would be cancelled. */
  dryRun?: boolean | undefined;
};

type Counts = { cancelled: number; callOut: number };
/** `callOut`: jobs whose call is out. `next`: where to go on; null at the end. */
export type CancelManyAnswer = Counts & { next: JobPlace | null };

/** Jobs of one page, and pages that one answer looks at. */
const PAGE = 200;
const MOST_PAGES = 25;
const BEGINNING: JobPlace = { step: 0, skip: 0 };

export class JobCancels {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Ends a found job as cancelled, or as `ending` says; `nameless`: with an outcome that names no recipient. `call_out`: its call may have left, and a read may look for it still;
   * `ended`: it has its outcome, or got one in doubt, or a person who is forgotten is looked for no more. Throws `conflict` while the state is lost.
   */
  async cancel(found: FoundJob, { nameless = false, ending = CANCELLED } = {}): Promise<"cancelled" | "call_out" | "ended"> {
    const { views } = this.#parts;
    let job: FoundJob | undefined = found;
    while (job?.meta) {
      const { ref, meta, history, stored } = job;
      const data = jsonWithinBounds(stored?.data ?? "");
      const answer = await endWithoutCall(this.#parts, { ref, meta }, { ending, history, data, nameless, calls: history.calls });
      if (answer.kind === "ended") {
        await this.#leaveQueue(job);
        return isDoubt(answer) ? "ended" : "cancelled";
      }
      if (answer.kind === "already" && answer.state === "reconciling") {
        if (!nameless) {
          if ((await endLook(this.#parts, { ref, meta }, { data, ending })) === null) return "call_out";
          await this.#leaveQueue(job);
          return "cancelled";
        }
        return (await endInDoubt(this.#parts, { ref, meta }, { data, nameless })) === null ? "call_out" : "ended";
      }
      if (answer.kind !== "already" || answer.state !== "changed")
        return answer.kind === "already" && answer.state === "open" ? "call_out" : "ended";
      [job] = await views.find(ref.id, job.view.queue);
    }
    return "ended";
  }

  /** A plain list would have to be searched from end to end: a job in one stays, and its worker finds it settled. */
  async #leaveQueue({ where, view, ref }: FoundJob): Promise<void> {
    if (where === "delayed" || where === "prioritized") await this.#parts.queues.of(view.queue).remove(ref.id);
  }

  /**
   * Cancels those that the request names, a bounded number; go on from `next` until it is null. A page in which something was cancelled is read
   * again, as jobs behind those that left it move up.
   */
  async cancelMany({ limit, place, dryRun = false, ...filter }: CancelManyRequest): Promise<CancelManyAnswer> {
    const counts: Counts = { cancelled: 0, callOut: 0 };
    let at = place ?? BEGINNING;
    for (let looked = 0; looked < MOST_PAGES && counts.cancelled < limit; looked++) {
      const { rows, next } = await this.#parts.pages.read(filter, { place: at, limit: Math.min(PAGE, limit - counts.cancelled) });
      const { cancelled, callOut } = dryRun ? countRows(rows) : await this.#cancelRows(rows);
      counts.cancelled += cancelled;
      if (!dryRun && cancelled > 0) continue;
      counts.callOut += callOut;
      if (next === null) return { ...counts, next };
      at = next;
    }
    return { ...counts, next: at };
  }

  async #cancelRows(rows: readonly JobRow[]): Promise<Counts> {
    const counts = { cancelled: 0, callOut: 0 };
    for (const { state, jobId, queue } of rows) {
      if (state === "completed" || state === "failed") continue;
      const [found] = await this.#parts.views.find(jobId, queue);
      const said = found === undefined ? "ended" : await this.cancel(found);
      if (said === "cancelled") counts.cancelled += 1;
      if (said === "call_out") counts.callOut += 1;
    }
    return counts;
  }
}

function countRows(rows: readonly JobRow[]): Counts {
  const callOut = rows.filter(({ state }) => state === "active").length;
  const ended = rows.filter(({ state }) => state === "completed" || state === "failed").length;
  return { cancelled: rows.length - callOut - ended, callOut };
}
