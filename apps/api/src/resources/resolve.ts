/** `POST /v1/jobs/{jobId}/resolve`: a person's word on an outcome that is `unknown`. It never sends anything. */
import { CallQueue } from "@linkup-queue/contracts";
import { z } from "zod";
import { type Route, route } from "../http/route.ts";
import { JobResponse } from "../jobs/job-response.ts";
import { findOne, JobParams } from "./jobs.ts";

const Body = z
  .strictObject({
    happened: z.boolean().describe("true: the message or invitation is there on LinkedIn; false: it is not"),
  })
  .meta({ id: "ResolveRequest", example: { happened: true } });

export const RESOLVE_ROUTES: readonly Route[] = [
  route({
    name: "resolveJob",
    method: "post",
    path: "/v1/jobs/{jobId}/resolve",
    role: "producer",
    tag: "jobs",
    summary: "Say whether a job of unknown outcome happened",
    description:
      "Kept in the outcome as `resolved`, with the token's name and the time; `status` and `code` stay. The outcome is told once more under the same `outcomeId`: on `results` as job `<outcomeId>~resolved`, to webhooks under that `webhook-id`, to the archive. The same word again changes nothing; the other word is refused, as the first one was told. Nothing is sent: a write that did not happen is re-driven, and one that did is re-driven only with `evenIfHappened`.",
    params: JobParams,
    query: z.strictObject({ queue: CallQueue.optional().describe("needed for an id that several queues have") }),
    body: Body,
    choice: ({ happened }) => (happened ? "happened" : "did not happen"),
    answers: {
      200: { description: "The job, its outcome with `resolved`", schema: JobResponse },
      404: { description: "No such job, or its outcome is kept no longer (LINKUP_OUTCOME_DAYS)" },
      409: { description: "It has no outcome yet, its outcome is not `unknown`, or the other word was given" },
    },
    handle: async (context, { params, query, body, caller }) => {
      const { jobs, log } = context;
      const { digest, ended, view } = await findOne(context, params.jobId, query.queue);
      const by = caller?.name ?? "";
      const { outcome, duplicate } = await jobs.resolutions.resolve({ digest, ended }, { happened: body.happened, by });
      const facts = { caller: by, queue: view.queue, jobId: params.jobId, happened: body.happened };
      if (!duplicate) log.info(facts, "an unknown outcome was resolved by a person");
      await context.engine.outbox.publishResolved([outcome.outcomeId]);
      return { status: 200, body: { ...view, outcome } };
    },
  }),
];
