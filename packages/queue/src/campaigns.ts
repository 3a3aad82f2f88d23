/**
 * Campaigns: one record, compressed recipients, a cursor. Everything a person does to one is a single write, whatever its size.
 * Nothing here puts a job into a queue; the feeder does.
 */
import { createHash, randomUUID } from "node:crypto";
import { LinkupError, type Outcome } from "@linkup-queue/contracts";
import { z } from "zod";
import { CAMPAIGN_STATES, CAMPAIGN_WEIGHTS, CampaignDefinition, type CampaignState, checkDefinition } from "./campaign-definition.ts";
import { packRecipients, type Recipient } from "./campaign-recipients.ts";
import { unpackOutcome } from "./outcome-store.ts";
import type { RedisScripts } from "./redis-scripts.ts";

export type Campaign = {
  id: string;
  state: CampaignState;
  /** Why it is in this state: `by_hand`, `budget_exhausted`, `all_done`; empty for none. */
  why: string;
  definition: CampaignDefinition;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  recipients: { accepted: number; fed: number; ended: number; unsent: number };
  byStatus: Record<string, number>;
  byCode: Record<string, number>;
  /** Outcomes by account and status. */
  byAccount: Record<string, Record<string, number>>;
  credits: { charged: number; uncertain: number; wasted: number; held: number };
};

export type Accepted = { accepted: number; duplicates: number };

const EVENTS = ["start", "pause", "resume", "cancel"] as const;
export type CampaignEvent = (typeof EVENTS)[number];

const AcceptReply = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("ok"), accepted: z.number() }),
  z.object({ kind: z.literal("seen"), digests: z.array(z.string()) }),
  z.object({ kind: z.literal("closed"), state: z.string() }),
]);

/** A recipient's digest within its campaign. */
export function recipientDigest(recipientId: string): string {
  return createHash("sha256").update(recipientId).digest("base64url").slice(0, 14);
}

/** The id of the one job that a recipient of a campaign ever gets. */
export function campaignJobId(campaignId: string, recipientId: string): string {
  return `c-${createHash("sha256").update(`${campaignId}\n${recipientId}`).digest("base64url").slice(0, 22)}`;
}

const iso = (ms: string | undefined): string | null => (ms ? new Date(Number(ms)).toISOString() : null);

export class Campaigns {
  readonly #scripts: RedisScripts;

  constructor(scripts: RedisScripts) {
    this.#scripts = scripts;
  }

  /** Makes a draft. Making the same one again changes nothing; throws `conflict` for another one under the same id. */
  async create(id: string, definition: CampaignDefinition): Promise<Campaign> {
    checkDefinition(definition);
    const [said] = await this.#change(id, "create", this.#stored(definition));
    if (said === "conflict")
      throw new LinkupError("conflict", `There is a campaign ${id} with another definition; choose another campaignId`);
    return await this.#mustRead(id);
  }

  /** Changes a draft's or a paused campaign's definition; it applies to what has not been put into a queue. Accounts can't change. */
  async edit(id: string, definition: CampaignDefinition): Promise<Campaign> {
    checkDefinition(definition);
    const before = await this.#mustRead(id);
    if (before.definition.operation !== definition.operation || before.definition.accountIds.join() !== definition.accountIds.join()) {
      throw new LinkupError("conflict", "A campaign's operation and accounts stay as they were made; make another campaign");
    }
    const [said, state] = await this.#change(id, "edit", this.#stored(definition));
    if (said !== "edited") throw new LinkupError("conflict", `Campaign ${id} is ${state}; pause it first`);
    return await this.#mustRead(id);
  }

  /** Starts, pauses, resumes or cancels. Throws `conflict` where the state does not allow it, `not_found` for no such campaign. */
  async change(id: string, event: CampaignEvent): Promise<Campaign> {
    const campaign = await this.#mustRead(id);
    const startAt = campaign.definition.startAt;
    const [said, state] = await this.#change(id, event, startAt === undefined ? {} : { startAt: Date.parse(startAt) });
    if (said === "conflict") throw new LinkupError("conflict", `Campaign ${id} is ${state}; it can't ${event} now`);
    return await this.#mustRead(id);
  }

