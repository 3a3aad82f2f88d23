/** What waits, where, and for how long: for people and metrics. It reads only, a bounded amount whatever the length of the queues. */
import { PRIORITIES, queuePrefix, RESULTS_QUEUE, SPENDING_QUEUES } from "@linkup-queue/contracts";
import { type Job, Queue } from "bullmq";
import type { RedisScripts } from "./redis-scripts.ts";

export type QueueBacklog = {
  queue: string;
  /** Whether somebody paused it in BullMQ. */
  paused: boolean;
  /** Parked jobs and retries are among the delayed. */
  waiting: number;
  delayed: number;
  active: number;
  failed: number;
  /** When the oldest job that is due was added, ms since the epoch; null when none waits. */
  oldestMs: number | null;
};

export type Backlog = {
  /** The call queues, `auth` and `results`. */
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
const QUEUES = [...SPENDING_QUEUES, RESULTS_QUEUE];

/** Looks at all queues of the key. `nowMs` is Redis's clock. */
export async function readBacklog(scripts: RedisScripts, keyId: string, nowMs: number): Promise<Backlog> {
  const { client } = scripts;
  const [queues, overdueGrants, unpublished, oldest] = await Promise.all([
    Promise.all(QUEUES.map((name) => readQueue(name, scripts, keyId))),
    client.zcount(scripts.key("open"), "-inf", String(nowMs - SWEPT_WITHIN_MS)),
    client.zcard(scripts.key("outbox")),
    client.zrange(scripts.key("outbox"), "0", "0", "WITHSCORES"),
  ]);
  return { queues, overdueGrants, unpublished, oldestUnpublishedMs: oldest[1] === undefined ? null : Number(oldest[1]) };
}

async function readQueue(name: string, scripts: RedisScripts, keyId: string): Promise<QueueBacklog> {
  const queue = new Queue(name, { connection: scripts.client, prefix: queuePrefix(keyId) });
  // The connection is the engine's; its owner hears of its errors.
  queue.on("error", () => undefined);
  try {
    const [paused, counts, heads] = await Promise.all([queue.isPaused(), queue.getJobCounts(), readHeads(queue)]);
    const { waiting = 0, wait = 0, prioritized = 0, paused: held = 0, delayed = 0, active = 0, failed = 0 } = counts;
    const times = heads.map((job) => job.timestamp);
    return {
      queue: name,
      paused,
      waiting: waiting + wait + prioritized + held,
      delayed,
      active,
      failed,
      oldestMs: times.length === 0 ? null : Math.min(...times),
    };
  } finally {
    await queue.close();
  }
}

/** The first job of each priority of ours: within one, BullMQ keeps the order of arrival. */
async function readHeads(queue: Queue): Promise<Job[]> {
  const priorities = Object.values(PRIORITIES);
  const counts = await queue.getCountsPerPriority(priorities);
  let before = 0;
  const starts = priorities.map((priority) => {
    const start = before;
    before += counts[String(priority)] ?? 0;
    return start;
  });
  const pages = await Promise.all([
    queue.getJobs(["wait"], 0, 0, true),
    ...[...new Set(starts)].map((start) => queue.getJobs(["prioritized"], start, start, true)),
  ]);
  return pages.flat().filter((job) => job !== undefined && job !== null);
}
