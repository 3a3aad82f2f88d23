/** 9. Board: its pages over a queue in which a great many jobs wait. */
import { LinkupError, queuePrefix } from "@linkup-queue/contracts";
import { Queue } from "bullmq";
import got from "got";
import { accountIds, newJob } from "../load/jobs.ts";
import { millis, NOTHING, type Row } from "../measure/row.ts";
import { median } from "../measure/statistics.ts";
import { type ApiProcess, startApiProcess } from "../peers/api-process.ts";
import type { Context, Scenario } from "./scenario.ts";

const SCENARIO = "9 board";
const LARGE = 1_000_000;
const SMALL = 100_000;
const RUNS = 20;
const CHUNK = 1_000;
const PER_PAGE = 10;
const TARGET_MS = 100;
const ACCOUNTS = accountIds("acc", 500);
const QUEUE = "messages";
/** The api's, unless LINKUP_KEY_ID says otherwise. */
const KEY_ID = "default";

export const board: Scenario = ({ scale, say }) => measureBoard({ count: scale.full ? LARGE : SMALL, runs: RUNS }, say);

/** The scenario over `count` waiting jobs, each page asked for `runs` times. */
export async function measureBoard({ count, runs }: { count: number; runs: number }, say: Context["say"]): Promise<Row[]> {
  const api = await startApiProcess();
  try {
    say(`${count} jobs into one queue`);
    await fill(api, count);
    const middle = Math.ceil(count / 2);
    const middlePage = Math.ceil(middle / PER_PAGE);
    const list = (page: number) => `?activeQueue=${QUEUE}&status=waiting&page=${page}&jobsPerPage=${PER_PAGE}`;
    // The newest are shown first.
    const pages = [
      { figure: "overview", path: "", holds: `"waiting":${count}` },
      { figure: "first page of the queue", path: list(1), holds: `"${idAt(count - 1)}"` },
      { figure: "page in its middle", path: list(middlePage), holds: `"${idAt(count - 1 - (middlePage - 1) * PER_PAGE)}"` },
      { figure: "page of a job in its middle", path: `/${QUEUE}/${idAt(middle)}`, holds: `"${idAt(middle)}"` },
    ];
    const rows: Row[] = [];
    for (const { figure, path, holds } of pages) {
      say(figure);
      const tookMs: number[] = [];
      for (let run = 0; run < runs; run++) tookMs.push(await ask(api, path, holds));
      rows.push({
        scenario: SCENARIO,
        figure: `${figure}, ${count} jobs wait`,
        target: `median < ${TARGET_MS} ms`,
        ours: `median ${millis(median(tookMs))}, longest ${millis(tookMs.reduce((most, took) => Math.max(most, took), 0))}`,
        plain: NOTHING,
        met: median(tookMs) < TARGET_MS,
      });
    }
    return rows;
  } finally {
    await api.close();
  }
}

const idAt = (index: number): string => `board-${index}`;

/** Without a priority they lie in a list, in which a job's state is looked for from its end: the slowest place there is. */
async function fill({ redis }: ApiProcess, count: number): Promise<void> {
  const queue = new Queue(QUEUE, { connection: redis, prefix: queuePrefix(KEY_ID) });
  try {
    for (let from = 0; from < count; from += CHUNK) {
      const jobs = Array.from({ length: Math.min(CHUNK, count - from) }, (_, offset) => {
        const { name, data } = newJob(QUEUE, ACCOUNTS[(from + offset) % ACCOUNTS.length] ?? "", { person: `person-${from + offset}` });
        return { name, data, opts: { jobId: idAt(from + offset) } };
      });
      await queue.addBulk(jobs);
    }
  } finally {
    await queue.close();
  }
}

/** Answers how long one page took, ms. Throws when it does not hold what it should: a fast wrong page is no measure. */
async function ask({ url, boardHeaders }: ApiProcess, path: string, holds: string): Promise<number> {
  const fromMs = performance.now();
  const { body } = await got(`${url}/board/api/queues${path}`, { headers: boardHeaders, retry: { limit: 0 } });
  const tookMs = performance.now() - fromMs;
  if (!body.includes(holds)) throw new LinkupError("internal_error", `The board's page ${path} does not hold ${holds}`);
  return tookMs;
}
