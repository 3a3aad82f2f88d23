/** The facts by which a job waits; see wait-facts.lua. */
import { z } from "zod";
import { defineScript, jsonReply } from "../../redis/script.ts";
import { ACCOUNT_RULES } from "../waits-for.ts";

const number = z.coerce.number();
const optionalNumber = number.optional();
const optionalText = z.string().optional();

const Room = z.object({ ms: z.number(), reason: z.enum(["", "window", "pace"]) });
const Account = z.object({ state: z.string(), until: optionalNumber, max: number.default(0), inFlight: z.number(), ahead: z.number() });
const Campaign = z.object({
  state: z.string(),
  why: z.string().default(""),
  startAt: number.default(0),
  maxCredits: z.string().default(""),
  charged: number.default(0),
  uncertain: number.default(0),
  held: number.default(0),
});
const Job = z.object({
  entry: z.object({ state: optionalText, deadline: optionalNumber, chosen: optionalText, lookAt: optionalNumber }),
  /** The account whose lane it waits in, and the campaign that it is of: those of the ledger's entry, where its data was edited since. */
  account: optionalText,
  campaign: optionalText,
  priority: number.default(0),
  /** Whether a worker ever took it. */
  fetched: z.boolean(),
  /** When BullMQ's `delayed` lets it go, ms. */
  due: optionalNumber,
  locked: z.boolean().optional(),
  /** Until when its family or operation rests at its account, ms. */
  restUntil: optionalNumber,
  /** The rule of its account that it waits for, and until when, ms. */
  rule: z.object({ till: z.number(), why: z.enum(ACCOUNT_RULES) }).optional(),
  position: optionalNumber,
  data: optionalText,
});

/** By name, which may be any text. */
const byName = <Value extends z.ZodType>(value: Value) =>
  z
    .record(z.string(), value)
    .transform((record) => new Map<string, z.output<Value>>(Object.entries(record) as [string, z.output<Value>][]));

export const waitFactsScript = defineScript({
  name: "wait_facts",
  args: z.object({
    jobs: z.array(
      z.object({
        queue: z.string(),
        id: z.string(),
        digest: z.string(),
        operation: z.string(),
        /** The scopes that it counts to, by its operation alone; the entry of one that was parked knows better. */
        scopes: optionalText,
        account: optionalText,
        campaign: optionalText,
      }),
    ),
    limit: z.number(),
    windowMs: z.number(),
    /** Whether a day's credits are bounded, so that prices matter. */
    priced: z.boolean(),
    mostData: z.number(),
  }),
  keys: (keys, { jobs }) => [keys.slots, keys.doubted, ...(jobs ?? []).map(({ digest }) => keys.job(digest))],
  reply: jsonReply(
    z.object({
      nowMs: z.number(),
      dayEndsMs: z.number(),
      /** Today's credits: charged, uncertain, and held by calls that are out. */
      spent: z.number(),
      key: z.object({
        born: optionalText,
        closedUntil: number.default(0),
        state: z.string().default("open"),
        until: number.default(0),
        reason: z.string().default(""),
        nextProbe: number.default(0),
        unproven: optionalText,
        lost: optionalText,
        probeOut: z.boolean(),
        doubtFull: z.boolean(),
        normal: Room,
        urgent: Room,
      }),
      accounts: byName(Account),
      campaigns: byName(Campaign),
      brakes: byName(z.object({ nextProbe: number.default(0) })),
      jobs: z.array(Job),
    }),
  ),
});
