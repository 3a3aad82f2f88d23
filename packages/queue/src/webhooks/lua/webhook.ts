/** Webhooks as people handle them; see webhook.lua. */
import { z } from "zod";
import type { Keys } from "../../redis/keys.ts";
import { defineScript } from "../../redis/script.ts";

const keys = (all: Keys) => [all.webhooks];

export const webhookPutScript = defineScript({
  name: "webhook_put",
  args: z.object({
    id: z.string(),
    /** Of a new one. */
    gen: z.string(),
    sealed: z.string(),
    /** Names with commas between; '' for all. */
    events: z.string(),
    statuses: z.string(),
    campaign: z.string(),
    mostHooks: z.number(),
  }),
  keys: (all, { id }) => [all.webhooks, all.webhook(id)],
  reply: z.enum(["created", "replaced", "full"]),
});
export const webhookRemoveScript = defineScript({
  name: "webhook_remove",
  args: z.object({ id: z.string() }),
  keys: (all, { id }) => [all.webhooks, all.webhook(id)],
  reply: z.number().transform((removed) => removed === 1),
});
export const webhookPublishScript = defineScript({
  name: "webhook_publish",
  args: z.object({
    item: z.string(),
    kind: z.literal("campaign"),
    campaign: z.string(),
    lane: z.string(),
    payload: z.string(),
    outcomeDays: z.number(),
  }),
  keys: (all, { item }) => [all.webhooks, all.event(item)],
  reply: z.number(),
});
export const webhookTestScript = defineScript({
  name: "webhook_test",
  args: z.object({ webhook: z.string(), item: z.string(), payload: z.string() }),
  keys: (all, { item }) => [all.webhooks, all.event(item)],
  reply: z.number().transform((said) => (said < 0 ? "unknown" : said === 0 ? "ended" : "owed")),
});
export const webhookRedriveScript = defineScript({
  name: "webhook_redrive",
  args: z.object({ webhook: z.string(), items: z.array(z.string()).optional(), outcomeDays: z.number() }),
  keys,
  /** Null for no such webhook. */
  reply: z.tuple([z.number(), z.number()]).transform(([redriven, gone]) => (redriven < 0 ? null : { redriven, gone })),
});
