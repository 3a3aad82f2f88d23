/** The watch over accounts' inboxes; see inbox-watch.lua. */
import { z } from "zod";
import { defineScript, jsonReply, recordReply } from "../../redis/script.ts";
import { WATCH_OPERATIONS } from "../watch-job.ts";

const operation = z.enum(WATCH_OPERATIONS);
const turn = z.coerce.number();
/** A conversation that a page leaves open. `address`: of the other member; empty where the page does not say it. `atMs`: of its latest message. */
const InboxAsk = z.object({ id: z.string(), address: z.string(), atMs: z.number() });
export type InboxAsk = z.infer<typeof InboxAsk>;

export const watchDueScript = defineScript({
  name: "watch_due",
  args: z.object({}),
  keys: (keys) => [keys.watches, keys.stopping],
  reply: jsonReply(z.array(z.object({ account: z.string(), turn, operation }))),
});

export const watchClaimScript = defineScript({
  name: "watch_claim",
  args: z.object({
    account: z.string(),
    /** Of its latest read, and the digest of that one's job. */
    turn: z.number(),
    digest: z.string(),
    ledgerDays: z.number(),
    /** Dice in [0, 1). */
    draw: z.number(),
  }),
  keys: (keys, { account, digest }) => [keys.account(account), keys.watch(account), keys.watches, keys.stopping, keys.job(digest)],
  reply: recordReply(
    z.union([
      z.object({ kind: z.literal("none") }),
      z.object({
        kind: z.literal("read"),
        account: z.string(),
        turn,
        operation,
        cursor: z.string(),
        conversation: z.string(),
        isNew: z.string().transform((flag) => flag === "1"),
      }),
    ]),
  ),
});

export const watchToldScript = defineScript({
  name: "watch_told",
  args: z.object({
    account: z.string(),
    turn: z.number(),
    /** Of the next page; empty where the reading has no more. */
    cursor: z.string().optional(),
    asks: z.array(InboxAsk).optional(),
    draw: z.number(),
  }),
  keys: (keys, { account }) => [keys.account(account), keys.watch(account), keys.watches],
  reply: z.number().transform((answer) => answer === 1),
});

const Reading = z.object({
  operation,
  /** A message before it was read by an earlier reading, or stops nobody, ms. */
  sinceMs: z.number(),
  /** Pages that were read before. */
  pages: z.number(),
  /** The page's own. */
  cursor: z.string(),
  ask: InboxAsk.optional(),
  /** A digest of the name that the account's own messages bear; empty while nobody knows. */
  self: z.string(),
});
export type Reading = z.infer<typeof Reading>;

export const watchReadingScript = defineScript({
  name: "watch_reading",
  args: z.object({ account: z.string(), turn: z.number() }),
  keys: (keys, { account }) => [keys.account(account), keys.watch(account)],
  reply: { parse: (reply: unknown) => (reply === "" ? null : Reading.parse(JSON.parse(String(reply)))) },
});

export const watchSentScript = defineScript({
  name: "watch_sent",
  args: z.object({ account: z.string(), targets: z.array(z.string()) }),
  keys: (keys, { account }) => [keys.watchSent(account)],
  reply: z.array(z.number()),
});
