/** The times at which accounts are open, written ahead; see account-hours.lua. */
import { z } from "zod";
import { defineScript, jsonReply } from "../../redis/script.ts";

/** Lua's JSON makes an object of an empty list. */
const list = <One extends z.ZodType>(one: One) => z.union([z.array(one), z.strictObject({}).transform(() => [])]);

export const accountHoursDueScript = defineScript({
  name: "account_hours_due",
  args: z.object({
    aheadMs: z.number(),
    /** This one alone, however much of it is written. */
    account: z.string().optional(),
  }),
  keys: (keys) => [keys.hours],
  reply: jsonReply(z.object({ nowMs: z.number(), accounts: list(z.object({ id: z.string(), policy: z.string() })) })),
});

export const accountHoursScript = defineScript({
  name: "account_hours",
  args: z.object({
    account: z.string(),
    /** As it lies in the account's record. */
    policy: z.string(),
    /** Nothing is written beyond, ms. */
    tillMs: z.number(),
    /** From, and until before which moment, ms. */
    open: z.array(z.tuple([z.number(), z.number()])),
  }),
  keys: (keys, { account }) => [keys.account(account), keys.hours],
  reply: z.number().transform((answer) => answer === 1),
});
