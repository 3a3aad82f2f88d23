/** `POST /v1/jobs/{jobId}/reconcile`: an unknown write is looked for by a read. The engine decides which can be; it never sends the write again. */
import { CALL_QUEUES, CallQueue, LinkupError } from "@linkup-queue/contracts";
import { z } from "zod";
import { type Route, route } from "../http/route.ts";
import { findOne, JobParams } from "./jobs.ts";

const Look = z
  .object({
    queue: z.enum(CALL_QUEUES),
    jobId: z.string().describe("the job that looks: its state, its cost and what it saw are read as any job's"),
    reconcileOf: z.string(),
    duplicate: z.boolean().describe("it was asked for before; nothing was added"),
  })
  .meta({ id: "Reconcile", example: { queue: "messages", jobId: "crm-17~look", reconcileOf: "crm-17", duplicate: false } });

export const RECONCILE_ROUTES: readonly Route[] = [
  route({
    name: "reconcileJob",
    method: "post",
    path: "/v1/jobs/{jobId}/reconcile",
    role: "producer",
    tag: "jobs",
    summary: "Look for a message or invitation of unknown outcome, as a new job `<id>~look`",
    description:
      "A read through the gate, `message.conversation` or `invitation.status`, which costs what reads cost; nothing is sent again. Where it found the write, or two looks five minutes apart did not, the write's outcome gets `reconciled` and `resolved`, and is told once more under the same `outcomeId`: on `results` as job `<outcomeId>~resolved`, to webhooks, to the archive; `status` and `code` stay. Where no look can tell, nothing is told of the write. The look has an outcome of its own, whose output is `{happened}`, null where no look can tell.",
    params: JobParams,
    query: z.strictObject({ queue: CallQueue.optional().describe("needed for an id that several queues have") }),
    answers: {
      202: { description: "Accepted", schema: Look },
      404: { description: "No such job" },
      409: {
        description:
          "It can't be looked for: no message or invitation, no unknown outcome, said or re-driven before, its data or outcome is gone, too long ago, or what was sent is not known since Redis came back older; the message says which",
      },
    },
    handle: async (context, { params, query, caller }) => {
      const found = await findOne(context, params.jobId, query.queue);
      const answer = await context.jobs.reconciles.look(found);
      if (answer.kind === "refused") throw new LinkupError("conflict", answer.message);
      const { queue, jobId, of, duplicate } = answer;
      context.log.info({ caller: caller?.name, queue, jobId, reconcileOf: of, duplicate }, "an unknown outcome is looked for");
      return { status: 202, body: { queue, jobId, reconcileOf: of, duplicate } };
    },
  }),
];
