/** The one job that a person means by an id. It reads only. */
import { type CallQueue, LinkupError } from "@linkup-queue/contracts";
import type { EngineJobs, FoundJob } from "@linkup-queue/queue";
import { UsageError } from "../terminal/console-io.ts";

export type WhichQueue = { queue?: CallQueue };

/** The one job of this id. Throws LinkupError `not_found`, or UsageError when several queues have one. */
export async function findJob(views: EngineJobs["views"], id: string, { queue }: WhichQueue): Promise<FoundJob> {
  const [found, ...others] = await views.find(id, queue);
  if (found === undefined) throw new LinkupError("not_found", `There is no job ${id} (any more)`);
  if (others.length === 0) return found;
  const queues = [found, ...others].map(({ view }) => view.queue).join(", ");
  throw new UsageError(`The id ${id} is in ${queues}: say which with --queue`);
}
