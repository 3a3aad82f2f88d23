/** The posts to webhooks, for the description: one entry for each kind of event. The page docs/webhooks.md says what each tells. */
import { OUTCOME_STATUSES } from "@linkup-queue/contracts";
import { ACCOUNT_WORDS, BRAKE_WORDS, CAMPAIGN_WORDS, KEY_WORDS, PERSON_WORDS } from "@linkup-queue/queue";
import type { ZodOpenApiObject } from "zod-openapi";

type Posts = NonNullable<ZodOpenApiObject["webhooks"]>;
type Member = { type: "string" | ("string" | "null")[] };
type Kind = { summary: string; words: readonly string[]; data: Record<string, Member> };

const text = { type: "string" } as const;

const KINDS: Readonly<Record<string, Kind>> = {
  campaign: {
    summary: "A campaign started, stalled, paused, ended or was cancelled",
    words: CAMPAIGN_WORDS,
    data: { campaignId: text, why: text },
  },
  account: { summary: "An account needs somebody, rests, or is back at work", words: ACCOUNT_WORDS, data: { accountId: text } },
  key: { summary: "The API key stopped, cools down or opened; the day's credits are spent", words: KEY_WORDS, data: {} },
  brake: {
    summary: "LinkUp refuses an operation, or takes it again",
    words: BRAKE_WORDS,
    data: { brakeId: text, operation: text, cause: text },
  },
  person: {
    summary: "A person answered",
    words: PERSON_WORDS,
    data: { person: text, url: { type: ["string", "null"] }, repliedAt: { type: "string" } },
  },
};

const HEADERS = [
  { name: "webhook-id", description: "the same for every try: your idempotency key", example: "o-9f2c41" },
  { name: "webhook-timestamp", description: "seconds since the epoch, of this try", example: "1830513600" },
  {
    name: "webhook-signature",
    description: "`v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64",
    example: "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
  },
].map(({ name, description, example }) => ({ name, description, example, in: "header" as const, required: true, schema: text }));

function post({ name, summary, types, data }: { name: string; summary: string; types: readonly string[]; data: object }): Posts[string] {
  const schema = {
    type: "object" as const,
    required: ["type", "timestamp", "data"],
    properties: { type: { type: "string" as const, enum: [...types] }, timestamp: { type: "string" as const, format: "date-time" }, data },
  };
  return {
    post: {
      operationId: name,
      tags: ["webhooks"],
      summary,
      description: "Signed by the Standard Webhooks scheme. More types and members may come: answer 2xx to a type that you don't know.",
      security: [],
      parameters: HEADERS,
      requestBody: { required: true, content: { "application/json": { schema } } },
      responses: {
        "2XX": { description: "Delivered: within 15 seconds" },
        "410": { description: "Nothing more is posted to this address until the webhook is put anew" },
        default: { description: "Tried again with growing pauses for a day; `Retry-After` is kept" },
      },
    },
  };
}

/** Every kind of post, by its name. */
export function describedPosts(): Posts {
  const types = OUTCOME_STATUSES.map((status) => `outcome.${status}`);
  const outcome = { $ref: "#/components/schemas/Outcome" };
  const others = Object.entries(KINDS).map(([kind, { summary, words, data }]) => {
    const schema = { type: "object" as const, required: Object.keys(data), properties: data };
    return [kind, post({ name: `${kind}Changed`, summary, types: words.map((word) => `${kind}.${word}`), data: schema })] as const;
  });
  return {
    outcome: post({ name: "outcomeSettled", summary: "A job came to its outcome", types, data: outcome }),
    ...Object.fromEntries(others),
    test: post({
      name: "webhookTested",
      summary: "A test that somebody asked for",
      types: ["webhook.test"],
      data: { type: "object" as const, required: ["webhookId"], properties: { webhookId: text } },
    }),
  };
}
