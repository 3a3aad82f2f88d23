/** A campaign's recipients by their state, page by page: not put into a queue, in one, or with an outcome. It changes nothing. */
import { jsonWithinBounds, OUTCOME_STATUSES, type Outcome } from "@linkup-queue/contracts";
import { z } from "zod";
import { JobMeta } from "../job/job-meta.ts";
import { readManyStored } from "../ledger/outcome-store.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { Recipient } from "./campaign-recipients.ts";
import type { Campaign } from "./campaign-record.ts";
import { UnsentPlace, unsentPage } from "./unsent.ts";

export const RECIPIENT_STATES = ["unsent", "queued", ...OUTCOME_STATUSES] as const;
export type RecipientState = (typeof RECIPIENT_STATES)[number];

/** Behind an unsent one, behind the job of this digest, or behind so many of the outcomes. */
export const RecipientPlace = z.union([
  UnsentPlace,
  z.strictObject({ queued: z.string().max(100) }),
  z.strictObject({ outcomes: z.int().min(0).max(Number.MAX_SAFE_INTEGER) }),
]);
export type RecipientPlace = z.infer<typeof RecipientPlace>;

export type ListedRecipient = {
  recipientId: string | null;
  state: RecipientState;
  /** Whose share it is, or whose job. */
  accountId: string | null;
  /** As the list has them; null where they are not kept. */
  fields: Recipient["fields"] | null;
  /** Null before it was put into a queue. */
  jobId: string | null;
  outcome: Outcome | null;
};
export type RecipientsPage = { items: ListedRecipient[]; next: RecipientPlace | null };

export type RecipientsAsked = { state: RecipientState; after?: RecipientPlace | undefined; limit: number };
type Of = Pick<Campaign, "id" | "definition" | "formerAccounts">;

/** Outcomes that one page looks at: it may be short, or empty, before the end. */
const OUTCOMES_AT_ONCE = 200;
const MOST_OUTCOMES = 1_000;

/** A page of the recipients in this state. A place in another state's list is passed over. */
export async function recipientsPage(
  scripts: RedisScripts,
  campaign: Of,
  { state, after, limit }: RecipientsAsked,
): Promise<RecipientsPage> {
  if (state === "unsent") {
    const { items, next } = await unsentPage(scripts, campaign, { after: Array.isArray(after) ? after : undefined, limit });
    const none = { jobId: null, outcome: null };
    return { items: items.map(({ id, fields, accountId }) => ({ recipientId: id, state, accountId, fields, ...none })), next };
  }
  if (state === "queued") {
    const behind = after !== undefined && "queued" in after ? after.queued : "";
    return await queuedPage(scripts, campaign, { behind, limit });
  }
  const from = after !== undefined && "outcomes" in after ? after.outcomes : 0;
  return await endedPage(scripts, campaign.id, { state, from, limit });
}

/** In the order of the digests of their jobs. They are few: as many as the feeder puts ahead, and those that are held. */
async function queuedPage(
  scripts: RedisScripts,
  { id, definition, formerAccounts }: Of,
  { behind, limit }: { behind: string; limit: number },
): Promise<RecipientsPage> {
  const { client, keys } = scripts;
  const asked = client.pipeline().zrange(keys.held(id), "0", "-1");
  for (const account of [...definition.accountIds, ...formerAccounts]) asked.smembers(keys.ahead(account)).smembers(keys.aside(account));
  const found = ((await asked.exec()) ?? []).flatMap(([, members]) => members as string[]);
  const digests = [...new Set(found)].filter((digest) => digest > behind).sort();
  const items: ListedRecipient[] = [];
  for (const [at, digest] of digests.entries()) {
    if (items.length === limit) return { items, next: { queued: digests[at - 1] ?? "" } };
    const one = await queuedOne(scripts, id, digest);
    if (one !== null) items.push(one);
  }
  return { items, next: null };
}

async function queuedOne(scripts: RedisScripts, campaign: string, digest: string): Promise<ListedRecipient | null> {
  const { client, keys } = scripts;
  const [of, queue, id, account, text] = await client.hmget(keys.job(digest), "campaign", "queue", "id", "account", "meta");
  if (of !== campaign || !queue || !id || !text) return null;
  const meta = JobMeta.parse(JSON.parse(text));
  const data = jsonWithinBounds((await client.hget(`${scripts.tag}:${queue}:${id}`, "data")) ?? "");
  const read = JobFields.safeParse(data);
  const fields = read.success ? read.data.template.fields : null;
  return { recipientId: meta.recipientId, state: "queued", accountId: account ?? null, fields, jobId: id, outcome: null };
}

const JobFields = z.object({ template: z.object({ fields: z.record(z.string(), z.string()) }) });

/** In the order in which they came. A job that did another one again is a row of its own. */
async function endedPage(
  scripts: RedisScripts,
  id: string,
  { state, from, limit }: { state: RecipientState; from: number; limit: number },
): Promise<RecipientsPage> {
  const items: ListedRecipient[] = [];
  let at = from;
  while (at < from + MOST_OUTCOMES) {
    const ids = await scripts.client.lrange(scripts.keys.campaignOutcomes(id), at, at + OUTCOMES_AT_ONCE - 1);
    for (const kept of await readManyStored(scripts, ids)) {
      if (items.length === limit) return { items, next: { outcomes: at } };
      at += 1;
      if (kept === null || kept.outcome.status !== state) continue;
      const { recipientId, accountId, jobId } = kept.outcome;
      items.push({ recipientId, state, accountId, fields: kept.fields ?? null, jobId, outcome: kept.outcome });
    }
    if (ids.length < OUTCOMES_AT_ONCE) return { items, next: null };
  }
  return { items, next: { outcomes: at } };
}
