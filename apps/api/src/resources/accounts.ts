/** `/v1/accounts`: LinkedIn accounts, registered by people. Secrets go in and never come out. */
import { randomUUID } from "node:crypto";
import {
  AccountEmail,
  AccountId,
  AccountPassword,
  AccountPlan,
  AccountPolicy,
  AutoWithdrawAfterDays,
  CAP_WINDOWS_MS,
  type CapWindow,
  COUNTRIES,
  Country,
  LinkupError,
  LoginToken,
  OperationName,
  OverridableRule,
  REST_CAUSES,
  ReplyWatch,
  VerificationCode,
} from "@linkup-queue/contracts";
import { ACCOUNT_STATES, INVITATION_EFFECTS, type Registration } from "@linkup-queue/queue";
import { z } from "zod";
import type { ApiContext } from "../http/api-context.ts";
import { oneOf, SCOPES } from "../http/one-of.ts";
import { fromCursor, PAGE_QUERY, pageOf, toCursor } from "../http/page.ts";
import { type Answer, type Route, route } from "../http/route.ts";

const IdParams = z.strictObject({ id: AccountId });

/** The facts of an account beside its log-in. */
const KEPT = {
  country: Country.nullable().optional(),
  plan: AccountPlan.nullable().optional().describe("the member's plan at LinkedIn; not known counts as free"),
  policy: AccountPolicy.nullable()
    .optional()
    .describe(
      "`caps` by family or operation, in rolling windows of an hour, 24 hours, 7 and 30 days; `hours` in the account's own time zone; `pace`, the gaps between its calls by family; `note`, what becomes of an invitation with a note while the notes are used up: it waits (`wait`, as without it), goes without its note (`bare`), or ends `notes_used_up` (`skip`). It replaces the whole policy of before; a part left out of it is that of LINKUP_ACCOUNT_POLICY",
    ),
  replyWatch: ReplyWatch.nullable()
    .optional()
    .describe(
      "reads its inbox while a campaign that stops on replies may still send: whoever wrote there answered. From one reading to the next pass at most so many minutes, and half of them at least",
    ),
  autoWithdrawAfterDays: AutoWithdrawAfterDays.nullable()
    .optional()
    .describe("takes back an invitation that nobody answered for so many days, each after a look at its status; null: none"),
  maxInFlight: z
    .int("must be a whole number from 1 to 100")
    .min(1, "must be a whole number from 1 to 100")
    .max(100, "must be a whole number from 1 to 100")
    .nullable()
    .optional()
    .describe("calls in flight for this account; default LINKUP_ACCOUNT_CONCURRENCY"),
};

const AccountBody = z
  .strictObject({
    email: AccountEmail.optional(),
    password: AccountPassword.optional(),
    login_token: LoginToken.optional(),
    ...KEPT,
  })
  .superRefine((body, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if (body.login_token !== undefined) {
      if (body.email !== undefined) issue("email", "goes without login_token: register with e-mail and password, or with a token");
      if (body.password !== undefined) issue("password", "goes without login_token: register with e-mail and password, or with a token");
      return;
    }
    if (body.email === undefined) issue("email", "is required, unless login_token is given");
    if (body.password === undefined) issue("password", "is required, unless login_token is given");
  })
  .meta({
    id: "AccountRegistration",
    example: { email: "ada@example.com", password: "the member's LinkedIn password", country: "FR" },
    description:
      "`email` and `password`, or `login_token`; the other fields go with both, stay as they are where they are left out, and are removed by null",
  });

const AccountChange = z.strictObject(KEPT).meta({
  id: "AccountChange",
  example: { plan: "premium", policy: { caps: { invite: { perDay: 12, perWeek: 60 } } }, replyWatch: { everyMinutes: 60 } },
  description: "A field that is left out stays as it is, and null removes it",
});

const RestResponse = z
  .object({
    scope: oneOf([...SCOPES, "account"]).describe("an operation, a family of them such as `invite` or `message`, or `account`"),
    cause: oneOf(REST_CAUSES),
    since: z.string(),
    until: z.string().nullable().describe("null: until a person resumes the account or ends the rest"),
  })
  .meta({ id: "AccountRest" });

