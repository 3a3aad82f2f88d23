/**
 * One recipient taken out of its campaign. Of a draft it is as if it had never come, and it may come again; of any other campaign it gets its outcome
 * `cancelled`, before anything is sent. The job is ended first, so that it never leaves whatever the feeder does.
 */
import { LinkupError, OPERATIONS } from "@linkup-queue/contracts";
import type { JobCancels } from "../again/cancels.ts";
import { recipientDigest } from "../campaigns/accept-recipients.ts";
import { FORGOTTEN, isForgotten, packRecipients, type Recipient, unpackRecipients } from "../campaigns/campaign-recipients.ts";
import type { Campaign } from "../campaigns/campaign-record.ts";
import type { Campaigns } from "../campaigns/campaigns.ts";
import { campaignRemoveScript } from "../campaigns/lua/campaign-remove.ts";
import { readPackedChunks } from "../campaigns/unsent.ts";
import type { Ending } from "../job/outcome.ts";
import { campaignJobId } from "../job/recipient-job-id.ts";
import type { Gate } from "../ledger/gate.ts";
import type { Outbox } from "../ledger/outbox.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { JobViews } from "../views/job-views.ts";
import { endRecipient } from "./forget-recipients.ts";
import { replaceText } from "./forget-text.ts";

const REMOVED: Ending = {
  status: "cancelled",
  code: "cancelled",
  message: "The recipient was removed before anything was sent",
  httpStatus: null,
  output: null,
};

export type RemovalParts = {
  scripts: RedisScripts;
  gate: Gate;
  outbox: Outbox;
  campaigns: Campaigns;
  views: JobViews;
  cancels: JobCancels;
};

/** `removed`: from a draft; `cancelled`: with an outcome. */
export type Removal = "removed" | "cancelled";

/** A recipient moves into its queue once; more looks than that are for what others change meanwhile. */
const TRIES = 10;
const CHUNKS_AT_ONCE = 16;

type Found = { account: string; chunk: number; packed: Buffer; recipients: Recipient[]; at: number };

/** Takes it out. Throws `not_found`, and `conflict` when its call is out, it has its outcome, or the campaign is over. */
export async function removeRecipient(parts: RemovalParts, id: string, recipientId: string): Promise<Removal> {
  const { scripts, campaigns, views, cancels } = parts;
  for (let tries = 0; tries < TRIES; tries++) {
    const campaign = await campaigns.read(id);
    if (campaign === null) throw new LinkupError("not_found", `There is no campaign ${id}`);
    if (campaign.state === "ended" || campaign.state === "cancelled") {
      throw new LinkupError("conflict", `Campaign ${id} is ${campaign.state}; nothing more of it is sent`);
    }
    const digest = recipientDigest(recipientId);
    if ((await scripts.client.hexists(scripts.keys.recipients(id, digest.slice(0, 2)), digest.slice(2))) === 0) {
      throw new LinkupError("not_found", `Campaign ${id} has no such recipient`);
    }
    const [job] = await views.find(campaignJobId(id, recipientId), OPERATIONS[campaign.definition.operation].queue);
    if (job !== undefined) {
      const said = await cancels.cancel(job);
      if (said === "cancelled") return "cancelled";
      throw new LinkupError("conflict", said === "call_out" ? "The recipient's call is out" : "The recipient has its outcome");
    }
    const found = await findRow(scripts, campaign, recipientId);
    const removal = found === null ? null : await removeRow(parts, campaign, { ...found, digest });
    if (removal !== null) return removal;
  }
  throw new LinkupError("conflict", `Campaign ${id} keeps changing; nothing was changed, ask again`);
}

/** The recipient's row among those that were not put into a queue. */
async function findRow(scripts: RedisScripts, { id, definition }: Campaign, recipientId: string): Promise<Found | null> {
  for (const account of definition.accountIds) {
    for (let chunk = 0; ; ) {
      const read = await readPackedChunks(scripts, id, { account, chunk, most: CHUNKS_AT_ONCE });
      for (const [index, packed] of read.packed.entries()) {
        const recipients = unpackRecipients(packed);
        const begin = index === 0 ? read.from : 0;
        const at = recipients.findIndex((one, row) => row >= begin && one.id === recipientId && !isForgotten(one));
        if (at !== -1) return { account, chunk: read.chunk + index, packed, recipients, at };
      }
      chunk = read.chunk + read.packed.length;
      if (read.packed.length < CHUNKS_AT_ONCE) break;
    }
  }
  return null;
}

/** Null: it is not as it was read. */
async function removeRow(parts: RemovalParts, campaign: Campaign, found: Found & { digest: string }): Promise<Removal | null> {
  const { scripts } = parts;
  const { id, definition, state } = campaign;
  const { account, chunk, packed, recipients, at, digest } = found;
  const becomes = packRecipients(recipients.with(at, FORGOTTEN));
  const place = { campaign: id, account, chunk };
  if (state === "draft") {
    const said = await scripts.run(campaignRemoveScript, { ...place, digest }, [packed, becomes]);
    return said === "done" ? "removed" : null;
  }
  const recipient = recipients[at] ?? FORGOTTEN;
  if ((await endRecipient(parts, { id, definition, account }, { recipient, ending: REMOVED, nameless: false })) !== "ended") return null;
  // Where the chunk moved on meanwhile, the feeder puts a job into its queue that the gate knows as ended.
  await replaceText(scripts, { event: "chunk", ...place }, { was: packed, becomes });
  return "cancelled";
}
