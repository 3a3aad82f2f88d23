/**
 * BullMQ's worker, but for one thing: Redis's trouble fails no job. BullMQ takes an error that it meets while it writes down how a job went for the
 * job's own, and fails it as soon as Redis takes that. Here the job stays as it lies until its lock is over, and is run again.
 */
import type { Job, Span } from "bullmq";
import { BoundedWorker } from "./bounded-worker.ts";
import { redisTrouble } from "./trouble.ts";

type Rest = [job: Job, token: string, fetchNextCallback?: () => boolean, span?: Span];

export class SteadyWorker extends BoundedWorker {
  protected override async handleFailed(error: Error, ...rest: Rest): Promise<Job> {
    if (redisTrouble(error) === null) return await super.handleFailed(error, ...rest);
    this.emit("error", error);
    // BullMQ's own answers nothing, too, where no job follows; its type does not say so.
    return undefined as unknown as Job;
  }
}