  /**
   * Takes recipients, each once ever: whose id the campaign knows already are counted as duplicates. All of the batch is in when this
   * returns; after a crash send it again. Throws `conflict` for a cancelled campaign.
   */
  async accept(
    id: string,
    { accountIds, recipients }: { accountIds: readonly string[]; recipients: readonly Recipient[] },
  ): Promise<Accepted> {
    const batch = randomUUID();
    let fresh = new Map(recipients.map((recipient) => [recipientDigest(recipient.id), recipient]));
    for (;;) {
      if (fresh.size === 0) return { accepted: 0, duplicates: recipients.length };
      const shares = share([...fresh.values()], accountIds);
      const reply = await this.#scripts.run(
        "campaignAccept",
        { campaign: id, batch, digests: [...fresh.keys()], shares: shares.map(({ accountId }) => ({ account: accountId })) },
        shares.map(({ recipients: some }) => packRecipients(some)),
      );
      const answer = AcceptReply.parse(JSON.parse(String(reply)));
      if (answer.kind === "ok") return { accepted: fresh.size, duplicates: recipients.length - fresh.size };
      if (answer.kind === "closed") {
        if (answer.state === "unknown") throw new LinkupError("not_found", `There is no campaign ${id}`);
        throw new LinkupError("conflict", `Campaign ${id} is ${answer.state}; it takes no recipients`);
      }
      const seen = new Set(answer.digests);
      fresh = new Map([...fresh].filter(([digest]) => !seen.has(digest)));
    }
  }

  /** One campaign, or null. */
  async read(id: string): Promise<Campaign | null> {
    return readCampaign(id, await this.#scripts.client.hgetall(this.#scripts.key(`campaign:${id}`)));
  }

  /** Campaigns in the order of their ids, after `afterId`, at most `limit`. */
  async list({ afterId, limit }: { afterId?: string | undefined; limit: number }): Promise<Campaign[]> {
    const { client } = this.#scripts;
    const ids = await client.zrange(
      this.#scripts.key("campaigns"),
      afterId === undefined ? "-" : `(${afterId}`,
      "+",
      "BYLEX",
      "LIMIT",
      0,
      limit,
    );
    const campaigns = await Promise.all(ids.map((id) => this.read(id)));
    return campaigns.filter((campaign) => campaign !== null);
  }

  /** The outcomes of a campaign in the order they came, a page at a time at flat memory; those past LINKUP_OUTCOME_DAYS are left out. */
  async *outcomes(id: string, pageSize = 200): AsyncGenerator<Outcome> {
    const { client } = this.#scripts;
    const list = this.#scripts.key(`campaign-outcomes:${id}`);
    for (let from = 0; ; from += pageSize) {
      const ids = await client.lrange(list, from, from + pageSize - 1);
      if (ids.length === 0) return;
      const packed = await client.mgetBuffer(...ids.map((outcomeId) => this.#scripts.key(`outcome:${outcomeId}`)));
      for (const one of packed) if (one !== null) yield unpackOutcome(one);
    }
  }

  #stored(definition: CampaignDefinition): Record<string, unknown> {
    return {
      definition: JSON.stringify(definition),
      accounts: JSON.stringify(definition.accountIds),
      weight: CAMPAIGN_WEIGHTS[definition.priority],
      maxCredits: definition.maxCredits,
    };
  }

  async #change(id: string, event: string, more: Readonly<Record<string, unknown>>): Promise<[string, string]> {
    const reply = await this.#scripts.run("campaign", { campaign: id, event, ...more });
    const [said = "", state = ""] = Array.isArray(reply) ? reply.map(String) : [];
    if (said === "unknown") throw new LinkupError("not_found", `There is no campaign ${id}`);
    return [said, state];
  }

  async #mustRead(id: string): Promise<Campaign> {
    const campaign = await this.read(id);
    if (campaign === null) throw new LinkupError("not_found", `There is no campaign ${id}`);
    return campaign;
  }
}

/** Recipients dealt out over the accounts one by one, so that their shares differ by one at most within a batch. */
function share(recipients: readonly Recipient[], accountIds: readonly string[]): { accountId: string; recipients: Recipient[] }[] {
  const offset = Math.floor(Math.random() * accountIds.length);
  const shares = accountIds.map((accountId) => ({ accountId, recipients: [] as Recipient[] }));
  for (const [index, recipient] of recipients.entries()) shares[(index + offset) % shares.length]?.recipients.push(recipient);
  return shares.filter(({ recipients: some }) => some.length > 0);
}

function readCampaign(id: string, fields: Readonly<Record<string, string>>): Campaign | null {
  const state = z.enum(CAMPAIGN_STATES).safeParse(fields["state"]);
  if (!state.success) return null;
  const count = (name: string) => Number(fields[name] ?? 0);
  const byPrefix = (prefix: string) =>
    Object.fromEntries(
      Object.entries(fields).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), Number(value)]] : [])),
    );
  const byAccount: Record<string, Record<string, number>> = {};
  for (const [name, value] of Object.entries(byPrefix("account:"))) {
    const at = name.lastIndexOf(":");
    const account = name.slice(0, at);
    byAccount[account] = { ...byAccount[account], [name.slice(at + 1)]: value };
  }
  return {
    id,
    state: state.data,
    why: fields["why"] ?? "",
    definition: CampaignDefinition.parse(JSON.parse(fields["definition"] ?? "{}")),
    createdAt: iso(fields["createdAt"]) ?? "",
    startedAt: iso(fields["startedAt"]),
    endedAt: iso(fields["endedAt"]),
    recipients: { accepted: count("accepted"), fed: count("fed"), ended: count("ended"), unsent: count("accepted") - count("fed") },
    byStatus: byPrefix("status:"),
    byCode: byPrefix("code:"),
    byAccount,
    credits: { charged: count("charged"), uncertain: count("uncertain"), wasted: count("wasted"), held: count("held") },
  };
}
