/** How many invitations are pending and accepted, as it is read; see invitation-count.lua. */
import { z } from "zod";
import { defineScript, jsonReply, recordReply } from "../../redis/script.ts";
import { COUNT_OPERATIONS } from "../count-job.ts";

const operation = z.enum(COUNT_OPERATIONS);
const turn = z.coerce.number();

export const countDueScript = defineScript({
  name: "count_due",
  args: z.object({}),
  keys: (keys) => [keys.counts],
  reply: jsonReply(z.array(z.object({ account: z.string(), turn, operation }))),
});

export const countClaimScript = defineScript({
  name: "count_claim",
  args: z.object({
    account: z.string(),
    /** Of its latest read, and the digest of that one's job. */
    turn: z.number(),
    digest: z.string(),
    ledgerDays: z.number(),
    /** Dice in [0, 1). */
    draw: z.number(),
  }),
  keys: (keys, { account, digest }) => [
    keys.account(account),
    keys.countOf(account),
    keys.counts,
    keys.invited(account),
    keys.unanswered(account),
    keys.job(digest),
  ],
  reply: recordReply(
    z.union([
      z.object({ kind: z.literal("none") }),
      z.object({
        kind: z.literal("read"),
        account: z.string(),
        turn,
        operation,
        /** The address of the person that it is about; empty for a count. */
        about: z.string(),
        /** The id of the invitation that it takes back; else empty. */
        invitation: z.string(),
        /** From then on it is not taken back any more, ms; 0 where nothing is. */
        till: z.coerce.number(),
        isNew: z.string().transform((flag) => flag === "1"),
      }),
    ]),
  ),
});

export const countToldScript = defineScript({
  name: "count_told",
  args: z.object({
    account: z.string(),
    turn: z.number(),
    /** Of the read's job. */
    digest: z.string(),
    /** How many invitations are pending. */
    pending: z.number().optional(),
    /** Whether the person accepted, 1 or 0; left out: it can't be told. */
    accepted: z.number().optional(),
    /** Of an invitation of the account's that is pending; empty where its id is not said. */
    pendingId: z.string().optional(),
    draw: z.number(),
  }),
  keys: (keys, { account, digest }) => [
    keys.account(account),
    keys.countOf(account),
    keys.counts,
    keys.unanswered(account),
    keys.job(digest),
  ],
  reply: z.number().transform((answer) => answer === 1),
});
