/** `/v1/schedules`: recurring jobs. Putting the same again changes nothing; what was skipped or missed is shown, never caught up. */
import { CALL_QUEUES, LinkupError, OUTCOME_CODES } from "@linkup-queue/contracts";
import { defineSchedule, Overlap, ScheduledJob, ScheduleId, ScheduleRequest, TICK_JOB_STATUSES } from "@linkup-queue/queue";
import { z } from "zod";
import type { ApiContext } from "../http/api-context.ts";
import { fromCursor, PAGE_QUERY, pageOf, toCursor } from "../http/page.ts";
import { type Answer, type Route, route } from "../http/route.ts";

const IdParams = z.strictObject({ id: ScheduleId });

const Told = z.object({ count: z.int(), lastAt: z.string().nullable() });

const ScheduleResponse = z
  .object({
    id: z.string(),
    cron: z.string().nullable(),
    everyMs: z.int().nullable(),
    timezone: z.string().nullable().describe("of cron; null for an interval"),
    overlap: Overlap,
    job: ScheduledJob,
    problems: z.array(z.string()).describe("warnings for a person: account gone or not active, ticks that no worker takes"),
    pausedAt: z.string().nullable().describe("since when it is paused; null while it ticks"),
    next: z.array(z.string()).describe("the next ten times; none while it is paused"),
    lastTickAt: z.string().nullable().describe("the last tick that was seen, whether it added a job or not"),
    lastJob: z
      .object({
        tickAt: z.string(),
        queue: z.enum(CALL_QUEUES),
        jobId: z.string(),
        status: z.enum(TICK_JOB_STATUSES).describe("pending: no outcome yet; gone: it left its queue without one, or is forgotten"),
        code: z.enum(OUTCOME_CODES).nullable().describe("of its outcome, as long as that is kept"),
      })
      .nullable()
      .describe("of the last tick or run that added one"),
    skipped: Told.describe("ticks that added no job because the one before had no outcome yet"),
    missed: Told.describe("ticks that passed while no worker took them; they are not caught up"),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: "Schedule" });

/** Answers with the schedule as it is now. */
async function show({ engine }: ApiContext, id: string): Promise<Answer> {
  const schedule = await engine.schedules.read(id);
  if (schedule === null) throw new LinkupError("not_found", "There is no such schedule; PUT /v1/schedules/{id} makes one");
  return { status: 200, body: schedule };
}

const A_SCHEDULE = {
  cron: "0 9 * * 1-5",
  timezone: "Europe/Paris",
  job: { operation: "profile.me", accountId: "ada", input: {} },
};

const tag = "schedules";
const shown = { description: "The schedule", schema: ScheduleResponse };

