/** Carries rows to the door, some hundred at a time: checked, added, counted. Every job that was counted as accepted lies in Redis. */
import { type ErrorCode, type Issue, LinkupError, type PriceTable } from "@linkup-queue/contracts";
import type { BatchLines, DoorJob, EngineJobs, LineConflict } from "@linkup-queue/queue";
import type { Place } from "../terminal/list-report.ts";
import type { Row } from "./row.ts";

export type Refused = Place & { code: Extract<ErrorCode, "invalid_input" | "conflict">; issues: readonly Issue[] };

export type EnqueueCounts = {
  accepted: number;
  /** Of the accepted: were in before, under the same key. */
  duplicates: number;
  rejectedCount: number;
  /** The first thousand. */
  rejected: Refused[];
  /** The known cost of the new jobs, in credits. */
  credits: number;
};

/** The way in; its answers are confirmed. */
export type Door = Pick<EngineJobs["door"], "add">;

export type EnqueueRun = {
  rows: AsyncIterable<Row>;
  /** Null for a look at the rows that adds nothing. */
  door: Door | null;
  /** Checks the rows, and gives them their keys. */
  lines: BatchLines;
  prices: PriceTable;
  counts: EnqueueCounts;
  onProgress: () => void;
  /** Ends the run after the rows that are on their way. */
  stopping: AbortSignal;
};

/** A chunk is added when it has this many rows, or characters of them: a job may carry a file. */
const CHUNK_ROWS = 500;
const CHUNK_CHARACTERS = 1024 * 1024;
const MOST_LISTED = 1_000;

/** Counts of nothing yet. */
export function noCounts(): EnqueueCounts {
  return { accepted: 0, duplicates: 0, rejectedCount: 0, rejected: [], credits: 0 };
}

type Checked = { place: Place; job: DoorJob; credits: number };

/** Takes the rows to their end, counting into `counts`. Throws LinkupError when Redis takes no more; what was counted is in. */
export async function enqueueRows(run: EnqueueRun): Promise<void> {
  let chunk: Checked[] = [];
  let characters = 0;
  for await (const row of run.rows) {
    if (run.stopping.aborted) break;
    const checked = check(row, run);
    if (checked !== null) {
      chunk.push(checked);
      characters += JSON.stringify(checked.job.data.input).length;
    }
    if (chunk.length >= CHUNK_ROWS || characters >= CHUNK_CHARACTERS) {
      await carry(chunk, run);
      chunk = [];
      characters = 0;
    }
    run.onProgress();
  }
  await carry(chunk, run);
}

function check(row: Row, { lines, prices, counts }: EnqueueRun): Checked | null {
  const place: Place = row.row === undefined ? { line: row.line } : { line: row.line, row: row.row };
  // Keys by line went by a row's last line.
  const read = "issues" in row ? row : lines.read(row.value, row.lastLine);
  if ("job" in read) return { place, job: read.job, credits: prices[read.job.operation].credits(read.job.data.input) };
  refuse(counts, { ...place, code: "invalid_input", issues: read.issues });
  return null;
}

/** The job that a row's key stands for already, and what to do. */
const CONFLICTS: Readonly<Record<LineConflict | "key", Issue>> = {
  key: { path: "idempotencyKey", message: "was used for another job" },
  target: {
    path: "",
    message:
      "under this --key the row of this target (the operation and its person, post or other object) was another job; nothing was added. If this one is meant as well, give the row an idempotencyKey of its own",
  },
  former: {
    path: "",
    message:
      "this --key was used when keys went by line, and this row is not found among those that were accepted then: it may be one of them, corrected; nothing was added. If it is new, send it under another --key",
  },
};

function refuse(counts: EnqueueCounts, refused: Refused): void {
  counts.rejectedCount += 1;
  if (counts.rejected.length < MOST_LISTED) counts.rejected.push(refused);
}

async function carry(chunk: readonly Checked[], { door, counts }: EnqueueRun): Promise<void> {
  if (chunk.length === 0) return;
  const answers = door === null ? null : await door.add(chunk.map(({ job }) => job));
  let failure: LinkupError | null = null;
  for (const [at, { place, credits }] of chunk.entries()) {
    const answer = answers === null ? { kind: "accepted" as const, duplicate: false } : answers[at];
    if (answer?.kind === "accepted") {
      counts.accepted += 1;
      counts.duplicates += answer.duplicate ? 1 : 0;
      counts.credits += answer.duplicate ? 0 : credits;
    } else if (answer?.kind === "conflict") {
      refuse(counts, { ...place, code: "conflict", issues: [CONFLICTS[answer.why ?? "key"]] });
    } else {
      failure ??= answer?.error ?? new LinkupError("internal_error", "The door gave no answer for a job");
    }
  }
  if (failure !== null) throw failure;
}