const OverrideResponse = z
  .object({ rule: OverridableRule, until: z.string().describe("when it holds again") })
  .meta({ id: "AccountOverride" });

const CapUseResponse = z
  .object({
    scope: oneOf(SCOPES).describe("an operation, or a family of them"),
    window: z.enum(Object.keys(CAP_WINDOWS_MS) as [CapWindow, ...CapWindow[]]).describe("rolling: an hour, 24 hours, 7 days, 30 days"),
    cap: z.int(),
    used: z.int().describe("calls that were sent or may have been, those that are out, and those made by hand"),
    known: z
      .boolean()
      .describe("false: Redis lost its state, and until what may be missing in `used` is out of the window the cap counts as used up"),
    nextFreeAt: z.string().nullable().describe("when there is a place again; null: now, or never with a cap of 0"),
  })
  .meta({ id: "AccountCapUse" });

const InvitationsResponse = z
  .object({
    pending: z
      .object({ counted: z.int(), countedAt: z.string(), atMost: z.int().describe("with all that may have been sent since") })
      .nullable()
      .describe("null: they were not counted within four days, so no bound of them holds"),
    acceptance: z
      .object({ accepted: z.int(), looked: z.int() })
      .nullable()
      .describe(
        "of the invitations that were looked at a week or more after they were sent; null: of fewer than twenty within 30 days, so no bound holds",
      ),
    effect: z
      .enum(INVITATION_EFFECTS)
      .describe(
        "`stopped` and `pending_max`: no invitation leaves; `halved`: the caps of invitations are; `not_known`: a bound does not hold for want of data",
      ),
  })
  .meta({ id: "AccountInvitations" });

const AccountResponse = z
  .object({
    id: z.string(),
    state: z.enum(ACCOUNT_STATES),
    why: z.string().describe("one word; empty for none"),
    epoch: z.int().describe("counts the tokens"),
    country: oneOf(COUNTRIES).nullable(),
    maxInFlight: z.int().nullable(),
    plan: AccountPlan.nullable(),
    policy: AccountPolicy.nullable().describe("its own; null: it sets none, and LINKUP_ACCOUNT_POLICY says what it may do"),
    caps: z.array(CapUseResponse).optional().describe("the caps that hold, with what counts to each; where one account is asked for"),
    opensAt: z
      .string()
      .nullable()
      .optional()
      .describe("when its hours open; null: they are open, or it has none; where one account is asked for"),
    invitations: InvitationsResponse.nullable()
      .optional()
      .describe("the bounds of its invitations as they are known; null: its policy sets none; where one account is asked for"),
    invitationsReadAt: z
      .string()
      .nullable()
      .describe("when its invitations were last read for the bounds of its policy, or to be taken back"),
    invitationsWaitSince: z
      .string()
      .nullable()
      .describe("since when its invitations are to be read again; null: it is not due, its hours are over, or nobody asks for it"),
    parked: z.int().describe("jobs that are held for this account"),
    createdAt: z.string(),
    lastRefreshAt: z.string().nullable(),
    coolingUntil: z.string().nullable().describe("until when the whole account rests"),
    replyWatch: ReplyWatch.nullable(),
    autoWithdrawAfterDays: AutoWithdrawAfterDays.nullable(),
    inboxReadAt: z.string().nullable().describe("when its inbox was last read for replies as far as it was to be"),
    inboxWaitsSince: z
      .string()
      .nullable()
      .describe("since when its inbox is to be read again; null: it is not due, its hours are over, or no campaign asks for it"),
    withoutNote: z
      .object({ count: z.int(), since: z.string(), lastAt: z.string() })
      .nullable()
      .describe("invitations that went without their note since its notes were used up; null: none within 30 days"),
    overrides: z.array(OverrideResponse).describe("rules that a person has put out of force for its urgent jobs"),
    rests: z.array(RestResponse).describe("parts of it that rest, as LinkedIn limits them; everything else goes on"),
  })
  .meta({ id: "Account" });

const VerifyBody = z
  .strictObject({ code: VerificationCode.describe("the code that LinkedIn sent to the member") })
  .meta({ id: "AccountCode", example: { code: "482913" } });

