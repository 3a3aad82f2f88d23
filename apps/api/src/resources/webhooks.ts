/** `/v1/webhooks`: where outcomes are posted. The secret goes in and never comes out; addresses are an admin's to see. */
import { LinkupError, OUTCOME_STATUSES } from "@linkup-queue/contracts";
import { DeadLetterPlace, WEBHOOK_EVENTS, WebhookId, WebhookRequest } from "@linkup-queue/queue";
// Not the package as a whole: what posts takes 8 MB, and nothing is posted from here.
import { isRefused } from "@linkup-queue/webhooks/address";
import { z } from "zod";
import { invalidInput } from "../http/api-error.ts";
import { fromCursor, PAGE_QUERY, pageOf, toCursor } from "../http/page.ts";
import { type Route, route } from "../http/route.ts";

const IdParams = z.strictObject({ id: WebhookId });
const MessageId = z.string().min(1).max(200);

const WebhookResponse = z
  .object({
    id: z.string(),
    url: z.string(),
    statuses: z.array(z.enum(OUTCOME_STATUSES)).nullable().describe("null: all"),
    campaignId: z.string().nullable(),
    events: z.array(z.enum(WEBHOOK_EVENTS)),
    state: z
      .enum(["ok", "failing", "resting", "ended"])
      .describe(
        "resting: it fails whatever is posted, and is asked with one post at a time; ended: it answered 410 and gets nothing until it is put anew",
      ),
    failingSince: z.string().nullable(),
    lastError: z.string().nullable().describe("one word, or http_ and the status"),
    lastErrorAt: z.string().nullable(),
    lastDeliveredAt: z.string().nullable(),
    waiting: z.int(),
    delivered: z.int(),
    dead: z.int(),
    dropped: z.int().describe("dead letters that were forgotten: older than a week, or past 100,000"),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: "Webhook" });

const DeadLetterResponse = z
  .object({
    messageId: z.string().describe("the webhook-id header: an outcome's outcomeId, or an event's id"),
    tries: z.int(),
    error: z.string().describe("of the last try"),
    handedOverAt: z.string(),
    diedAt: z.string(),
  })
  .meta({ id: "DeadLetter" });

const RedriveBody = z
  .strictObject({
    messageIds: z.array(MessageId).min(1).max(10_000).optional().describe("all dead letters when left out"),
  })
  .meta({ id: "DeadLettersRedrive", example: { messageIds: ["o-9f2c41"] } });

const A_WEBHOOK = {
  url: "https://crm.example/linkup",
  secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=",
  statuses: ["failed", "unknown"],
};

const unknownWebhook = () => new LinkupError("not_found", "There is no such webhook; PUT /v1/webhooks/{id} registers one");

const tag = "webhooks";
const shown = { description: "The webhook, without its secret", schema: WebhookResponse };
const missing = { description: "No such webhook" };

