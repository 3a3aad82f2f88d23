/**
 * Carries the lines of a batch to the door: read a chunk, add it in few round trips, answer it, while the next one is being read.
 * At any moment it holds three chunks, however long the batch is, and under a key 34 MB for each million of its targets. Every job that was answered as accepted lies in Redis.
 */
import { type JsonLine, JsonLines } from "@linkup-queue/campaign-files";
import { LinkupError } from "@linkup-queue/contracts";
import type { BatchLines, DoorAnswer, DoorJob, LineConflict } from "@linkup-queue/queue";
import type { BatchDoor } from "../http/api-context.ts";
import { invalidInput, toLinkupError } from "../http/api-error.ts";
import type { Limits } from "../http/limits.ts";
import type { RedisWait } from "../http/redis-wait.ts";
import type { BatchAnswer, LineAnswer } from "./batch-answer.ts";

export type Batch = {
  chunks: AsyncIterable<Uint8Array>;
  /** Whether more bytes lie ready: if not, what was read is added now, as the sender may be waiting for its answer. */
  moreIsReady: () => boolean;
  /** Checks the lines, and gives them their keys. */
  lines: BatchLines;
  batchDoor: BatchDoor;
  redis: RedisWait;
  answer: BatchAnswer;
  limits: Limits;
};

/**
 * A chunk is added when it has this many lines or bytes: long enough for Redis, short enough for the other requests, which wait for one
 * after another. With 250 lines their median was two to three times that with 50; the lines a second differed by less than the noise.
 */
const CHUNK_LINES = 50;
const CHUNK_BYTES = 1024 * 1024;

type ReadLine = { line: number; job: DoorJob } | { line: number; error: LinkupError };

/** Takes the batch to its end. Throws what the chunks throw, once all that was taken is answered. */
export async function takeBatch(batch: Batch): Promise<void> {
  const reader = new JsonLines(batch.limits.bodyBytes);
  let chunk: ReadLine[] = [];
  let bytes = 0;
  let before: Promise<void> = Promise.resolve();
  let inWork: Promise<void> = before;

  const flush = async () => {
    const lines = chunk;
    chunk = [];
    bytes = 0;
    await before;
    if (lines.length === 0) return;
    before = inWork;
    inWork = carry(lines, batch, before);
    // Its failure is met by the one after it, and at the end.
    inWork.catch(() => undefined);
  };
  const take = async (line: JsonLine) => {
    chunk.push(readLine(line, batch));
    bytes += "characters" in line ? line.characters : 0;
    if (chunk.length >= CHUNK_LINES || bytes >= CHUNK_BYTES) await flush();
  };

  try {
    for await (const chunk of batch.chunks) {
      for (const line of reader.feed(chunk)) await take(line);
      if (!batch.moreIsReady()) await flush();
    }
    for (const line of reader.end()) await take(line);
  } catch (thrown) {
    await flush();
    await inWork;
    if (!(thrown instanceof LinkupError)) throw thrown;
    batch.answer.end({ line: reader.count + 1, error: thrown });
    return;
  }
  await flush();
  await inWork;
  batch.answer.end();
}

function readLine(read: JsonLine, { lines }: Batch): ReadLine {
  if ("error" in read) return { line: read.line, error: toLinkupError(read.error) };
  try {
    const job = lines.read(read.value, read.line);
    return job.ok ? { line: read.line, job: job.job } : { line: read.line, error: invalidInput(job.issues, "The job is not valid") };
  } catch (refused) {
    return { line: read.line, error: toLinkupError(refused) };
  }
}

/** Looks at the jobs while those of the chunk before are being added, and adds them after those. */
async function carry(lines: readonly ReadLine[], { batchDoor, redis, answer, limits }: Batch, before: Promise<void>): Promise<void> {
  const { door, confirmed } = batchDoor;
  const jobs = lines.flatMap((line) => ("job" in line ? [line.job] : []));
  const adding = async () => {
    const looking = redis.within(() => door.look(jobs), limits.redisMs);
    looking.catch(() => undefined);
    await before;
    return await looking.then((named) => redis.within(() => door.addLookedAt(named), limits.redisMs));
  };
  const answers = await confirmed(adding, (added) => added.every(({ kind }) => kind !== "accepted")).catch(
    (thrown: unknown): DoorAnswer[] => jobs.map(() => ({ kind: "failed", error: toLinkupError(thrown) })),
  );
  const byJob = answers.values();
  await answer.write(lines.map((line) => ("error" in line ? line : lineAnswer(line.line, byJob.next().value))));
}

function lineAnswer(line: number, answer: DoorAnswer | undefined): LineAnswer {
  if (answer?.kind === "accepted") return { line, jobId: answer.jobId, duplicate: answer.duplicate };
  if (answer?.kind === "failed") return { line, error: answer.error };
  return { line, error: new LinkupError("conflict", CONFLICTS[answer?.why ?? "key"]) };
}

const CONFLICTS: Readonly<Record<LineConflict | "key", string>> = {
  key: "This idempotencyKey was used for another job",
  target:
    "Under this Idempotency-Key the line of this target (the operation and its person, post or other object) was another job, and nothing was added. If this one is meant as well, give the line an idempotencyKey of its own",
  former:
    "This Idempotency-Key was used when keys went by line, and this line is not found among those that were accepted then: it may be one of them, corrected, and nothing was added. If it is new, send it under another key",
};