const OverrideBody = z
  .strictObject({
    rule: OverridableRule.describe("`account_cap` is its caps, with what a warm-up makes of them"),
    until: z.iso
      .datetime({ offset: true, error: "must be an ISO date and time" })
      .nullable()
      .describe("at most 24 hours from now; null: the rule holds again"),
  })
  .meta({ id: "AccountOverrideRequest" });

function registrationOf(body: z.output<typeof AccountBody>): Registration {
  const { email, password, login_token: loginToken, ...kept } = body;
  return loginToken !== undefined ? { ...kept, loginToken } : { ...kept, email: email ?? "", password: password ?? "" };
}

/** Answers with the account as it is now. */
async function show({ engine }: ApiContext, id: string, status = 200): Promise<Answer> {
  const account = await engine.accounts.read(id);
  if (account === null) throw new LinkupError("not_found", "There is no such account; PUT /v1/accounts/{id} registers one");
  return { status, body: { ...account, ...(await engine.accounts.rulesOf(id)) } };
}

/** Two clocks that say the same may differ so much. */
const CLOCKS_MS = 60_000;
const LONGEST_AGO_MS = CAP_WINDOWS_MS.perMonth;
const MOST_BY_HAND = 1_000;
const byHandCount = `must be a whole number from 1 to ${MOST_BY_HAND}`;

const SentBody = z
  .strictObject({
    operation: OperationName,
    note: z.boolean().optional().describe("an invitation with a note"),
    count: z.int(byHandCount).min(1, byHandCount).max(MOST_BY_HAND, byHandCount).default(1),
    at: z.iso
      .datetime({ offset: true, error: "must be an ISO date and time" })
      .optional()
      .describe("when; left out: now. At most 30 days ago"),
    id: z
      .string()
      .regex(/^[\w.:-]{1,100}$/, "must be 1 to 100 letters, digits and . _ : -")
      .optional()
      .describe("the same id books them once"),
  })
  .meta({ id: "SentByHand" });

/** Throws `invalid_input` for a moment that no window reaches, or that is to come. */
function sentAtMs(at: string | undefined): number | undefined {
  if (at === undefined) return undefined;
  const [atMs, nowMs] = [Date.parse(at), Date.now()];
  if (atMs > nowMs + CLOCKS_MS || atMs < nowMs - LONGEST_AGO_MS) {
    throw new LinkupError("invalid_input", "`at` must be within the last 30 days");
  }
  return atMs;
}

const tag = "accounts";
const shown = { description: "The account, without its secrets", schema: AccountResponse };

