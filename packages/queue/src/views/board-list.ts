/**
 * A page of a queue's jobs for the board, light whatever is in them: of a job with a long field, such as a file in its data, the list shows
 * what is short, and the job's own page the rest. It reads only, and never a long field: to cut 8 MB in a script stops Redis for 20 ms.
 */
import { CallQueue } from "@linkup-queue/contracts";
import type { JobType, Queue } from "bullmq";
import { jobDigest, madeAtMs, outcomeIdOf } from "../job/job-ref.ts";
import { OpenJob } from "../job/open-job.ts";
import { readOutcome } from "../ledger/outcome-store.ts";
import type { RedisScripts } from "../redis/scripts.ts";

/** A field of more bytes is not brought in a list. */
export const LONG_FIELD_BYTES = 20_000;

const MAY_BE_LONG = ["data", "failedReason", "stacktrace", "returnvalue", "opts", "progress"] as const;
const SHORT = ["name", "timestamp", "delay", "priority", "processedOn", "finishedOn", "atm"] as const;

type ListedJob = NonNullable<Awaited<ReturnType<Queue["getJob"]>>>;
type LongJob = { id: string; dataLength: number; failureLength: number; longest: number };

/** The jobs of these states from `start` to `end`, both included, as BullMQ orders them. */
export async function listBoardJobs(
  scripts: RedisScripts,
  queue: Queue,
  { types, start, end }: { types: readonly JobType[]; start: number; end: number },
): Promise<ListedJob[]> {
  const ids = await queue.getRanges([...types], start, end);
  const long = await findLong(scripts, queue, ids);
  const found = await Promise.all(
    ids.map((id) => {
      const known = long.get(id);
      return known === undefined ? readBoardJob(scripts, queue, id) : readShortened(scripts, queue, known);
    }),
  );
  return found.filter((job) => job !== undefined);
}

/** One job; of one whose options or progress are no JSON, as anybody can write them, what can be read. Undefined when there is none. */
export async function readBoardJob(scripts: RedisScripts, queue: Queue, id: string): Promise<ListedJob | undefined> {
  try {
    return await queue.getJob(id);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const [length] = await lengthsOf(scripts, queue, [id]);
    return length === undefined ? undefined : await readShortened(scripts, queue, length);
  }
}

/** Which of these jobs have a long field, by lengths alone. */
async function findLong(scripts: RedisScripts, queue: Queue, ids: readonly string[]): Promise<Map<string, LongJob>> {
  const lengths = await lengthsOf(scripts, queue, ids);
  return new Map(lengths.filter(({ longest }) => longest > LONG_FIELD_BYTES).map((job) => [job.id, job]));
}

async function lengthsOf(scripts: RedisScripts, queue: Queue, ids: readonly string[]): Promise<LongJob[]> {
  const pipeline = scripts.client.pipeline();
  for (const id of ids) for (const field of MAY_BE_LONG) pipeline.hstrlen(queue.toKey(id), field);
  const lengths = ((await pipeline.exec()) ?? []).map(([, length]) => Number(length ?? 0));
  return ids.map((id, index) => {
    const own = lengths.slice(index * MAY_BE_LONG.length, (index + 1) * MAY_BE_LONG.length);
    const [dataLength = 0, failureLength = 0] = own;
    return { id, dataLength, failureLength, longest: own.reduce((longest, length) => Math.max(longest, length), 0) };
  });
}

/** The short fields of a long job. Undefined when it went meanwhile. */
async function readShortened(scripts: RedisScripts, queue: Queue, long: LongJob): Promise<ListedJob | undefined> {
  const { id, dataLength, failureLength } = long;
  const key = queue.toKey(id);
  const values = await scripts.client.hmget(key, ...SHORT);
  const stored = Object.fromEntries(SHORT.map((field, index) => [field, values[index] ?? undefined]));
  const { name, processedOn, finishedOn } = stored;
  if (name === undefined) return undefined;
  const timestamp = madeAtMs(stored["timestamp"]);
  const isTruncated = dataLength > LONG_FIELD_BYTES;
  const accountId = isTruncated ? await accountOf(scripts, queue, { id, timestamp }) : null;
  const account = accountId === null ? {} : { accountId };
  // Who redacts a failure must know whose secrets to look for; where the account isn't known, only the job's own page shows it.
  const tellsFailure = failureLength <= LONG_FIELD_BYTES && !(isTruncated && accountId === null);
  const failure = tellsFailure ? await scripts.client.hget(key, "failedReason") : "The job's own page shows why it failed";
  return OpenJob.fromJSON(queue, {
    id,
    name,
    data: isTruncated
      ? JSON.stringify({ ...account, "(cut)": `${dataLength} bytes of data; the job's own page shows their beginning` })
      : ((await scripts.client.hget(key, "data")) ?? "{}"),
    opts: {},
    progress: 0,
    attemptsMade: Number(stored["atm"] ?? 0),
    attemptsStarted: 0,
    stalledCounter: 0,
    timestamp,
    delay: Number(stored["delay"] ?? 0),
    priority: Number(stored["priority"] ?? 0),
    ...(processedOn === undefined ? {} : { processedOn: Number(processedOn) }),
    ...(finishedOn === undefined ? {} : { finishedOn: Number(finishedOn) }),
    failedReason: failureLength === 0 ? "" : (failure ?? ""),
    stacktrace: "[]",
    returnvalue: "null",
  });
}

/** A job's account by the ledger, or by its outcome when it has ended; null when neither knows it (any more). */
async function accountOf(
  scripts: RedisScripts,
  queue: Queue,
  { id, timestamp }: { id: string; timestamp: number },
): Promise<string | null> {
  const callQueue = CallQueue.safeParse(queue.name);
  if (!callQueue.success) return null;
  const digest = jobDigest({ queue: callQueue.data, id, timestamp });
  const waiting = await scripts.client.hget(scripts.keys.job(digest), "account");
  return waiting ?? (await readOutcome(scripts, outcomeIdOf(digest)))?.accountId ?? null;
}
