/** `/v1/key`: the API key's own state, and the stop switch. The key itself is not known here. */
import { LinkupError, providerHost } from "@linkup-queue/contracts";
import { brakeView, dayBudgetView, type KeyState, operationOfBrake, restOfId, restView } from "@linkup-queue/queue";
import { z } from "zod";
import type { ApiContext } from "../http/api-context.ts";
import { type Route, route } from "../http/route.ts";

const BrakeResponse = z
  .object({
    id: z.string(),
    covers: z.string().describe("the operation that stands still; `auth.login` and `auth.verify` are log-ins"),
    cause: z.string().describe("the row of docs/answers.md that put it on"),
    since: z.string(),
    nextProbeAt: z.string().nullable().describe("not before this one call of it is let through; null while the key is stopped by hand"),
    waiting: z.int().describe("jobs that wait behind it, free"),
  })
  .meta({ id: "Brake" });

const RestResponse = z
  .object({
    id: z.string(),
    accountId: z.string(),
    scope: z.string().describe("an operation, a family of them, or `account`"),
    cause: z.string(),
    since: z.string(),
    until: z.string().nullable().describe("null: until a person ends it"),
    nextProbeAt: z.string().nullable().describe("not before this a call of it leaves; none probes while it rests"),
    waiting: z.int().describe("jobs that wait for it, free"),
  })
  .meta({ id: "Rest" });
const DayBudgetResponse = z
  .object({
    limit: z.int().describe("LINKUP_MAX_CREDITS_PER_DAY, as the api's settings have it"),
    spent: z.number().describe("charged today, and what may have been"),
    committed: z.number().describe("held by calls that are out"),
    resetsAt: z.string().describe("when the next UTC day begins"),
    waiting: z.int().describe("jobs that are due and wait for that, free"),
  })
  .meta({ id: "DayBudget" });

const DifferenceResponse = z
  .object({
    setting: z.string(),
    holds: z.number().nullable().describe("the strictest value, by which all workers go; null: none is set"),
    values: z.array(z.number().nullable()).describe("the values of the live workers, each once; null: not set"),
  })
  .meta({ id: "SettingDifference" });

const KeyResponse = z
  .object({
    state: z.enum(["open", "cooling", "stopped"]),
    reason: z.string().describe("`by_hand`, `key_refused`, `service_refused`, `rate_limited`, `server_errors`, `fresh_state`, or empty"),
    until: z.string().nullable().describe("until when nothing leaves; null when open or stopped"),
    rateLimit: z.int().describe("the limit that holds: the strictest of the workers"),
    rateWindowMs: z.int().describe("the window that holds"),
    slotsBusy: z.int().describe("slots of the window that are taken now"),
    meanHoldMs: z.number().describe("mean time from grant to answer"),
    workers: z.int(),
    differences: z.array(DifferenceResponse).describe("settings in which live workers have other values than hold"),
    openGrants: z.int().describe("calls that are out"),
    unpublished: z.int().describe("outcomes that are not on the results queue yet"),
    provider: z.string().describe("the host to which LINKUP_BASE_URL leads, as the api's settings have it"),
    dayBudget: DayBudgetResponse.nullable().describe("null without LINKUP_MAX_CREDITS_PER_DAY"),
    brakes: z.array(BrakeResponse).describe("operations that stand still because LinkUp itself refuses them"),
    rests: z.array(RestResponse).describe("the rests of single accounts, because LinkedIn limits them; at most 1,000"),
  })
  .meta({ id: "Key" });

/** A key's state as it is answered. */
async function keyResponse(
  { engine, settings }: ApiContext,
  { nowMs, clockMs: _clockMs, clockJump: _clockJump, untilMs, brakes, rests, differences, ...key }: KeyState,
): Promise<z.input<typeof KeyResponse>> {
  const until = untilMs === null ? null : new Date(untilMs).toISOString();
  const budget = await engine.dayBudget(nowMs);
  const dayBudget = budget === null ? null : dayBudgetView(budget);
  const provider = providerHost(settings.baseUrl);
  const differing = differences.map(({ values, ...difference }) => ({ ...difference, values: [...values] }));
  return { ...key, until, provider, differences: differing, dayBudget, brakes: brakes.map(brakeView), rests: rests.map(restView) };
}

const tag = "key";
const shown = { description: "The state", schema: KeyResponse };

export const KEY_ROUTES: readonly Route[] = [
  route({
    method: "get",
    path: "/v1/key",
    role: "viewer",
    tag,
    summary: "Show whether calls may leave, and why not",
    answers: { 200: shown },
    handle: async (context) => ({ status: 200, body: await keyResponse(context, await context.engine.keys.read()) }),
  }),
  route({
    method: "post",
    path: "/v1/key/pause",
    role: "admin",
    tag,
    summary: "The stop switch: nothing leaves within a second",
    answers: { 200: shown },
    handle: async (context, { caller }) => {
      const { engine, log } = context;
      log.warn({ caller: caller?.name }, "the key was stopped by hand");
      return { status: 200, body: await keyResponse(context, await engine.keys.pause(caller?.name)) };
    },
  }),
  route({
    method: "post",
    path: "/v1/key/resume",
    role: "admin",
    tag,
    summary: "Open the key again",
    answers: { 200: shown },
    handle: async (context, { caller }) => {
      const { engine, log } = context;
      log.warn({ caller: caller?.name }, "the key was opened by hand");
      return { status: 200, body: await keyResponse(context, await engine.keys.resume(caller?.name)) };
    },
  }),
  route({
    method: "post",
    path: "/v1/brakes/{id}/release",
    role: "admin",
    tag,
    summary: "Take a brake off, or end a rest: its jobs go on",
    description:
      "Few calls are out at once until one succeeds; the next refusal puts it on again. A brake comes off by itself when its probe works. The ladder of a rest stays: refused again, its account rests longer.",
    params: z.object({ id: z.string().max(200) }),
    answers: { 200: shown, 404: { description: "There is no such brake" } },
    handle: async (context, { params: { id }, caller }) => {
      const { engine, log } = context;
      const rest = restOfId(id);
      if (rest !== null) {
        if (!(await engine.accounts.endRest(rest.account, rest.scope))) {
          throw new LinkupError("not_found", `There is no rest ${id}; GET /v1/key lists those there are`);
        }
        log.warn({ caller: caller?.name, accountId: rest.account, scope: rest.scope }, "a rest was ended by hand");
        return { status: 200, body: await keyResponse(context, await engine.keys.read()) };
      }
      const operation = operationOfBrake(id);
      const key = operation === null ? null : await engine.keys.releaseBrake(operation, caller?.name);
      if (key === null) throw new LinkupError("not_found", `There is no brake ${id}; GET /v1/key lists those there are`);
      log.warn({ caller: caller?.name, operation }, "a brake was taken off by hand");
      return { status: 200, body: await keyResponse(context, key) };
    },
  }),
];
