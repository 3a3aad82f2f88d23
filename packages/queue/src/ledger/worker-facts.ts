/** Workers by what people know them by: noted with each beat, for as long as they beat. Nothing but pages goes by it. */
import { z } from "zod";
import type { RedisScripts } from "../redis/scripts.ts";

const WorkerFacts = z.object({
  host: z.string(),
  /** The process's number on that host. */
  pid: z.number(),
  /** Of linkup-queue. */
  version: z.string(),
  startedMs: z.number(),
  /** Calls that were out at its last beat. */
  out: z.number(),
});
export type WorkerFacts = z.infer<typeof WorkerFacts>;

/** A beat comes every five seconds; one of a slow Redis may take longer. */
const KEPT_SECONDS = 120;

/** Notes a worker's facts. Errors: whatever Redis answers. */
export async function noteWorkerFacts({ client, keys }: RedisScripts, name: string, facts: WorkerFacts): Promise<void> {
  await client.set(keys.workerFacts(name), JSON.stringify(facts), "EX", KEPT_SECONDS);
}

/** The facts of these workers, in their order; null of one that noted none, as one of an earlier version. */
export async function readWorkerFacts({ client, keys }: RedisScripts, names: readonly string[]): Promise<(WorkerFacts | null)[]> {
  if (names.length === 0) return [];
  const texts = await client.mget(names.map((name) => keys.workerFacts(name)));
  return texts.map((text) => (text === null ? null : (WorkerFacts.safeParse(JSON.parse(text)).data ?? null)));
}
