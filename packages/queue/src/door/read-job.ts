/** A job as a producer sends it, checked as a whole: everything that is wrong is told at once, with its path and without its value. */
import { checkJob, type Issue, issuesOf, JobData, operationOf, PRIORITIES, type PriorityName, textFault } from "@linkup-queue/contracts";

import { z } from "zod";
import { holdsPlaceholder } from "../job/unfilled-text.ts";
import type { DoorJob } from "./job-door.ts";

/** BullMQ keeps due times of at most this far ahead safely; a year is what a parked job sleeps, ms. */
const FURTHEST_RUN_MS = 365 * 86_400_000;

const names = Object.keys(PRIORITIES) as [PriorityName, ...PriorityName[]];
const Moment = z.iso.datetime({ offset: true, error: "must be a moment such as 2026-12-01T08:00:00Z" });

/** No text that anybody reads is longer; a file's content is no text. */
const LONGEST_TEXT = 20_000;

/** A producer's own name for one request to add a job. */
export const IdempotencyKey = z
  .string("must be text")
  .min(1, "must not be empty")
  .max(200, "must be at most 200 characters")
  .regex(/^\P{Cc}+$/u, "must not hold control characters");

/** The fields of a request that are about adding the job, and not about the job. */
const Envelope = z.object({
  operation: z.string("must be text"),
  idempotencyKey: IdempotencyKey.optional(),
  priority: z.enum(names, `must be one of ${names.join(", ")}`).default("normal"),
  runAt: Moment.optional(),
  allowDoubtfulText: z.boolean("must be true or false").default(false),
});
/** In texts that are written to people. A text of a plain BullMQ producer is taken as it is: this is asked at the door alone. */
const UNFILLED =
  "holds a placeholder, such as {{first_name}}, that would be sent as it stands: fill it, or send the job with allowDoubtfulText if this is meant";
const ENVELOPE_FIELDS = new Set(Object.keys(Envelope.shape));

/** The whole request, for the docs; `readJob` checks it in one go with the operation's own schema. */
export const JobRequest = z.strictObject({
  operation: z.string().describe("the operation: see GET /v1/operations"),
  accountId: JobData.shape.accountId.describe("whose account does it"),
  input: JobData.shape.input.describe("the operation's fields; token and country come from the account"),
  idempotencyKey: IdempotencyKey.optional().describe("the same key again adds nothing; with another job it is refused"),
  priority: Envelope.shape.priority,
  runAt: Moment.optional().describe("not before this moment; at most a year ahead"),
  expiresAt: JobData.shape.expiresAt.describe("not sent after this moment"),
  allowDoubtfulText: z
    .boolean()
    .optional()
    .describe("send a text all the same that holds a placeholder, such as `{{first_name}}`, or reads as if it was made UTF-8 twice"),
  onUnknown: JobData.shape.onUnknown.describe(
    "when nobody knows whether a call had its effect; `rerun` is for reads only, `reconcile` for message.send and invitation.send: reads look for it before its outcome is published, and cost credits",
  ),
  campaignId: JobData.shape.campaignId,
  recipientId: JobData.shape.recipientId,
});

export type ReadJob = { ok: true; job: DoorJob } | { ok: false; issues: Issue[] };

export type JobSource = {
  /** The caller's name: keys belong to it. */
  caller: string;
  /** For a job without a key of its own; null for none. */
  fallbackKey: string | null;
  nowMs: number;
};

/** Checks one request. */
export function readJob(value: unknown, { caller, fallbackKey, nowMs }: JobSource): ReadJob {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { ok: false, issues: [{ path: "", message: "must be an object" }] };
  }
  const envelope = Envelope.safeParse(value);
  const issues = envelope.success ? [] : issuesOf(envelope.error);
  const data = Object.fromEntries(Object.entries(value).filter(([name]) => !ENVELOPE_FIELDS.has(name)));
  const operation = "operation" in value && typeof value.operation === "string" ? value.operation : "";
  const check = checkJob({ queue: operationOf(operation)?.queue ?? "", name: operation, data });
  for (const issue of check.ok ? [] : check.issues) if (operation !== "" || issue.path !== "operation") issues.push(issue);
  // Set by a re-drive and by the feeding of a campaign, and by nothing else.
  for (const path of ["redriveOf", "template"]) if (path in value) issues.push({ path, message: "is not a known field; leave it out" });
  if (operation === "" && issues.every(({ path }) => path !== "operation"))
    issues.push({ path: "operation", message: "must not be empty" });
  if (!envelope.success) return { ok: false, issues };

  const { priority, runAt, idempotencyKey, allowDoubtfulText } = envelope.data;
  const runAtMs = runAt === undefined ? null : Date.parse(runAt);
  if (runAtMs !== null && runAtMs > nowMs + FURTHEST_RUN_MS) issues.push({ path: "runAt", message: "must be at most a year ahead" });
  if (check.ok && check.job.definition.kind === "write" && !allowDoubtfulText)
    for (const issue of doubtsOf(check.job.data.input)) issues.push(issue);
  if (!check.ok || issues.length > 0) return { ok: false, issues };
  const { definition, data: jobData } = check.job;
  if (runAtMs !== null && jobData.expiresAt !== undefined && Date.parse(jobData.expiresAt) <= runAtMs) {
    return { ok: false, issues: [{ path: "expiresAt", message: "must be after runAt" }] };
  }
  const key = idempotencyKey ?? fallbackKey;
  return {
    ok: true,
    job: {
      queue: definition.queue,
      operation: check.job.operation,
      data: jobData,
      priority: PRIORITIES[priority],
      runAtMs,
      key: key === null ? null : { caller, text: key },
    },
  };
}

function doubtsOf(input: Readonly<Record<string, unknown>>): Issue[] {
  return Object.entries(input).flatMap(([name, value]): Issue[] => {
    const text = typeof value === "string" ? value.slice(0, LONGEST_TEXT) : "";
    const message = holdsPlaceholder(text) ? UNFILLED : textFault(text);
    return message === null ? [] : [{ path: `input.${name}`, message }];
  });
}