export const WEBHOOK_ROUTES: readonly Route[] = [
  route({
    name: "putWebhook",
    method: "put",
    path: "/v1/webhooks/{id}",
    role: "admin",
    tag,
    summary: "Register or change a webhook",
    description:
      "Outcomes that are settled from now on are posted by the Standard Webhooks scheme; the header `webhook-id` is the outcomeId, the same for every try. Retried with growing pauses for a day, in order for each recipient; what failed for a day is a dead letter. What waits goes to the new address and under the new secret.",
    params: IdParams,
    body: WebhookRequest.meta({ id: "WebhookRegistration", example: A_WEBHOOK }),
    answers: { 200: shown, 409: { description: "There are as many webhooks as there may be" } },
    handle: async ({ engine, settings, log }, { params, body, caller }) => {
      if (await isRefused(body.url, { allowPrivate: settings.webhookAllowPrivate })) {
        const message = "must not lead to an address that is not public; LINKUP_WEBHOOK_ALLOW_PRIVATE=1 allows it";
        throw invalidInput([{ path: "url", message }]);
      }
      const webhook = await engine.webhooks.put(params.id, body);
      log.info({ webhook: params.id, caller: caller?.name }, "a webhook was put");
      return { status: 200, body: webhook };
    },
  }),
  route({
    name: "listWebhooks",
    method: "get",
    path: "/v1/webhooks",
    role: "admin",
    tag,
    summary: "List webhooks by id",
    query: z.strictObject(PAGE_QUERY),
    answers: { 200: { description: "A page of webhooks", schema: pageOf(WebhookResponse) } },
    handle: async ({ engine }, { query }) => {
      const found = await engine.webhooks.list({ afterId: fromCursor(query.cursor, WebhookId), limit: query.limit + 1 });
      const items = found.slice(0, query.limit);
      return { status: 200, body: { items, nextCursor: found.length > items.length ? toCursor(items.at(-1)?.id) : null } };
    },
  }),
  route({
    name: "getWebhook",
    method: "get",
    path: "/v1/webhooks/{id}",
    role: "admin",
    tag,
    summary: "Show a webhook and how it is doing",
    params: IdParams,
    answers: { 200: shown, 404: missing },
    handle: async ({ engine }, { params }) => {
      const webhook = await engine.webhooks.read(params.id);
      if (webhook === null) throw unknownWebhook();
      return { status: 200, body: webhook };
    },
  }),
  route({
    name: "deleteWebhook",
    method: "delete",
    path: "/v1/webhooks/{id}",
    role: "admin",
    tag,
    summary: "Forget a webhook, what waits for it, and its dead letters",
    params: IdParams,
    answers: { 204: { description: "Forgotten" }, 404: missing },
    handle: async ({ engine, log }, { params, caller }) => {
      if (!(await engine.webhooks.remove(params.id))) throw unknownWebhook();
      log.info({ webhook: params.id, caller: caller?.name }, "a webhook was removed");
      return { status: 204 };
    },
  }),
  route({
    name: "listDeadLetters",
    method: "get",
    path: "/v1/webhooks/{id}/dead",
    role: "admin",
    tag,
    summary: "List a webhook's dead letters, the oldest first",
    params: IdParams,
    query: z.strictObject(PAGE_QUERY),
    answers: { 200: { description: "A page of dead letters", schema: pageOf(DeadLetterResponse) }, 404: missing },
    handle: async ({ engine }, { params, query }) => {
      const place = fromCursor(query.cursor, DeadLetterPlace);
      const after = place === undefined ? undefined : { diedAt: place[0], messageId: place[1] };
      const found = await engine.webhooks.dead(params.id, { after, limit: query.limit + 1 });
      const items = found.slice(0, query.limit);
      const last = items.at(-1);
      const nextCursor = found.length > items.length && last !== undefined ? toCursor([last.diedAt, last.messageId]) : null;
      return { status: 200, body: { items, nextCursor } };
    },
  }),
  route({
    name: "testWebhook",
    method: "post",
    path: "/v1/webhooks/{id}/test",
    role: "admin",
    tag,
    summary: "Post a test to a webhook",
    description:
      "A worker posts `webhook.test`, signed as all else is, whatever statuses and events the webhook asked for. `lastDeliveredAt` or `lastError` of the webhook tells what came of it.",
    params: IdParams,
    answers: {
      202: {
        description: "Handed over; the header `webhook-id` of the post",
        schema: z.object({ messageId: z.string() }).meta({ id: "WebhookTest" }),
      },
      404: missing,
      409: { description: "The webhook has ended: its address is gone" },
    },
    handle: async ({ engine, log }, { params, caller }) => {
      const messageId = await engine.webhooks.test(params.id);
      log.info({ webhook: params.id, messageId, caller: caller?.name }, "a test of a webhook was handed over");
      return { status: 202, body: { messageId } };
    },
  }),
  route({
    name: "redriveDeadLetters",
    method: "post",
    path: "/v1/webhooks/{id}/redrive",
    role: "admin",
    tag,
    summary: "Post dead letters again",
    description:
      "These, or with `{}` all there are now; each gets a new day. They keep their ids, and go behind what already waits for their recipients.",
    params: IdParams,
    body: RedriveBody,
    answers: {
      200: {
        description: "How many wait again, and of how many the data was kept no longer",
        schema: z.object({ redriven: z.int(), gone: z.int() }).meta({ id: "Redriven" }),
      },
      404: missing,
    },
    handle: async ({ engine, log }, { params, body, caller }) => {
      const result = await engine.webhooks.redrive(params.id, body.messageIds);
      log.info({ webhook: params.id, ...result, caller: caller?.name }, "dead letters were sent again");
      return { status: 200, body: result };
    },
  }),
];
