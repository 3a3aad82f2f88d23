/** `/v1/key`: the API key's own state, and the stop switch. The key itself is not known here. */
import { LinkupError, OPERATION_NAMES, providerHost, REST_CAUSES } from "@linkup-queue/contracts";
import {
  AUTH_OPERATIONS,
  BOUND_SETTINGS,
  brakeView,
  DOUBTFUL,
  dayBudgetView,
  KEY_REASONS,
  KEY_STATES,
  type KeyState,
  LOST_CAPS,
  restView,
} from "@linkup-queue/queue";
import { z } from "zod";
import type { ApiContext } from "../http/api-context.ts";
import { oneOf, SCOPES } from "../http/one-of.ts";
import { type Route, route } from "../http/route.ts";

const BrakeResponse = z
  .object({
    id: z.string(),
    covers: oneOf([...OPERATION_NAMES, ...Object.values(AUTH_OPERATIONS)]).describe(
      "the operation that stands still; `auth.login` and `auth.verify` are log-ins",
    ),
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
    scope: oneOf([...SCOPES, "account"]).describe("an operation, a family of them, or `account`"),
    cause: oneOf(REST_CAUSES),
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

const SetValue = z.union([z.number(), z.literal("careful")]);

const DifferenceResponse = z
  .object({
    setting: oneOf(BOUND_SETTINGS),
    holds: SetValue.nullable().describe("the strictest value, by which all workers go; null: none is set"),
    values: z.array(SetValue.nullable()).describe("the values of the live workers, each once; null: not set"),
  })
  .meta({ id: "SettingDifference" });

const LostResponse = z
  .object({
    since: z.string().describe("when that was noticed"),
    marks: z.int().describe("calls that left and are missing, at least"),
  })
  .meta({ id: "LostState" });

const TransitResponse = z
  .object({
    ms: z.int().describe("the LINKUP_TRANSIT_MS that holds: the longest of the workers, who all have one"),
    answersUntil: z.string().nullable().describe("so long it has no effect, since LinkUp refused one request too many; null: it has"),
  })
  .meta({ id: "Transit" });

const KeyResponse = z
  .object({
    state: z.enum(KEY_STATES),
    reason: oneOf(KEY_REASONS).describe("why it is not open; empty when it is"),
    until: z.string().nullable().describe("until when nothing leaves; null when open or stopped"),
    rateLimit: z.int().describe("the limit that holds: the strictest of the workers"),
    rateWindowMs: z.int().describe("the window that holds"),
    transit: TransitResponse.nullable().describe("null: a place is busy until one window after its answer"),
    slotsBusy: z.int().describe("slots of the window that are taken now"),
    meanHoldMs: z.number().describe("mean time from grant to answer"),
    workers: z.int(),
    lost: LostResponse.nullable().describe("null: Redis did not come back older than it was"),
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
  { nowMs, clockMs: _clockMs, clockJump: _clockJump, seen: _seen, lost, untilMs, brakes, rests, differences, transit, ...key }: KeyState,
): Promise<z.input<typeof KeyResponse>> {
  const until = isoOrNull(untilMs);
  const budget = await engine.dayBudget(nowMs);
  const dayBudget = budget === null ? null : dayBudgetView(budget);
  const provider = providerHost(settings.baseUrl);
  const differing = differences.map(({ values, ...difference }) => ({ ...difference, values: [...values] }));
  const shownLost = lost === null ? null : { since: new Date(lost.sinceMs).toISOString(), marks: lost.marks };
  return {
    ...key,
    lost: shownLost,
    transit: transit === null ? null : { ms: transit.ms, answersUntil: isoOrNull(transit.answersUntilMs) },
    until,
    provider,
    differences: differing,
    dayBudget,
    brakes: brakes.map(brakeView),
    rests: rests.map(restView),
  };
}

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

const tag = "key";
const shown = { description: "The state", schema: KeyResponse };

export const KEY_ROUTES: readonly Route[] = [
  route({
    name: "getKey",
    method: "get",
    path: "/v1/key",
    role: "viewer",
    tag,
    summary: "Show whether calls may leave, and why not",
    answers: { 200: shown },
    handle: async (context) => ({ status: 200, body: await keyResponse(context, await context.engine.keys.read()) }),
  }),
  route({
    name: "pauseKey",
    method: "post",
    path: "/v1/key/pause",
    role: "admin",
    tag,
    summary: "The stop switch: nothing leaves within a second",
    answers: { 200: shown },
    handle: async (context, { caller }) => {
      return { status: 200, body: await keyResponse(context, await context.engine.keys.pause(caller?.name)) };
    },
  }),
  route({
    name: "resumeKey",
    method: "post",
    path: "/v1/key/resume",
    role: "admin",
    tag,
    summary: "Open the key again",
    answers: { 200: shown },
    handle: async (context, { caller }) => {
      return { status: 200, body: await keyResponse(context, await context.engine.keys.resume(caller?.name)) };
    },
  }),
  route({
    name: "restoreKey",
    method: "post",
    path: "/v1/key/restore",
    role: "admin",
    tag,
    summary: "After Redis came back older than it was: say what may be sent, and calls leave again after one window",
    description:
      "Nothing leaves while the key is stopped as `state_lost`. Of all that was handed over until now nobody knows whether it was sent: `unknown` ends it so, with the code `state_lost`; `send` sends it, maybe a second time. Of a campaign that was made until now, also recipients who are not in a queue yet. Whatever is handed over from now on is sent. With `caps` as `used_up` each cap and gap of an account counts as used up until its window is over, as nobody knows what is missing in its count; `counted` goes by what is left of the counts, and may also be said later.",
    body: z.object({ doubtful: z.enum(DOUBTFUL).default("unknown"), caps: z.enum(LOST_CAPS).default("used_up") }),
    choice: ({ doubtful, caps }) => (caps === "used_up" ? doubtful : `${doubtful}, caps ${caps}`),
    answers: { 200: shown, 409: { description: "The state is not lost, and no cap counts as used up for such a loss" } },
    handle: async (context, { body, caller }) => {
      return {
        status: 200,
        body: await keyResponse(context, await context.engine.keys.restore(body.doubtful, { caps: body.caps, caller: caller?.name })),
      };
    },
  }),
  route({
    name: "releaseBrake",
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
      const released = await engine.release(id, caller?.name);
      if (released === null) throw new LinkupError("not_found", `There is no brake or rest ${id}; GET /v1/key lists those there are`);
      if (released.kind === "rest") {
        const { account: accountId, scope } = released;
        log.warn({ caller: caller?.name, accountId, scope }, "a rest was ended by hand");
      }
      return { status: 200, body: await keyResponse(context, await engine.keys.read()) };
    },
  }),
];
