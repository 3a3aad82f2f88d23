/** The backlog: which jobs wait, where, and for how long: for people and metrics. It reads only, a bounded amount whatever the length of the queues. */
import { queuePrefix, RESULTS_QUEUE, SCHEDULES_QUEUE, SPENDING_QUEUES } from "@linkup-queue/contracts";
import { Queue } from "bullmq";
import { z } from "zod";
import { madeAtMs } from "../job/job-ref.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { oldestWaitingScript } from "./lua/oldest-waiting.ts";

export type QueueBacklog = {
  queue: string;
  /** Whether somebody paused it in BullMQ. */
  paused: boolean;
  /** Parked jobs and retries are among the delayed. */
  waiting: number;
  delayed: number;
  active: number;
  failed: number;
  /** Since when the oldest job that is due waits, ms since the epoch: when it was added, or came due. Null when none waits. */
  oldestMs: number | null;
};

export type Backlog = {
  /** The call queues, `auth`, `schedules` and `results`. */
  queues: QueueBacklog[];
  /** Calls granted whose deadline is over and that no sweep has settled. */
  overdueGrants: number;
  /** Outcomes settled and not yet on `results`. */
  unpublished: number;
  /** Since when the oldest of them waits, ms since the epoch. */
  oldestUnpublishedMs: number | null;
};

/** The sweep comes once a second and gives a late worker 2 s: what is older than this has no sweep. */
const SWEPT_WITHIN_MS = 10_000;
const QUEUES = [...SPENDING_QUEUES, SCHEDULES_QUEUE, RESULTS_QUEUE];
const Options = z.object({ delay: z.number().default(0) }).catch({ delay: 0 });

/** Looks at all queues of the key. `nowMs` is Redis's clock. */
export async function readBacklog(scripts: RedisScripts, keyId: string, nowMs: number): Promise<Backlog> {
  const { client } = scripts;
  const [queues, overdueGrants, unpublished, oldest] = await Promise.all([
    Promise.all(QUEUES.map((name) => readQueue(name, scripts, keyId))),
    client.zcount(scripts.keys.open, "-inf", String(nowMs - SWEPT_WITHIN_MS)),
    client.zcard(scripts.keys.outbox),
    client.zrange(scripts.keys.outbox, "0", "0", "WITHSCORES"),
  ]);
  return { queues, overdueGrants, unpublished, oldestUnpublishedMs: oldest[1] === undefined ? null : Number(oldest[1]) };
}

async function readQueue(name: string, scripts: RedisScripts, keyId: string): Promise<QueueBacklog> {
  const queue = new Queue(name, { connection: scripts.client, prefix: queuePrefix(keyId) });
  // The connection is the engine's; its owner hears of its errors.
  queue.on("error", () => undefined);
  try {
    const [paused, counts, oldest] = await Promise.all([queue.isPaused(), queue.getJobCounts(), readOldestWaiting(name, scripts)]);
    const { waiting = 0, wait = 0, prioritized = 0, paused: held = 0, delayed = 0, active = 0, failed = 0 } = counts;
    return {
      queue: name,
      paused,
      waiting: waiting + wait + prioritized + held,
      delayed,
      active,
      failed,
      oldestMs: oldest.reduce<number | null>((oldest, head) => Math.min(oldest ?? head, head), null),
    };
  } finally {
    await queue.close();
  }
}

/** Since when the first job of each priority waits. */
async function readOldestWaiting(queue: string, scripts: RedisScripts): Promise<number[]> {
  const oldest = await scripts.run(oldestWaitingScript, { queue });
  return oldest.map(([timestamp, opts]) => madeAtMs(timestamp) + Options.parse(JSON.parse(opts)).delay);
}
