/** The parts of a schedule: the request as people write it, checked as a whole, and the definition as it lies in Redis. No secret fits in. */
import { createHash } from "node:crypto";
import {
  AccountId,
  type CallQueue,
  checkJob,
  type Issue,
  isOperation,
  isTimezone,
  LinkupError,
  OnUnknown,
  OPERATION_NAMES,
  OPERATIONS,
} from "@linkup-queue/contracts";
import { z } from "zod";
import { isCronDue, type ScheduleRule } from "./schedule-times.ts";

/** BullMQ separates with colons; there is none in an id of ours. */
export const ScheduleId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "must be 1 to 100 of A-Z a-z 0-9 . _ -, starting with a letter or digit");
export type ScheduleId = z.infer<typeof ScheduleId>;

export const LEAST_EVERY_MS = 1_000;
const MOST_EVERY_MS = 366 * 86_400_000;
const Reference = z.string().min(1).max(200);

/** The job that each tick adds; an expiry or a key of its own would make no sense for the second tick. */
export const ScheduledJob = z.strictObject({
  operation: z
    .string()
    .max(100)
    .meta({ enum: [...OPERATION_NAMES] }),
  accountId: AccountId,
  // Left as it came: zod's copy of it would drop a key `__proto__` unseen. The check of the job reads it.
  input: z.unknown().meta({ type: "object", description: "as for POST /v1/jobs" }),
  priority: z.enum(["urgent", "normal", "bulk"]).default("normal"),
  onUnknown: OnUnknown.default("report"),
  campaignId: Reference.optional(),
  recipientId: Reference.optional(),
});
export type ScheduledJob = z.infer<typeof ScheduledJob>;

/** `skip`: a tick whose predecessor's job has no outcome yet adds nothing. `queue`: it adds its job all the same. */
export const Overlap = z.enum(["skip", "queue"]);
export type Overlap = z.infer<typeof Overlap>;

export const ScheduleRequest = z.strictObject({
  cron: z.string().max(200).optional().describe("five fields, or six with seconds first; or @hourly, @daily, @weekly, @monthly, @yearly"),
  everyMs: z
    .number()
    .int()
    .min(LEAST_EVERY_MS)
    .max(MOST_EVERY_MS)
    .optional()
    .describe("instead of cron; the first tick is one interval away"),
  timezone: z.string().max(64).optional().describe("IANA name for cron, default UTC; an interval has no use for it"),
  overlap: Overlap.default("skip"),
  job: ScheduledJob,
});
export type ScheduleRequest = z.infer<typeof ScheduleRequest>;

/** A schedule as it is stored; an interval's `fromMs` is stored beside it, since it is no part of what a person defined. */
export type ScheduleDefinition = {
  cron: string | null;
  everyMs: number | null;
  timezone: string | null;
  overlap: Overlap;
  queue: CallQueue;
  job: Omit<ScheduledJob, "input"> & { input: Record<string, unknown> };
};

/** Whether two definitions are the same, as a text to compare. The order of their members does not count. */
export function revisionOf(definition: unknown): string {
  return createHash("sha256").update(sortedJson(definition)).digest("base64url").slice(0, 20);
}

/** When a definition's ticks are due. */
export function ruleOf(
  { cron, everyMs, timezone }: Pick<ScheduleDefinition, "cron" | "everyMs" | "timezone">,
  fromMs: number,
): ScheduleRule {
  if (cron !== null) return { kind: "cron", cron, timezone: timezone ?? "UTC" };
  if (everyMs !== null) return { kind: "interval", everyMs, fromMs };
  throw new LinkupError("internal_error", "A stored schedule has neither cron nor everyMs");
}

/** A request as a definition: rule, job and its input in canonical form. Throws `invalid_input` with every issue and its path. */
export function defineSchedule(request: ScheduleRequest): ScheduleDefinition {
  const { overlap, job } = request;
  const { priority, operation, ...data } = job;
  const issues = ruleIssues(request);
  const queue = isOperation(operation) ? OPERATIONS[operation].queue : null;
  const check = checkJob({ queue: queue ?? "", name: operation, data });
  for (const { path, message } of check.ok ? [] : check.issues) if (path !== "queue") issues.push({ path: `job.${path}`, message });
  if (!check.ok || queue === null || issues.length > 0) throw new LinkupError("invalid_input", "The schedule is not valid", { issues });
  const cron = request.cron?.trim().split(/\s+/).join(" ") ?? null;
  return {
    cron,
    everyMs: request.everyMs ?? null,
    timezone: cron === null ? null : (request.timezone ?? "UTC"),
    overlap,
    queue,
    job: { ...job, input: check.job.data.input },
  };
}

function ruleIssues({ cron, everyMs, timezone }: ScheduleRequest): Issue[] {
  if (timezone !== undefined && !isTimezone(timezone)) {
    return [{ path: "timezone", message: "must be the IANA name of a time zone, like Europe/Amsterdam" }];
  }
  if (cron === undefined && everyMs === undefined) return [{ path: "", message: "needs either cron or everyMs" }];
  if (cron !== undefined && everyMs !== undefined) return [{ path: "everyMs", message: "stands beside cron; give one of the two" }];
  return cron === undefined || isCron(cron, timezone ?? "UTC") ? [] : [{ path: "cron", message: CRON_MESSAGE }];
}

const CRON_MESSAGE =
  "must be a cron expression of five fields, or six with seconds first, that comes due at all; H is not supported. `0 9 * * 1-5` is weekdays at 9";

/** cron-parser fills up missing fields and draws lots for H: neither is what a person meant. */
function isCron(cron: string, timezone: string): boolean {
  const fields = cron.trim().split(/\s+/);
  const named = fields.length === 1 && /^@[a-z]+$/.test(cron.trim());
  if (!named && fields.length !== 5 && fields.length !== 6) return false;
  // THU and MARCH have an H too; alone, or before a slash or bracket, it is the one that draws lots.
  if (!named && fields.some((field) => /(?:^|[^A-Z])H(?![A-Z])/i.test(field))) return false;
  return isCronDue(fields.join(" "), timezone);
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === "object" && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
