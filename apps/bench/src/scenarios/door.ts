/** 7. Door: a batch over HTTP, checked and under an idempotency key, beside plain `addBulk` of the same jobs in chunks as long. */
import { LinkupError, queuePrefix } from "@linkup-queue/contracts";
import { acquireRedis, testPrefix } from "@linkup-queue/testkit";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { accountIds, type NewJob, newJob } from "../load/jobs.ts";
import { sendLines } from "../load/send-lines.ts";
import { NOTHING, type Row } from "../measure/row.ts";
import { median } from "../measure/statistics.ts";
import { waitsRow } from "../measure/waits.ts";
import { type ApiProcess, startApiProcess } from "../peers/api-process.ts";
import type { Context, Scenario } from "./scenario.ts";

const SCENARIO = "7 door";
const LARGE = 200_000;
/** Lines of a round, scaled. */
const SMALL = 50_000;
const ROUNDS = 3;
/** As many as the api adds at once (`CHUNK_LINES` of its take-batch.ts). */
const CHUNK = 50;
const ACCOUNTS = accountIds("acc", 500);

export type DoorSizes = {
  /** Lines of a round. */
  lines: number;
  rounds: number;
  /** Lines of the batch whose memory is told. */
  large: number;
};

export const door: Scenario = ({ scale, say }) => measureDoor({ lines: scale.full ? LARGE : SMALL, rounds: ROUNDS, large: LARGE }, say);

/** The scenario at any size. */
export async function measureDoor({ lines, rounds, large: largeLines }: DoorSizes, say: Context["say"]): Promise<Row[]> {
  const ours: number[] = [];
  const plain: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    plain.push(await addPlain(lines));
    ours.push(await withApi((api) => sendBatch(api, lines)));
    say(`round ${round} of ${rounds}: ${Math.round(ours.at(-1) ?? 0)} lines a second, plain ${Math.round(plain.at(-1) ?? 0)}`);
  }
  say(`${largeLines} lines, and other requests meanwhile`);
  const large = await withApi(async (api) => {
    const { result: rate, ...waits } = await api.probeWhile(() => sendBatch(api, largeLines));
    return { rate, waits, peakMb: await api.peakMb() };
  });
  const ratio = median(ours.map((rate, round) => rate / (plain[round] ?? Number.NaN)));
  const row = (figure: string, target: string, cells: Pick<Row, "ours" | "plain" | "met">): Row => ({
    scenario: SCENARIO,
    figure,
    target,
    ...cells,
  });
  return [
    row(`lines a second of a batch of ${lines}, chunks of ${CHUNK}`, ">= 0.5 of addBulk", {
      ours: `${ratio.toFixed(2)} (${Math.round(median(ours))} lines/s)`,
      plain: `${Math.round(median(plain))} jobs/s`,
      met: ratio >= 0.5,
    }),
    row(`api peak memory, ${largeLines} lines`, "< 150 MB", {
      ours: `${Math.round(large.peakMb)} MB (${Math.round(large.rate)} lines/s)`,
      plain: NOTHING,
      met: large.peakMb < 150,
    }),
    { scenario: SCENARIO, ...waitsRow(large.waits) },
  ];
}

async function withApi<T>(measure: (api: ApiProcess) => Promise<T>): Promise<T> {
  const api = await startApiProcess();
  try {
    return await measure(api);
  } finally {
    await api.close();
  }
}

function jobAt(index: number): NewJob {
  return newJob("messages", ACCOUNTS[index % ACCOUNTS.length] ?? "", { person: `person-${index}` });
}

function* requestLines(count: number): Generator<string> {
  for (let index = 0; index < count; index++) {
    const { name, data } = jobAt(index);
    yield JSON.stringify({ operation: name, ...data, priority: "bulk" });
  }
}

/** Sends a batch to the end; answers lines a second. Throws unless every line was accepted as new. */
async function sendBatch({ url, headers }: ApiProcess, count: number): Promise<number> {
  let accepted = 0;
  const fromMs = performance.now();
  await sendLines({
    url: `${url}/v1/jobs/batch`,
    headers: { ...headers, "idempotency-key": "bench" },
    lines: requestLines(count),
    onLine: (line) => {
      if (line.includes('"duplicate":false')) accepted += 1;
      else throw new LinkupError("internal_error", `A line was not accepted: ${line}`);
    },
  });
  const seconds = (performance.now() - fromMs) / 1000;
  if (accepted !== count) throw new LinkupError("internal_error", `${accepted} of ${count} lines were accepted`);
  return count / seconds;
}

/** The same jobs by BullMQ alone, into a fresh Redis that keeps every write as well; answers jobs a second. */
export async function addPlain(count: number): Promise<number> {
  const server = await acquireRedis({ durable: true, fresh: true });
  const connection = new Redis(server.url, { maxRetriesPerRequest: null });
  const queue = new Queue("messages", { connection, prefix: queuePrefix(testPrefix("bench")) });
  try {
    await queue.waitUntilReady();
    const fromMs = performance.now();
    for (let from = 0; from < count; from += CHUNK) {
      await queue.addBulk(Array.from({ length: Math.min(CHUNK, count - from) }, (_, offset) => jobAt(from + offset)));
    }
    return (count * 1000) / (performance.now() - fromMs);
  } finally {
    await queue.close();
    connection.disconnect();
    await server.stop();
  }
}
