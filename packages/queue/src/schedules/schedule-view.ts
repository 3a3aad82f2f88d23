/** A schedule as people see it: its definition, its next times, what became of its ticks, and what is wrong. Reads only. */
import { OUTCOME_STATUSES, type OutcomeCode, type OutcomeStatus } from "@linkup-queue/contracts";
import { z } from "zod";
import { accountWhy } from "../accounts/account-why.ts";
import type { Account } from "../accounts/accounts.ts";
import { ruleOf, type ScheduleDefinition } from "./schedule-definition.ts";
import { nextTime, nextTimesYielding } from "./schedule-times.ts";

const SHOWN_TIMES = 10;
/** A tick that was not seen this long after it was due is told: a crashed worker's tick is taken up by another within it. */
const OVERDUE_MS = 20_000;

const moment = z.coerce.number().nullable().default(null);
const count = z.coerce.number().default(0);

/** The hash of one schedule. */
export const StoredSchedule = z.object({
  definition: z.string().transform((text) => JSON.parse(text) as ScheduleDefinition),
  revision: z.string(),
  from: z.coerce.number(),
  createdAt: z.coerce.number(),
  updatedAt: z.coerce.number(),
  last: z.string().default(""),
  pausedAt: moment,
  resumedAt: z.string().default(""),
  missed: count,
  lastMissed: moment,
  skipped: count,
  lastSkipped: moment,
  jobAt: moment,
  queue: z.string().default(""),
  jobId: z.string().default(""),
  digest: z.string().default(""),
});
export type StoredSchedule = z.infer<typeof StoredSchedule>;

/** `pending`: no outcome yet, parked and delayed included. `gone`: it left its queue without one, or the ledger no longer knows it. */
export type TickJobStatus = OutcomeStatus | "pending" | "gone";
export const TICK_JOB_STATUSES = [...OUTCOME_STATUSES, "pending", "gone"] as const;

export type Schedule = Omit<ScheduleDefinition, "queue"> & {
  id: string;
  /** Warnings for a person: account gone or not active, ticks that nobody takes. */
  problems: string[];
  /** Since when it is paused; null while it ticks. */
  pausedAt: string | null;
  /** The next ten times; none while it is paused. */
  next: string[];
  /** The last tick that was seen, whether it added a job or not. */
  lastTickAt: string | null;
  /** The job of the last tick that added one. */
  lastJob: { tickAt: string; queue: string; jobId: string; status: TickJobStatus; code: OutcomeCode | null } | null;
  skipped: { count: number; lastAt: string | null };
  missed: { count: number; lastAt: string | null };
  createdAt: string;
  updatedAt: string;
};

const iso = (ms: number): string => new Date(ms).toISOString();
const isoOrNull = (ms: number | null): string | null => (ms === null ? null : iso(ms));

/** The moment up to which all ticks of this definition are accounted for, ms. */
export function seenUntil({ last, resumedAt, from }: Pick<StoredSchedule, "last" | "resumedAt" | "from">): number {
  return Math.max(Number(last || "0"), Number(resumedAt || "0"), from);
}

/** The state of the last tick's job, from the script's word for it. */
export function tickJobStatus(word: string): TickJobStatus {
  if (word === "pending") return "pending";
  return OUTCOME_STATUSES.find((status) => status[0] === word) ?? "gone";
}

export type Looked = {
  id: string;
  stored: StoredSchedule;
  account: Account | null;
  status: TickJobStatus;
  code: OutcomeCode | null;
  nowMs: number;
};

/** Puts together what is shown of a schedule. */
export async function viewSchedule({ id, stored, account, status, code, nowMs }: Looked): Promise<Schedule> {
  const { cron, everyMs, timezone, overlap, job } = stored.definition;
  const rule = ruleOf(stored.definition, stored.from);
  const { jobAt, queue, jobId, pausedAt } = stored;
  const overdue = pausedAt === null ? overdueProblems(nextTime(rule, seenUntil(stored)), nowMs) : [];
  return {
    id,
    cron,
    everyMs,
    timezone,
    overlap,
    job,
    problems: [...accountProblems(job.accountId, account), ...overdue],
    pausedAt: isoOrNull(pausedAt),
    next: (await nextTimesYielding(rule, { afterMs: nowMs, count: pausedAt === null ? SHOWN_TIMES : 0 })).map(iso),
    lastTickAt: stored.last === "" ? null : iso(Number(stored.last)),
    lastJob: jobAt === null ? null : { tickAt: iso(jobAt), queue, jobId, status, code },
    skipped: { count: stored.skipped, lastAt: isoOrNull(stored.lastSkipped) },
    missed: { count: stored.missed, lastAt: isoOrNull(stored.lastMissed) },
    createdAt: iso(stored.createdAt),
    updatedAt: iso(stored.updatedAt),
  };
}

function accountProblems(id: string, account: Account | null): string[] {
  if (account === null) {
    return [
      `Account ${id} is gone: the job of each tick fails with account_unavailable. Register it with PUT /v1/accounts/${id}, or delete the schedule`,
    ];
  }
  if (account.state === "active") return [];
  const why = account.why === "" ? "" : ` (${accountWhy(account.why)})`;
  return [`Account ${id} is ${account.state.replaceAll("_", " ")}${why}: the job of a tick waits until it is active`];
}

function overdueProblems(dueMs: number, nowMs: number): string[] {
  if (nowMs - dueMs < OVERDUE_MS) return [];
  return [`The tick of ${iso(dueMs)} was not taken: without a running worker no schedule ticks`];
}
