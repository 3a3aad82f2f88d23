/**
 * Carries a campaign's recipients from bytes to Redis: check each row, take a batch in one step, while the next is being read.
 * At any moment it holds two batches, however many there are. Every recipient that was counted as accepted lies in Redis.
 */
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { ReadRow, RowReader } from "@linkup-queue/campaign-files";
import { LinkupError } from "@linkup-queue/contracts";
import {
  type AcceptBatch,
  type Accepted,
  type Campaign,
  charactersOf,
  type FieldCounts,
  type Recipient,
  RecipientCheck,
} from "@linkup-queue/queue";
import { takeRows } from "./take-rows.ts";

/**
 * A batch goes when it has this many rows, or characters of them: enough for every account's chunk to be worth packing, few enough for the
 * memory of an upload and for the other requests, which wait while a chunk is packed.
 */
const BATCH_ROWS = 1_000;
const BATCH_CHARACTERS = 512 * 1024;
/** After this many rows others in the process get their turn. */
const ROWS_PER_YIELD = 100;

export type RecipientCounts = {
  /** New ones. */
  accepted: number;
  /** Rows whose recipient the campaign had already, from these bytes or earlier ones. */
  duplicates: number;
  rejected: number;
  /** How the fields of the campaign's text stand in the rows. */
  fields: Readonly<Record<string, FieldCounts>>;
};

/** Where a row stands; `row`: which one of a sheet it is, where the list is a table. */
export type Place = { line: number; row?: number };

export type Taking = {
  chunks: AsyncIterable<Uint8Array>;
  rows: RowReader;
  campaign: Campaign;
  /** Gives a batch to the campaign: `Campaigns.accept`, bounded in time where somebody waits for an answer. */
  accept: (batch: AcceptBatch) => Promise<Accepted>;
  /** Counted into as batches are in Redis. */
  counts: RecipientCounts;
  onRejected: (place: Place, error: LinkupError) => void;
};

/** Counts of nothing yet. */
export function noRecipients(): RecipientCounts {
  return { accepted: 0, duplicates: 0, rejected: 0, fields: {} };
}

/** Throws `conflict` for a campaign that takes no recipients: before a list of any length is read for nothing. */
export function refuseClosed({ id, state, why }: Campaign): void {
  if (state !== "cancelled" && why !== "expired") return;
  throw new LinkupError("conflict", `Campaign ${id} is ${why === "expired" ? "expired" : state}; it takes no recipients`);
}

/**
 * Takes the bytes to their end; answers what ended them before their time, null when all was read. Throws what is
 * neither a LinkupError nor trouble of Redis: what only the sender's going away throws. Rows that were read whole before are taken in any case.
 */
export async function takeRecipients({ chunks, rows, campaign, accept, counts, onRejected }: Taking): Promise<LinkupError | null> {
  const check = new RecipientCheck(campaign.definition);
  counts.fields = check.fields;
  const { accountIds } = campaign.definition;
  let offset = campaign.recipients.accepted;
  let batch: Recipient[] = [];
  let characters = 0;
  let inWork: Promise<void> = Promise.resolve();

  const send = async (recipients: readonly Recipient[]) => {
    const { accepted, duplicates, next } = await accept({ accountIds, recipients, revision: campaign.revision, offset });
    offset = next;
    counts.accepted += accepted;
    counts.duplicates += duplicates;
  };
  const flush = async () => {
    const recipients = batch;
    batch = [];
    characters = 0;
    await inWork;
    if (recipients.length === 0) return;
    inWork = send(recipients);
    // Its failure is met at the next flush.
    inWork.catch(() => undefined);
  };
  const reject = ({ line, row }: Place, error: LinkupError) => {
    counts.rejected += 1;
    onRejected(row === undefined ? { line } : { line, row }, error);
  };
  let seen = 0;
  const takeAll = async (some: Iterable<ReadRow>) => {
    for (const read of some) {
      if ("error" in read) {
        reject(read, read.error);
      } else {
        const checked = check.check(read.recipient);
        if (checked.ok) {
          batch.push(checked.recipient);
          characters += charactersOf(checked.recipient);
        } else reject(read, new LinkupError("invalid_input", "The recipient does not fit the campaign", { issues: checked.issues }));
      }
      seen += 1;
      if (batch.length >= BATCH_ROWS || characters >= BATCH_CHARACTERS) await flush();
      if (seen % ROWS_PER_YIELD === 0) await yieldToEventLoop();
    }
  };

  return await takeRows({
    chunks,
    rows,
    takeAll,
    flush: async () => {
      await flush();
      await inWork;
    },
  });
}