export const SCHEDULE_ROUTES: readonly Route[] = [
  route({
    name: "putSchedule",
    method: "put",
    path: "/v1/schedules/{id}",
    role: "producer",
    tag,
    summary: "Make or replace a schedule",
    description:
      "`cron` or `everyMs`. The same definition again changes nothing, not even the next tick; another one replaces it. A tick runs until its job has an outcome, parked included: with `overlap` `skip` the ticks meanwhile add nothing and are counted.",
    params: IdParams,
    body: ScheduleRequest.meta({ id: "ScheduleRequest", example: A_SCHEDULE }),
    answers: { 200: shown },
    handle: async (context, { params, body, caller }) => {
      const result = await context.engine.schedules.put(params.id, defineSchedule(body));
      if (result !== "unchanged") context.log.info({ scheduleId: params.id, result, caller: caller?.name }, "a schedule was put");
      return await show(context, params.id);
    },
  }),
  route({
    name: "listSchedules",
    method: "get",
    path: "/v1/schedules",
    role: "producer",
    tag,
    summary: "List schedules by id",
    description:
      "A page may be shorter than `limit`, where schedules are large, and still not be the last: go on while there is a nextCursor.",
    query: z.strictObject(PAGE_QUERY),
    answers: { 200: { description: "A page of schedules", schema: pageOf(ScheduleResponse) } },
    handle: async ({ engine }, { query }) => {
      const afterId = fromCursor(query.cursor, ScheduleId);
      const { schedules: items, next } = await engine.schedules.list({ afterId, limit: query.limit });
      return { status: 200, body: { items, nextCursor: next === null ? null : toCursor(next) } };
    },
  }),
  route({
    name: "getSchedule",
    method: "get",
    path: "/v1/schedules/{id}",
    role: "producer",
    tag,
    summary: "Show a schedule, its next times, and what became of its ticks",
    params: IdParams,
    answers: { 200: shown, 404: { description: "No such schedule" } },
    handle: (context, { params }) => show(context, params.id),
  }),
  route({
    name: "pauseSchedule",
    method: "post",
    path: "/v1/schedules/{id}/pause",
    role: "producer",
    tag,
    summary: "Pause a schedule: no tick adds a job",
    description: "Jobs that it added stay. Putting a definition does not resume it.",
    params: IdParams,
    answers: { 200: shown, 404: { description: "No such schedule" } },
    handle: async (context, { params, caller }) => {
      const said = await context.engine.schedules.pause(params.id);
      if (said === "changed") context.log.info({ scheduleId: params.id, caller: caller?.name }, "a schedule was paused");
      return await show(context, params.id);
    },
  }),
  route({
    name: "resumeSchedule",
    method: "post",
    path: "/v1/schedules/{id}/resume",
    role: "producer",
    tag,
    summary: "Resume a schedule from its next time on: nothing is caught up",
    params: IdParams,
    answers: { 200: shown, 404: { description: "No such schedule" } },
    handle: async (context, { params, caller }) => {
      const said = await context.engine.schedules.resume(params.id);
      if (said === "changed") context.log.info({ scheduleId: params.id, caller: caller?.name }, "a schedule was resumed");
      return await show(context, params.id);
    },
  }),
  route({
    name: "runSchedule",
    method: "post",
    path: "/v1/schedules/{id}/run",
    role: "producer",
    tag,
    summary: "Add the job of a schedule now, beside its ticks",
    description:
      "Paused or not. With `overlap` `skip` not while the job of the one before has no outcome. Two within the same second are one job. A 503 says that it may or may not have been added: the schedule's `lastJob` tells.",
    params: IdParams,
    answers: {
      202: { description: "Accepted", schema: z.object({ queue: z.enum(CALL_QUEUES), jobId: z.string() }).meta({ id: "ScheduleRun" }) },
      404: { description: "No such schedule" },
      409: { description: "The job of the one before has no outcome yet" },
    },
    handle: async ({ engine, log }, { params, caller }) => {
      const said = await engine.ticks.run(params.id);
      if (said.kind === "gone") throw new LinkupError("not_found", "There is no such schedule");
      if (said.kind === "pending") {
        throw new LinkupError(
          "conflict",
          `Job ${said.jobId} of this schedule has no outcome yet; with overlap queue it would be added all the same`,
        );
      }
      const { queue, jobId } = said;
      log.info({ scheduleId: params.id, queue, jobId, caller: caller?.name }, "a schedule was run by hand");
      return { status: 202, body: { queue, jobId } };
    },
  }),
  route({
    name: "deleteSchedule",
    method: "delete",
    path: "/v1/schedules/{id}",
    role: "producer",
    tag,
    summary: "End a schedule; jobs that it added stay",
    params: IdParams,
    answers: { 204: { description: "Ended" }, 404: { description: "No such schedule" } },
    handle: async ({ engine, log }, { params, caller }) => {
      if (!(await engine.schedules.remove(params.id))) throw new LinkupError("not_found", "There is no such schedule");
      log.info({ scheduleId: params.id, caller: caller?.name }, "a schedule was removed");
      return { status: 204 };
    },
  }),
];
