/** `/v1/jobs/.../redrive`: ended jobs are done again, as new jobs. The engine decides which jobs may be done again. */
import { AccountId, CALL_QUEUES, CallQueue, LinkupError, OperationName, OUTCOME_CODES } from "@linkup-queue/contracts";
import { filterWords, REDRIVE_REFUSALS, RedrivePlace } from "@linkup-queue/queue";
import { z } from "zod";
import { fromCursor, toCursor } from "../http/page.ts";
import { type Route, route } from "../http/route.ts";
import { findOne, JobParams, MANY_JOBS, manyJobs } from "./jobs.ts";

const MOST_REDRIVEN = 1_000;
const DEFAULT_REDRIVEN = 100;

const maySendTwice = z
  .boolean()
  .optional()
  .default(false)
  .describe("true: also a write whose effect is unknown; look on LinkedIn first, it may arrive a second time");

const evenIfHappened = z
  .boolean()
  .optional()
  .default(false)
  .describe("true, beside maySendTwice: also a write of which a person said that it happened; it arrives a second time");

const OneBody = z
  .strictObject({
    queue: CallQueue.optional().describe("needed for an id that several queues have"),
    maySendTwice,
    evenIfHappened,
  })
  .meta({ id: "RedriveRequest", example: { maySendTwice: false } });

const ManyBody = z
  .strictObject({
    code: z.enum(OUTCOME_CODES).optional().describe("only jobs whose outcome has this code"),
    ...MANY_JOBS,
    queue: CallQueue.optional(),
    accountId: AccountId.optional().describe("only jobs of this account"),
    operation: OperationName.optional().describe("only jobs of this operation"),
    limit: z.int().min(1).max(MOST_REDRIVEN).optional().default(DEFAULT_REDRIVEN).describe("most jobs to re-drive now"),
    cursor: z.string().max(1_000, "must be the nextCursor of an earlier answer").optional(),
    maySendTwice,
  })
  .refine(
    ({ code, campaignId, accountId, operation, recipientId }) =>
      [code, campaignId, accountId, operation, recipientId].some((one) => one !== undefined),
    { path: ["code"], message: "is required without a campaignId, an accountId, an operation or a recipientId" },
  )
  .meta({ id: "RedriveManyRequest", example: { code: "server_error", campaignId: "spring", limit: 100 } });

const reasons = Object.fromEntries(Object.keys(REDRIVE_REFUSALS).map((why) => [why, z.int().optional()]));

const tag = "jobs";

export const REDRIVE_ROUTES: readonly Route[] = [
  route({
    name: "redriveJob",
    method: "post",
    path: "/v1/jobs/{jobId}/redrive",
    role: "producer",
    tag,
    summary: "Do an ended job again, as a new job `<id>~2`",
    description:
      "For jobs that ended `failed`, `cancelled` or `unknown`, as long as their data is kept: that of the last 10,000 failed jobs of each queue for 7 days, that of campaigns' recipients as long as outcomes are kept (LINKUP_OUTCOME_DAYS), and where BullMQ has dropped the job the campaign's text of now is sent. A job is re-driven once, however often this is called; its re-drive may be re-driven in turn. The new job keeps the old one's priority, campaign and recipient, and costs what any job costs.",
    params: JobParams,
    body: OneBody,
    answers: {
      202: {
        description: "Accepted",
        schema: z
          .object({
            queue: z.enum(CALL_QUEUES),
            jobId: z.string(),
            redriveOf: z.string(),
            duplicate: z.boolean().describe("it was re-driven before; nothing was added"),
          })
          .meta({ id: "Redrive" }),
      },
      404: { description: "No such job (any more)" },
      409: {
        description:
          "It has not ended, it succeeded, its data is gone, it may be sent twice, or a person said that it happened; the message says which",
      },
    },
    handle: async (context, { params, body, caller }) => {
      const { view } = await findOne(context, params.jobId, body.queue);
      const answer = await context.jobs.redrives.redrive(view.queue, view.jobId, body);
      if (answer.kind === "refused") throw new LinkupError(answer.why === "not_found" ? "not_found" : "conflict", answer.message);
      const { queue, jobId, of, duplicate } = answer;
      context.log.info(
        { caller: caller?.name, queue, jobId, redriveOf: of, maySendTwice: body.maySendTwice, evenIfHappened: body.evenIfHappened },
        "a job was re-driven",
      );
      return { status: 202, body: { queue, jobId, redriveOf: of, duplicate } };
    },
  }),
  route({
    name: "redriveJobs",
    method: "post",
    path: "/v1/jobs/redrive",
    role: "producer",
    tag,
    summary: "Re-drive failed jobs by code, campaign, account, operation or recipient",
    description:
      "With `dryRun=1` nothing is done: it answers how many would be re-driven, and their credits. Newest first. One answer looks at a bounded number of jobs: go on with nextCursor until it is null, and don't begin anew, which would re-drive what failed again meanwhile. Codes are known for LINKUP_OUTCOME_DAYS.",
    query: z.strictObject({ dryRun: z.enum(["0", "1"], "must be 0 or 1").optional() }),
    body: ManyBody,
    choice: filterWords,
    answers: {
      200: {
        description: "What was re-driven, and what was not and why",
        schema: z
          .object({
            redriven: z.int(),
            already: z.int().describe("re-driven before"),
            refused: z.int(),
            credits: z.number().describe("of the re-driven, if each call succeeds, as far as prices are known"),
            reasons: z.object(reasons).describe("of the refused, by why"),
            more: z.boolean(),
            nextCursor: z.string().nullable().describe("hand it back as `cursor` to go on; null at the end"),
          })
          .meta({ id: "RedriveMany" }),
      },
    },
    handle: async ({ jobs, log }, { query, body: { cursor, ...request }, caller }) => {
      const dryRun = query.dryRun === "1";
      const { next, ...counts } = await jobs.redrives.redriveMany({
        ...manyJobs(request),
        dryRun,
        place: fromCursor(cursor, RedrivePlace),
      });
      const { code, campaignId, queue } = request;
      if (!dryRun)
        log.info({ caller: caller?.name, code, campaignId, queue, maySendTwice: request.maySendTwice, ...counts }, "jobs were re-driven");
      return { status: 200, body: { ...counts, nextCursor: next === null ? null : toCursor(next) } };
    },
  }),
];
