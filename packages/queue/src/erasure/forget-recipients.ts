/**
 * A person among campaigns' recipients that were not put into a queue yet. Their job is ended first, in the ledger, so that it never leaves
 * whatever the feeder does; then the row becomes one that names nobody. The digest that keeps a recipient from being added twice stays.
 */
import { OPERATIONS } from "@linkup-queue/contracts";
import type { CampaignDefinition } from "../campaigns/campaign-definition.ts";
import { FORGOTTEN, isForgotten, packRecipients, type Recipient, unpackRecipients } from "../campaigns/campaign-recipients.ts";
import type { Campaign } from "../campaigns/campaign-record.ts";
import type { Campaigns } from "../campaigns/campaigns.ts";
import { peopleOfRecipient } from "../campaigns/feed/campaign-job.ts";
import { NO_HISTORY } from "../job/call-history.ts";
import type { JobMeta } from "../job/job-meta.ts";
import type { JobRef } from "../job/job-ref.ts";
import type { Ending } from "../job/outcome.ts";
import { campaignJobId } from "../job/recipient-job-id.ts";
import { endWithoutCall } from "../ledger/end-without-call.ts";
import type { Gate } from "../ledger/gate.ts";
import type { Outbox } from "../ledger/outbox.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { replaceText } from "./forget-text.ts";

const ERASED: Ending = {
  status: "cancelled",
  code: "cancelled",
  message: "The recipient was erased before anything was sent",
  httpStatus: null,
  output: null,
};

type Parts = { scripts: RedisScripts; gate: Gate; outbox: Outbox; campaigns: Campaigns };

/** Forgets the person (by `personKey`) in all campaigns. Answers how many recipients that were. */
export async function forgetRecipients(parts: Parts, person: string): Promise<number> {
  const { campaigns } = parts;
  let forgotten = 0;
  for await (const id of campaigns.ids()) {
    for (let looked: number | undefined; ; ) {
      const campaign = await campaigns.read(id);
      // An edit may have dealt recipients to accounts that were looked through before.
      if (campaign === null || campaign.revision === looked) break;
      looked = campaign.revision;
      forgotten += await forgetInCampaign(parts, campaign, person);
    }
  }
  return forgotten;
}

async function forgetInCampaign(parts: Parts, { id, definition, state }: Campaign, person: string): Promise<number> {
  // Its rows are kept to be listed, and nothing is made of them any more.
  const isOver = state === "cancelled" || state === "ended";
  let forgotten = 0;
  for (const account of definition.accountIds) forgotten += await forgetShare(parts, { id, definition, account, person, isOver });
  if (definition.steps !== undefined) forgotten += await forgetFed(parts, { id, definition, person });
  return forgotten;
}

/** Of a sequence, who was fed: the rows that are read again for further steps. Whoever waits for one is at their end when it is due, and nothing is sent. */
async function forgetFed({ scripts }: Parts, { id, definition, person }: Pick<ShareOf, "id" | "definition" | "person">): Promise<number> {
  const rows = scripts.keys.stepRows(id);
  let forgotten = 0;
  for (const field of await scripts.client.hkeys(rows)) {
    for (;;) {
      const was = await scripts.client.hgetBuffer(rows, field);
      if (was === null) break;
      const recipients = unpackRecipients(was);
      const left = recipients.map((one) => (!isForgotten(one) && peopleOfRecipient(definition, one).includes(person) ? FORGOTTEN : one));
      const found = left.filter((one, at) => one !== recipients[at]).length;
      if (found === 0) break;
      const said = await replaceText(scripts, { event: "rows", campaign: id, field }, { was, becomes: packRecipients(left) });
      if (said === "changed") continue;
      forgotten += found;
      break;
    }
  }
  return forgotten;
}

type ShareOf = { id: string; definition: CampaignDefinition; account: string; person: string; isOver: boolean };

/** One account's share of a campaign, chunk by chunk. */
async function forgetShare(parts: Parts, share: ShareOf): Promise<number> {
  const { scripts } = parts;
  const { id, account, person } = share;
  const list = scripts.keys.todo(id, account);
  const cursor = async () => {
    const [first, at] = await scripts.client.hmget(scripts.keys.campaign(id), `chunk:${account}`, `at:${account}`);
    return { first: Number(first), at: Number(at) };
  };
  let forgotten = 0;
  for (let chunk = 0; ; ) {
    const { first, at } = await cursor();
    chunk = Math.max(chunk, first);
    const was = await scripts.client.lindexBuffer(list, chunk - first);
    // The feeder took a chunk between the looks: this one may be another.
    if ((await cursor()).first !== first) continue;
    if (was === null) return forgotten;
    const recipients = unpackRecipients(was);
    const isPerson = recipients.map((recipient) => peopleOfRecipient(share.definition, recipient).includes(person));
    if (isPerson.includes(true)) {
      const fed = chunk === first ? at : 0;
      for (const [index, recipient] of recipients.entries()) {
        if (isPerson[index] !== true || index < fed) continue;
        const end = { ending: ERASED, nameless: true };
        if (share.isOver || (await endRecipient(parts, share, { recipient, ...end })) === "ended") forgotten += 1;
      }
      const left = recipients.map((recipient, index) => (isPerson[index] === true ? FORGOTTEN : recipient));
      const said = await replaceText(scripts, { event: "chunk", campaign: id, account, chunk }, { was, becomes: packRecipients(left) });
      // The cursor moved on between the looks.
      if (said === "changed") continue;
    }
    chunk += 1;
  }
}

type RecipientEnd = { recipient: Recipient; ending: Ending; nameless: boolean };

/**
 * The recipient's one job gets its one outcome, which names nobody if it is `nameless`. `already`: the job was put into its queue meanwhile, and is found there.
 */
export async function endRecipient(
  parts: Pick<Parts, "gate" | "outbox">,
  { id, definition, account }: Pick<ShareOf, "id" | "definition" | "account">,
  { recipient, ending, nameless }: RecipientEnd,
): Promise<"ended" | "already"> {
  const { operation } = definition;
  const ref: JobRef = { queue: OPERATIONS[operation].queue, id: campaignJobId(id, recipient.id), timestamp: 0 };
  const names = { operation, accountId: account, campaignId: id, recipientId: recipient.id };
  const meta: JobMeta = { ...names, redriveOf: null, enqueuedAtMs: Date.now() };
  const answer = await endWithoutCall(parts, { ref, meta }, { ending, history: NO_HISTORY, nameless, calls: 0 });
  return answer.kind === "ended" ? "ended" : "already";
}
