/** A webhook as an operator puts it. The secret and the address are sealed before they lie anywhere: either may open a door. */
import { type Outcome, OutcomeStatus, Reference } from "@linkup-queue/contracts";
import { z } from "zod";

export const WebhookId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "must be 1 to 100 of A-Z a-z 0-9 . _ -, starting with a letter or digit");
export type WebhookId = z.infer<typeof WebhookId>;

const SECRET_MESSAGE = "must be whsec_ and 24 to 64 random bytes in base64 (Standard Webhooks)";
const URL_MESSAGE = "must be an http or https address without user name, password and fragment";

function isSecret(text: string): boolean {
  const base64 = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  if (base64 === undefined || base64.length % 4 !== 0) return false;
  const { length } = Buffer.from(base64, "base64");
  return length >= 24 && length <= 64;
}

function isPostable(text: string): boolean {
  const url = /\s/.test(text) ? null : URL.parse(text);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return false;
  return url.username === "" && url.password === "" && url.hash === "";
}

/** The kinds of posts: outcomes of jobs, and what becomes of campaigns, of accounts, of the key and of brakes, and replies of people. */
export const WEBHOOK_EVENTS = ["outcome", "campaign", "account", "key", "brake", "person"] as const;

export const WebhookRequest = z.strictObject({
  url: z.string().max(2_000, URL_MESSAGE).refine(isPostable, URL_MESSAGE),
  secret: z.string().max(200, SECRET_MESSAGE).refine(isSecret, SECRET_MESSAGE).describe("whsec_ and base64; never shown again"),
  statuses: z.array(OutcomeStatus).min(1).optional().describe("only outcomes of these statuses; all when left out"),
  campaignId: Reference.optional().describe("only what belongs to this campaign"),
  events: z
    .array(z.enum(WEBHOOK_EVENTS))
    .min(1)
    .optional()
    .describe("outcomes, events of campaigns, of accounts, of the key, of brakes, of people; all of these when left out"),
});
export type WebhookRequest = z.infer<typeof WebhookRequest>;

/** Where to post and what to sign with. */
export const WebhookTarget = z.object({ url: z.string(), secret: z.string() });
export type WebhookTarget = z.infer<typeof WebhookTarget>;

export const CAMPAIGN_WORDS = ["started", "stalled", "paused", "ended", "cancelled"] as const;

/** An event that is no job's outcome, as it is posted. */
export type WebhookEvent = {
  /** The same for every telling of one event: 1 to 100 of A-Z a-z 0-9 . _ - */
  eventId: string;
  campaignId: string;
  word: (typeof CAMPAIGN_WORDS)[number];
  /** ms since the epoch. */
  atMs: number;
  /** Further facts; plain data, no secret. */
  more?: Readonly<Record<string, unknown>>;
};

/** The body of a post. */
export type WebhookBody = { type: string; timestamp: string; data: unknown };

/** `timestamp`: when it ended, or when a person gave a word on it. */
export function outcomeBody(outcome: Outcome, timestamp: string): WebhookBody {
  return { type: `outcome.${outcome.status}`, timestamp, data: outcome };
}
