/** `/v1/jobs`: add one, look, list, cancel. A job that was answered 202 lies in Redis. */
import { AccountId, CallQueue, JobData, LinkupError, OperationName, OUTCOME_CODES, RecipientId } from "@linkup-queue/contracts";
import {
  type FoundJob,
  filterWords,
  IdempotencyKey,
  isJobOf,
  JobPlace,
  JobState,
  type JobView,
  LOOKED_AT,
  readJob,
} from "@linkup-queue/queue";
import { z } from "zod";
import type { ApiContext } from "../http/api-context.ts";
import { invalidInput } from "../http/api-error.ts";
import { fromCursor, PAGE_QUERY, pageOf, toCursor } from "../http/page.ts";
import { type Route, route } from "../http/route.ts";
import { archivedJob } from "../jobs/archived-outcomes.ts";
import { DescribedJob } from "../jobs/described-job.ts";
import { findJobs, idsOfKey } from "../jobs/find-jobs.ts";
import { Accepted, Cost, JobResponse, JobRow } from "../jobs/job-response.ts";

/** A plain producer may have given its job any id. */
const MOST_ID_LENGTH = 1_000;

export const JobParams = z.strictObject({
  jobId: z
    .string()
    .max(MOST_ID_LENGTH, `must be at most ${MOST_ID_LENGTH} characters`)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u, "must be a job's id"),
});
const WhichQueue = z.strictObject({
  queue: CallQueue.optional().describe("needed for an id that several queues have; ids given by this api are in one only"),
});

const moment = z.iso.datetime({ offset: true, error: "must be an ISO date and time" });

/** Filters that lists and changes of many jobs have in common. */
export const MANY_JOBS = {
  campaignId: JobData.shape.campaignId.describe("only jobs of this campaign"),
  recipientId: RecipientId.optional().describe("only jobs for this recipient, as the job names it"),
  addedFrom: moment.optional().describe("only jobs that were added then or later"),
  addedBefore: moment.optional().describe("only jobs that were added before"),
};

/** As the engine filters: its moments are ms since the epoch. */
export function manyJobs<Asked extends { addedFrom?: string | undefined; addedBefore?: string | undefined }>({
  addedFrom,
  addedBefore,
  ...filter
}: Asked) {
  const msOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
  return { ...filter, addedFromMs: msOf(addedFrom), addedBeforeMs: msOf(addedBefore) };
}

const CancelMany = z
  .strictObject({
    accountId: AccountId.optional(),
    operation: OperationName.optional(),
    ...MANY_JOBS,
    state: z.enum(["waiting", "parked", "delayed"]).optional(),
    queue: CallQueue.optional(),
    limit: z.int().min(1).max(1_000).optional().default(100).describe("most jobs to cancel now"),
    cursor: z.string().max(1_000, "must be the nextCursor of an earlier answer").optional(),
  })
  .refine(
    ({ accountId, operation, campaignId, recipientId }) => [accountId, operation, campaignId, recipientId].some((one) => one !== undefined),
    { path: ["accountId"], message: "is required without an operation, a campaignId or a recipientId" },
  )
  .meta({ id: "CancelManyRequest", example: { accountId: "ada", state: "parked", limit: 100 } });

const CancelledMany = z
  .object({
    cancelled: z.int().describe("with dryRun: those that would be"),
    callOut: z.int().describe("jobs whose call is out: their outcome tells"),
    nextCursor: z.string().nullable().describe("hand it back as `cursor` to go on; null at the end"),
  })
  .meta({ id: "CancelMany" });

/** The one job of this id. Throws `not_found`, or `conflict` when several queues have one. */
export async function findOne({ jobs }: ApiContext, jobId: string, queue: z.infer<typeof CallQueue> | undefined): Promise<FoundJob> {
  const [found, ...others] = await jobs.views.find(jobId, queue);
  if (found === undefined) throw new LinkupError("not_found", "There is no such job (any more)");
  if (others.length > 0) {
    const queues = [found, ...others].map(({ view }) => view.queue).join(", ");
    throw invalidInput([{ path: "queue", message: `is required: this id is in ${queues}` }]);
  }
  return found;
}

/** A job as a row of a list. */
const rowOf = ({ outcome: _outcome, ...row }: JobView) => row;

const tag = "jobs";

