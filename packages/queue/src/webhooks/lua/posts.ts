/** Deliveries on their way; see posts.lua. */
import { z } from "zod";
import { defineScript, jsonReply } from "../../redis/script.ts";

/** Lua's empty list is an empty object in its JSON. */
const list = <T extends z.ZodType>(of: T) => z.preprocess((value) => (Array.isArray(value) ? value : []), z.array(of));
const Claimed = z.object({
  webhook: z.string(),
  gen: z.string(),
  lane: z.string(),
  item: z.string(),
  since: z.number(),
  tries: z.number(),
  lease: z.string(),
  sealed: z.string(),
});
export type Claimed = z.infer<typeof Claimed>;
const Claim = z.object({ posts: list(Claimed), deaths: list(z.object({ webhook: z.string(), count: z.number() })) });
export type Claim = z.infer<typeof Claim>;
const Told = z.enum(["delivered", "recovered", "later", "dead", "resting", "ended", "overtaken"]);
export type Told = z.infer<typeof Told>;

export const webhookClaimScript = defineScript({
  name: "webhook_claim",
  args: z.object({
    capacity: z.number(),
    perWebhook: z.number(),
    /** Posts that are out, by `gen`. */
    inFlight: z.record(z.string(), z.number()),
    leaseMs: z.number(),
    giveUpMs: z.number(),
    failingMs: z.number(),
    deadMs: z.number(),
    restAfter: z.number(),
    outcomeDays: z.number(),
  }),
  keys: (keys) => [keys.webhooks, keys.hooksGone],
  reply: jsonReply(Claim),
});
export const webhookDoneScript = defineScript({
  name: "webhook_done",
  args: z.object({
    webhook: z.string(),
    gen: z.string(),
    lane: z.string(),
    item: z.string(),
    lease: z.string(),
    ok: z.boolean(),
    /** Of a failure, as the next four. */
    why: z.string().optional(),
    /** A half to one, for the length of a rest. */
    random: z.number().optional(),
    retryMs: z.number().optional(),
    /** How long the receiver asked to be left alone. */
    askedMs: z.number().optional(),
    /** It said that it is gone. */
    gone: z.boolean().optional(),
    leastTries: z.number(),
    giveUpMs: z.number(),
    failingMs: z.number(),
    firstRestMs: z.number(),
    mostRestMs: z.number(),
    restAfter: z.number(),
    outcomeDays: z.number(),
  }),
  keys: (keys, { webhook, gen, lane }) => [keys.webhook(webhook), keys.hookDue(gen), keys.hookLane(gen, lane), keys.hookTries(gen)],
  reply: Told,
});
