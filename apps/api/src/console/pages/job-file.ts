/** Jobs as a table to download: the columns of their page, with the code and the moments as they are kept. */
import type { Cell } from "@linkup-queue/campaign-files";
import { CODE_WORDS, WAIT_WORDS } from "@linkup-queue/contracts";
import { type JobPlace, jobDigest } from "@linkup-queue/queue";
import type { PageCall, PageTable } from "../frame/console-page.ts";
import { jobFilterOf } from "../frame/job-filter.ts";
import { jobStateText, type ShownJob } from "./job-rows.ts";

const AT_ONCE = 200;

export const JOB_FILE: PageTable = {
  file: "jobs",
  head: ["jobId", "queue", "added", "operation", "account", "recipientId", "state", "code", "why", "calls", "credits"],
  pages,
};

/** Each once: a job that moves on while the list is read comes to another place of it, where it is met again. */
async function* pages({ context, query }: PageCall): AsyncGenerator<Cell[][]> {
  const filter = jobFilterOf(query);
  const { pages: list } = context.jobs;
  const told = new Set<string>();
  for (let place: JobPlace | undefined; ; ) {
    const { rows, next } = await list.read(filter, { place, limit: AT_ONCE });
    const outcomes = await list.outcomes(rows);
    const found: Cell[][] = [];
    for (const [at, row] of rows.entries()) {
      // An id may be a thousand characters long.
      const name = jobDigest({ queue: row.queue, id: row.jobId, timestamp: Date.parse(row.enqueuedAt) });
      if (told.has(name)) continue;
      told.add(name);
      found.push(cellsOf({ ...row, outcome: outcomes[at] ?? null }));
    }
    yield found;
    if (next === null) return;
    place = next;
  }
}

function cellsOf({ waitsFor, ...job }: ShownJob): Cell[] {
  const code = job.outcome?.code ?? null;
  return [
    job.jobId,
    job.queue,
    job.enqueuedAt,
    job.operation,
    job.accountId,
    job.recipientId,
    jobStateText(job),
    code,
    code !== null ? CODE_WORDS[code] : waitsFor === undefined ? null : WAIT_WORDS[waitsFor.reason],
    job.outcome?.calls ?? null,
    job.outcome?.credits.charged ?? null,
  ];
}
