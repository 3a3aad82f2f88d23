/**
 * Carries a campaign's recipients from a body to Redis: check each row, take a batch in one step, while the next is being read.
 * At any moment it holds two batches, however many there are. What was counted as accepted lies in Redis.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { LinkupError } from "@linkup-queue/contracts";
import { type Campaign, type Campaigns, type Recipient, RecipientCheck } from "@linkup-queue/queue";
import { z } from "zod";
import { ErrorBody, errorBody, invalidInput, toLinkupError } from "./api-error.ts";
import type { Limits } from "./limits.ts";
import type { ReadRow, RowReader } from "./recipient-rows.ts";
import { withinRedisTime } from "./within-redis-time.ts";

/** Rejected rows that an answer lists. */
const MOST_LISTED = 1_000;
const MOST_ISSUES = 20;
/** A batch goes when it has this many rows: enough for every account's chunk to be worth packing, few enough for the other requests. */
const BATCH_ROWS = 1_000;
/** After this many rows other requests get their turn. */
const ROWS_PER_TURN = 100;

export const RecipientsTaken = z
  .object({
    accepted: z.int().describe("new ones"),
    duplicates: z.int().describe("rows whose recipient the campaign has already, from this body or an earlier one"),
    rejected: z.array(z.object({ line: z.int(), error: ErrorBody.shape.error })).describe(`the first ${MOST_LISTED}, with their lines`),
    rejectedCount: z.int(),
    ignoredColumns: z.array(z.string()).describe("columns of a table that no text can name"),
  })
  .meta({ id: "RecipientsTaken" });
export type RecipientsTaken = z.infer<typeof RecipientsTaken>;

export type Taking = {
  pieces: AsyncIterable<Uint8Array>;
  rows: RowReader;
  campaign: Campaign;
  campaigns: Campaigns;
  limits: Limits;
};

/** What was taken, and what ended it before its time; null when all was read. */
export type Taken = { taken: RecipientsTaken; stopped: LinkupError | null };

/** Takes the body to its end. Throws what only a client that went away throws; all else is in `stopped`. */
export async function takeRecipients({ pieces, rows, campaign, campaigns, limits }: Taking): Promise<Taken> {
  const taken: RecipientsTaken = { accepted: 0, duplicates: 0, rejected: [], rejectedCount: 0, ignoredColumns: [] };
  const check = new RecipientCheck(campaign.definition);
  const { accountIds } = campaign.definition;
  let offset = campaign.recipients.accepted;
  let batch: Recipient[] = [];
  let inWork: Promise<void> = Promise.resolve();

  const send = async (recipients: readonly Recipient[], from: number) => {
    const work = campaigns.accept(campaign.id, { accountIds, recipients, revision: campaign.revision, offset: from });
    const { accepted, duplicates } = await withinRedisTime(work, limits.redisMs);
    taken.accepted += accepted;
    taken.duplicates += duplicates;
  };
  const flush = async () => {
    const recipients = batch;
    batch = [];
    await inWork;
    if (recipients.length === 0) return;
    inWork = send(recipients, offset);
    offset += recipients.length;
    // Its failure is met at the next flush.
    inWork.catch(() => undefined);
  };
  const reject = (line: number, error: LinkupError) => {
    taken.rejectedCount += 1;
    if (taken.rejected.length < MOST_LISTED) taken.rejected.push({ line, ...errorBody(error, MOST_ISSUES) });
  };
  let seen = 0;
  const takeAll = async (some: Iterable<ReadRow>) => {
    for (const read of some) {
      if ("error" in read) {
        reject(read.line, read.error);
      } else {
        const checked = check.check(read.row);
        if (checked.ok) batch.push(checked.recipient);
        else reject(read.line, invalidInput(checked.issues, "The recipient does not fit the campaign"));
      }
      seen += 1;
      if (batch.length >= BATCH_ROWS) await flush();
      if (seen % ROWS_PER_TURN === 0) await nextTurn();
    }
  };

  let stopped: LinkupError | null = null;
  try {
    try {
      for await (const piece of pieces) await takeAll(rows.feed(piece));
      await takeAll(rows.end());
    } finally {
      // What was read whole is taken, also when the rest never comes.
      await flush();
      await inWork;
    }
  } catch (thrown) {
    if (!(thrown instanceof LinkupError) && !(thrown instanceof Error && /^OOM\b/.test(thrown.message))) throw thrown;
    stopped = toLinkupError(thrown);
  }
  taken.ignoredColumns.push(...rows.ignored);
  return { taken, stopped };
}
