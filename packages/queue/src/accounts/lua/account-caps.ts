/** An account's caps and what counts to them; see account-caps.lua. */
import { z } from "zod";
import { defineScript, jsonReply } from "../../redis/script.ts";

const CountedUse = z.object({
  scope: z.string(),
  most: z.number(),
  windowMs: z.number(),
  used: z.number(),
  /** Whether what was sent in its window is; else it counts as used up, as Redis lost its state. */
  isKnown: z.boolean(),
  /** When there is a place, ms; 0: now. */
  freeAtMs: z.number(),
});

/** The bounds of an account's invitations as they are known; a part that is left out is not known. */
const BoundsUse = z.object({
  /** Most pending; and the percentages below which caps are halved and none leaves, 0: no such bound. */
  most: z.number().optional(),
  halve: z.number(),
  stop: z.number(),
  /** When those that are pending were counted last, ms; how many they were; and with all that may have been sent since. */
  at: z.number().optional(),
  count: z.number().optional(),
  pending: z.number().optional(),
  /** Of the invitations that were looked at. */
  accepted: z.number().optional(),
  looked: z.number().optional(),
  /** The consequence of their share for invitations now. */
  stops: z.boolean().optional(),
  halves: z.boolean().optional(),
});

export type BoundsUse = z.infer<typeof BoundsUse>;

export const accountRulesUseScript = defineScript({
  name: "account_rules_use",
  args: z.object({ account: z.string() }),
  keys: (keys, { account }) => [keys.account(account)],
  reply: jsonReply(
    z.object({
      /** Lua's JSON makes an object of an empty list. */
      caps: z.preprocess((given) => (Array.isArray(given) ? given : []), z.array(CountedUse)),
      /** Left out: its policy bounds no invitations. */
      bounds: BoundsUse.optional(),
      /** When its hours open, ms; 0: they are open, or it has none. */
      opensAtMs: z.number(),
      /** Whether the careful policy holds for what an account says nothing of. */
      isCareful: z.boolean(),
    }),
  ),
});

export const accountSentScript = defineScript({
  name: "account_sent",
  args: z.object({
    account: z.string(),
    /** The scopes that each counts to, with commas between. */
    scopes: z.string(),
    /** Books them once. */
    name: z.string(),
    count: z.number(),
    /** Left out: now. */
    atMs: z.number().optional(),
  }),
  keys: (keys, { account }) => [keys.account(account)],
  /** Whether there is such an account. */
  reply: z.number().transform((answer) => answer === 1),
});
