/** Recipients into a campaign: dealt to its accounts by their place in the list, each once ever. */
import { hash, randomUUID } from "node:crypto";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { fieldKey, LinkupError } from "@linkup-queue/contracts";
import type { RedisScripts } from "../redis/scripts.ts";
import { packRecipients, type Recipient } from "./campaign-recipients.ts";
import { type AccountShare, dealShares } from "./campaign-shares.ts";
import { campaignAcceptScript } from "./lua/campaign-accept.ts";

export type AcceptBatch = {
  accountIds: readonly string[];
  recipients: readonly Recipient[];
  revision?: number | undefined;
  offset?: number | undefined;
};
/** `next`: the place in the campaign's list behind them. */
export type Accepted = { accepted: number; duplicates: number; next: number };

/** A recipient's digest within its campaign. */
export function recipientDigest(recipientId: string): string {
  return hash("sha256", recipientId, "base64url").slice(0, 14);
}

/** By digest, in the list's order. Of several rows of one id the first counts, within a batch as between two. */
function firstOfEach(recipients: readonly Recipient[]): Map<string, Recipient> {
  const first = new Map<string, Recipient>();
  for (const recipient of recipients) {
    const digest = recipientDigest(recipient.id);
    if (!first.has(digest)) first.set(digest, recipient);
  }
  return first;
}

/** The columns, by their keys, that a recipient of these fills. */
function filledBy(recipients: Iterable<Recipient>): string[] {
  const filled = new Set<string>();
  for (const recipient of recipients) for (const [column, value] of Object.entries(recipient.fields)) if (value !== "") filled.add(column);
  return [...new Set([...filled].map(fieldKey))];
}

/** Each share as a chunk. Packing a whole batch takes longer than everybody else in this process should wait. */
export async function packShares(shares: readonly AccountShare[]): Promise<Buffer[]> {
  const packed: Buffer[] = [];
  for (const { recipients } of shares) {
    packed.push(packRecipients(recipients));
    await yieldToEventLoop();
  }
  return packed;
}

/**
 * Takes recipients, each once ever: whose id the campaign knows already are counted as duplicates. All of the batch is in when this
 * returns; after a crash send it again. `revision`: of the text that they were checked against; `offset`: the place in the list at which they
 * begin, as far as the caller knows. Throws `conflict` for a campaign that takes none, or was edited meanwhile.
 */
export async function acceptRecipients(
  scripts: RedisScripts,
  id: string,
  { accountIds, recipients, revision, offset = 0 }: AcceptBatch,
): Promise<Accepted> {
  const batch = randomUUID();
  let fresh = firstOfEach(recipients);
  let place = offset;
  for (;;) {
    if (fresh.size === 0) return { accepted: 0, duplicates: recipients.length, next: place };
    const shares = dealShares([...fresh.values()], accountIds, place);
    const answer = await scripts.run(
      campaignAcceptScript,
      {
        campaign: id,
        batch,
        rev: revision,
        offset: place,
        digests: [...fresh.keys()],
        filled: filledBy(fresh.values()),
        shares: shares.map(({ accountId, recipients: some }) => ({ account: accountId, count: some.length })),
      },
      await packShares(shares),
    );
    if (answer.kind === "ok") return { accepted: fresh.size, duplicates: recipients.length - fresh.size, next: answer.place };
    // Others came before them meanwhile: whose share a recipient is goes by the place in the list.
    if (answer.kind === "moved") {
      place = answer.place;
      continue;
    }
    if (answer.kind === "edited")
      throw new LinkupError("conflict", `Campaign ${id} was edited while its recipients came; send them again, those that are in stay so`);
    if (answer.kind === "closed") {
      if (answer.state === "unknown") throw new LinkupError("not_found", `There is no campaign ${id}`);
      throw new LinkupError("conflict", `Campaign ${id} is ${answer.state}; it takes no recipients`);
    }
    const seen = new Set(answer.digests);
    fresh = new Map([...fresh].filter(([digest]) => !seen.has(digest)));
  }
}
