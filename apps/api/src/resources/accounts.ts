/** `/v1/accounts`: LinkedIn accounts, registered by people. Secrets go in and never come out. */
import {
  AccountEmail,
  AccountId,
  AccountPassword,
  Country,
  LinkupError,
  LoginToken,
  REST_CAUSES,
  VerificationCode,
} from "@linkup-queue/contracts";
import { ACCOUNT_STATES, type Registration } from "@linkup-queue/queue";
import { z } from "zod";
import type { ApiContext } from "../http/api-context.ts";
import { fromCursor, PAGE_QUERY, pageOf, toCursor } from "../http/page.ts";
import { type Answer, type Route, route } from "../http/route.ts";

const IdParams = z.strictObject({ id: AccountId });

const AccountBody = z
  .strictObject({
    email: AccountEmail.optional(),
    password: AccountPassword.optional(),
    login_token: LoginToken.optional(),
    country: Country.optional(),
    maxInFlight: z
      .int("must be a whole number from 1 to 100")
      .min(1, "must be a whole number from 1 to 100")
      .max(100, "must be a whole number from 1 to 100")
      .optional()
      .describe("calls in flight for this account; default LINKUP_ACCOUNT_CONCURRENCY"),
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
  .meta({ id: "AccountRegistration", description: "`email` and `password`, or `login_token`; the other fields go with both" });

const RestResponse = z
  .object({
    scope: z.string().describe("an operation, a family of them such as `invite` or `message`, or `account`"),
    cause: z.string().describe(REST_CAUSES.join(", ")),
    since: z.string(),
    until: z.string().nullable().describe("null: until a person resumes the account or ends the rest"),
  })
  .meta({ id: "AccountRest" });

const AccountResponse = z
  .object({
    id: z.string(),
    state: z.enum(ACCOUNT_STATES),
    why: z.string().describe("one word; empty for none"),
    epoch: z.int().describe("counts the tokens"),
    country: z.string().nullable(),
    maxInFlight: z.int().nullable(),
    parked: z.int().describe("jobs that are held for this account"),
    createdAt: z.string(),
    lastRefreshAt: z.string().nullable(),
    coolingUntil: z.string().nullable().describe("until when the whole account rests"),
    rests: z.array(RestResponse).describe("parts of it that rest, as LinkedIn limits them; everything else goes on"),
  })
  .meta({ id: "Account" });

const VerifyBody = z.strictObject({ code: VerificationCode.describe("the code that LinkedIn sent to the member") });

function registrationOf(body: z.output<typeof AccountBody>): Registration {
  const { country, maxInFlight, email, password, login_token: loginToken } = body;
  if (loginToken !== undefined) return { country, maxInFlight, loginToken };
  return { country, maxInFlight, email: email ?? "", password: password ?? "" };
}

/** Answers with the account as it is now. */
async function show({ engine }: ApiContext, id: string, status = 200): Promise<Answer> {
  const account = await engine.accounts.read(id);
  if (account === null) throw new LinkupError("not_found", "There is no such account; PUT /v1/accounts/{id} registers one");
  return { status, body: account };
}

const tag = "accounts";
const shown = { description: "The account, without its secrets", schema: AccountResponse };

export const ACCOUNT_ROUTES: readonly Route[] = [
  route({
    method: "put",
    path: "/v1/accounts/{id}",
    role: "admin",
    tag,
    summary: "Register or change an account",
    description:
      "Idempotent: logs in only when there is no live token or the password changed. 409 for an e-mail that another account has.",
    params: IdParams,
    body: AccountBody,
    answers: { 200: shown, 409: { description: "Another account has this e-mail address" } },
    handle: async (context, { params, body }) => {
      const need = await context.engine.accounts.register(params.id, registrationOf(body));
      if (need !== null) await context.engine.authJobs.add(need);
      return await show(context, params.id);
    },
  }),
  route({
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