export const ACCOUNT_ROUTES: readonly Route[] = [
  route({
    name: "registerAccount",
    method: "put",
    path: "/v1/accounts/{id}",
    role: "admin",
    tag,
    summary: "Register or change an account",
    description:
      "Idempotent: logs in only when there is no live token or the password changed. 409 for an e-mail that another account has.",
    params: IdParams,
    query: z.strictObject({
      existing: z.enum(["0", "1"], "must be 0 or 1").optional().describe("1: change an account that is there, and register none"),
    }),
    body: AccountBody,
    answers: {
      200: shown,
      404: { description: "With existing=1: no such account" },
      409: { description: "Another account has this e-mail address" },
    },
    handle: async (context, { params, query, body }) => {
      const need = await context.engine.accounts.register(params.id, registrationOf(body), { existing: query.existing === "1" });
      if (need !== null) await context.engine.authJobs.add(need);
      return await show(context, params.id);
    },
  }),
  route({
    name: "changeAccount",
    method: "patch",
    path: "/v1/accounts/{id}",
    role: "admin",
    tag,
    summary: "Change an account's rules; its log-in stays as it is",
    description: "Needs no credentials, and no log-in follows. A policy replaces the former one as a whole.",
    params: IdParams,
    body: AccountChange,
    answers: { 200: shown, 404: { description: "No such account" } },
    handle: async (context, { params, body }) => {
      await context.engine.accounts.edit(params.id, body);
      return await show(context, params.id);
    },
  }),
  route({
    name: "listAccounts",
    method: "get",
    path: "/v1/accounts",
    role: "viewer",
    tag,
    summary: "List accounts by id",
    query: z.strictObject(PAGE_QUERY),
    answers: { 200: { description: "A page of accounts", schema: pageOf(AccountResponse) } },
    handle: async ({ engine }, { query }) => {
      const afterId = fromCursor(query.cursor, AccountId);
      const found = await engine.accounts.list({ afterId, limit: query.limit + 1 });
      const items = found.slice(0, query.limit);
      const nextCursor = found.length > items.length ? toCursor(items.at(-1)?.id) : null;
      return { status: 200, body: { items, nextCursor } };
    },
  }),
  route({
    name: "getAccount",
    method: "get",
    path: "/v1/accounts/{id}",
    role: "viewer",
    tag,
    summary: "Show an account",
    params: IdParams,
    answers: { 200: shown, 404: { description: "No such account" } },
    handle: (context, { params }) => show(context, params.id),
  }),
  route({
    name: "verifyAccount",
    method: "post",
    path: "/v1/accounts/{id}/verify",
    role: "admin",
    tag,
    summary: "Give the code that LinkedIn asked for",
    params: IdParams,
    body: VerifyBody,
    answers: {
      202: { description: "Taken; the account's state tells what came of it", schema: AccountResponse },
      404: { description: "No such account" },
      409: { description: "The account does not wait for a code, or one is being tried" },
    },
    handle: async (context, { params, body }) => {
      await context.engine.authJobs.add(await context.engine.accounts.giveCode(params.id, body.code));
      return await show(context, params.id, 202);
    },
  }),
  route({
    name: "bookSent",
    method: "post",
    path: "/v1/accounts/{id}/sent",
    role: "producer",
    tag,
    summary: "Count calls that a person made by hand to the account's caps",
    params: IdParams,
    body: SentBody,
    answers: { 200: shown, 404: { description: "No such account" } },
    handle: async (context, { params, body }) => {
      const { operation, note, count, at, id } = body;
      await context.engine.accounts.bookSent(params.id, { operation, note, count, atMs: sentAtMs(at), name: id ?? randomUUID() });
      return await show(context, params.id);
    },
  }),
  route({
    name: "overrideAccount",
    method: "post",
    path: "/v1/accounts/{id}/override",
    role: "admin",
    tag,
    summary: "Let urgent jobs of an account pass one of its rules for a while",
    description:
      "Jobs with priority `urgent` that are of no campaign go by the other rules alone until the moment that is named; what waits for the rule goes on. What goes counts to caps and pace as ever. All else keeps to the rule, and it ends by itself.",
    params: IdParams,
    body: OverrideBody,
    choice: ({ rule, until }) => (until === null ? `${rule} holds again` : rule),
    answers: { 200: shown, 404: { description: "No such account" } },
    handle: async (context, { params, body: { rule, until } }) => {
      await context.engine.accounts.override(params.id, rule, until === null ? null : Date.parse(until));
      return await show(context, params.id);
    },
  }),
  route({
    name: "pauseAccount",
    method: "post",
    path: "/v1/accounts/{id}/pause",
    role: "admin",
    tag,
    summary: "Stop all work of an account",
    params: IdParams,
    answers: { 200: shown, 404: { description: "No such account" } },
    handle: async (context, { params }) => {
      await context.engine.accounts.pause(params.id);
      return await show(context, params.id);
    },
  }),
  route({
    name: "resumeAccount",
    method: "post",
    path: "/v1/accounts/{id}/resume",
    role: "admin",
    tag,
    summary: "Take a paused or troubled account back to work",
    params: IdParams,
    answers: { 200: shown, 404: { description: "No such account" } },
    handle: async (context, { params }) => {
      const need = await context.engine.accounts.resume(params.id);
      if (need !== null) await context.engine.authJobs.add(need);
      return await show(context, params.id);
    },
  }),
  route({
    name: "removeAccount",
    method: "delete",
    path: "/v1/accounts/{id}",
    role: "admin",
    tag,
    summary: "Forget an account and its secrets; jobs that wait for it end `cancelled`",
    params: IdParams,
    answers: { 204: { description: "Forgotten" }, 404: { description: "No such account" } },
    handle: async ({ engine }, { params }) => {
      await engine.accounts.remove(params.id);
      return { status: 204 };
    },
  }),
];
