/** Jobs by what people know of them: an id, or the key with which somebody added them. An archive is asked where Redis knows none of them. */
import { COMMAND_LINE_CALLER, idOfOwnKey, type JobView } from "@linkup-queue/queue";
import type { ApiContext } from "../http/api-context.ts";
import { archivedJob } from "./archived-outcomes.ts";

/** The ids of the jobs that bear this key: one for each token of this api, and the command line's. A line of a batch without a key of its own has none. */
export function idsOfKey({ settings }: ApiContext, key: string): string[] {
  const callers = [...settings.tokens.map(({ name }) => name), COMMAND_LINE_CALLER];
  return callers.map((caller) => idOfOwnKey({ caller, text: key }));
}

/** The jobs of these ids, with why each waits; an id that several queues have is several jobs. */
export async function findJobs(context: ApiContext, ids: readonly string[]): Promise<JobView[]> {
  const { views } = context.jobs;
  const found = (await Promise.all(ids.map((id) => views.find(id)))).flat();
  if (found.length > 0) return await Promise.all(found.map((job) => views.withWait(job)));
  const archived = await Promise.all(ids.map((id) => archivedJob(context, id, undefined)));
  return archived.filter((job) => job !== null);
}