export const JOB_ROUTES: readonly Route[] = [
  route({
    name: "addJob",
    method: "post",
    path: "/v1/jobs",
    role: "producer",
    tag,
    summary: "Add a job",
    description: "`idempotencyKey` belongs to the caller: the same key again adds nothing. The job ends in exactly one outcome.",
    query: z.strictObject({ dryRun: z.enum(["0", "1"], "must be 0 or 1").optional().describe("1: add nothing, answer the cost") }),
    headers: z.object({ "idempotency-key": IdempotencyKey.optional().describe("for a job without an idempotencyKey of its own") }),
    body: DescribedJob,
    rawBody: true,
    counted: true,
    answers: {
      202: { description: "Accepted", schema: Accepted },
      200: { description: "With dryRun: the cost", schema: Cost },
      409: { description: "The key was used for another job" },
    },
    handle: async ({ jobs, engine }, { query, body, caller, request }) => {
      const header = IdempotencyKey.optional().safeParse(request.headers["idempotency-key"]);
      if (!header.success) throw invalidInput([{ path: "idempotency-key", message: "must be 1 to 200 characters of text" }]);
      const read = readJob(body, { caller: caller?.name ?? "", fallbackKey: header.data ?? null, nowMs: Date.now() });
      if (!read.ok) throw invalidInput(read.issues, "The job is not valid");
      const { queue, operation, data } = read.job;
      if (query.dryRun === "1") {
        const { rule, evidence, credits } = engine.prices[operation];
        const code = await engine.people.stoppedJobs.wouldEnd(operation, data);
        const stopped = { suppressed: code === "suppressed", replied: code === "replied" };
        return {
          status: 200,
          body: { dryRun: true, queue, operation, credits: credits(data.input), price: { rule, evidence }, ...stopped },
        };
      }
      const [answer] = await jobs.door.add([read.job]);
      if (answer?.kind === "failed") throw answer.error;
      if (answer?.kind !== "accepted") throw new LinkupError("conflict", "This idempotencyKey was used for another job");
      return { status: 202, body: { queue, jobId: answer.jobId, duplicate: answer.duplicate } };
    },
  }),
  route({
    name: "listJobs",
    method: "get",
    path: "/v1/jobs",
    role: "viewer",
    tag,
    summary: "List jobs by account, operation, campaign, recipient, state, code and time, or find one by its idempotency key",
    description: `A page looks at ${LOOKED_AT} entries at most, so it may be short or empty before the end: go on until nextCursor is null. Jobs that move while you page may be missed or shown twice. With accountId and state=parked the account's own line is read, in the order of its turns. Of ended jobs it shows those that BullMQ still keeps. With idempotencyKey the jobs are found that bear it, one for each token of this api that used it and the command line's, also ended ones: as long as the outcome is kept.`,
    query: z.strictObject({
      ...PAGE_QUERY,
      accountId: AccountId.optional(),
      operation: OperationName.optional(),
      ...MANY_JOBS,
      state: JobState.optional(),
      code: z.enum(OUTCOME_CODES).optional().describe("only jobs that ended with it, as long as their outcomes are kept"),
      idempotencyKey: IdempotencyKey.optional().describe("of the job itself; a line of a batch has one where it brought its own"),
    }),
    answers: { 200: { description: "A page of jobs", schema: pageOf(JobRow) } },
    handle: async (context, { query: { limit, cursor, idempotencyKey, ...asked } }) => {
      const { jobs } = context;
      const filter = manyJobs(asked);
      if (idempotencyKey !== undefined) {
        const found = (await findJobs(context, idsOfKey(context, idempotencyKey))).filter((job) => isJobOf(job, filter));
        return { status: 200, body: { items: found.slice(0, limit).map(rowOf), nextCursor: null } };
      }
      const { rows, next } = await jobs.pages.read(filter, { place: fromCursor(cursor, JobPlace), limit });
      return { status: 200, body: { items: rows, nextCursor: next === null ? null : toCursor(next) } };
    },
  }),
  route({
    name: "getJob",
    method: "get",
    path: "/v1/jobs/{jobId}",
    role: "viewer",
    tag,
    summary: "Show a job's state, what it waits for, and its outcome once it has ended",
    params: JobParams,
    query: WhichQueue,
    answers: { 200: { description: "The job", schema: JobResponse }, 404: { description: "No such job (any more)" } },
    handle: async (context, { params, query }) => {
      const archived = await archivedJob(context, params.jobId, query.queue);
      if (archived !== null) return { status: 200, body: archived };
      return { status: 200, body: await context.jobs.views.withWait(await findOne(context, params.jobId, query.queue)) };
    },
  }),
  route({
    name: "cancelJob",
    method: "delete",
    path: "/v1/jobs/{jobId}",
    role: "producer",
    tag,
    summary: "Cancel a job: it ends with the outcome `cancelled`",
    params: JobParams,
    query: WhichQueue,
    answers: {
      200: { description: "Cancelled", schema: JobResponse },
      404: { description: "No such job (any more)" },
      409: { description: "Its call is out, or it has ended" },
    },
    handle: async (context, { params, query, caller }) => {
      const found = await findOne(context, params.jobId, query.queue);
      const result = await context.jobs.cancels.cancel(found);
      if (result === "call_out") throw new LinkupError("conflict", "The job's call is out; its outcome tells what came of it");
      if (result === "ended") throw new LinkupError("conflict", "The job has ended; its outcome tells how");
      const { queue } = found.view;
      context.log.info({ caller: caller?.name, queue, jobId: params.jobId }, "a job was cancelled");
      return { status: 200, body: (await findOne(context, params.jobId, queue)).view };
    },
  }),
  route({
    name: "cancelJobs",
    method: "post",
    path: "/v1/jobs/cancel",
    role: "producer",
    tag,
    summary: "Cancel jobs by account, operation, campaign or recipient: each ends with the outcome `cancelled`, free",
    description:
      "With `dryRun=1` nothing is done: it counts those that would be. One answer looks at a bounded number of jobs: go on with nextCursor until it is null. Recipients that a campaign did not put into a call queue yet are cancelled with it, not here.",
    query: z.strictObject({ dryRun: z.enum(["0", "1"], "must be 0 or 1").optional() }),
    body: CancelMany,
    choice: filterWords,
    answers: { 200: { description: "How many were cancelled", schema: CancelledMany } },
    handle: async ({ jobs, log }, { query, body: { cursor, ...request }, caller }) => {
      const dryRun = query.dryRun === "1";
      const { next, ...counts } = await jobs.cancels.cancelMany({ ...manyJobs(request), dryRun, place: fromCursor(cursor, JobPlace) });
      const { accountId, operation, campaignId, state } = request;
      if (!dryRun) log.info({ caller: caller?.name, accountId, operation, campaignId, state, ...counts }, "jobs were cancelled");
      return { status: 200, body: { ...counts, nextCursor: next === null ? null : toCursor(next) } };
    },
  }),
];
