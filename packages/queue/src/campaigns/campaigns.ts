/**
 * Campaigns: one record, compressed recipients, a cursor. Everything a person does to one is a single write, whatever its size.
 * Nothing here puts a job into a queue; the feeder does.
 */
import { hash, randomUUID } from "node:crypto";
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import { describeIssues, type Issue, LinkupError, type Outcome, type PriceTable, scopesOf } from "@linkup-queue/contracts";
import { z } from "zod";
import { packedOutcomes, unpackStored } from "../ledger/outcome-store.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { CAMPAIGN_STATES, CAMPAIGN_WEIGHTS, CampaignDefinition, type CampaignState, checkDefinition } from "./campaign-definition.ts";
import { packRecipients, type Recipient } from "./campaign-recipients.ts";
import { type AccountShare, dealShares } from "./campaign-shares.ts";
import { renderInput } from "./campaign-template.ts";
import { drawSamples, type Sample } from "./draw-samples.ts";
import {
  campaignCancelScript,
  campaignCreateScript,
  campaignEditScript,
  campaignPauseScript,
  campaignResumeScript,
  campaignStartScript,
} from "./lua/campaign.ts";
import { campaignAcceptScript } from "./lua/campaign-accept.ts";
import { campaignDoubts, type UnsentPage, type UnsentPlace, unsentPage, unsentRecipients } from "./unsent.ts";

export type Campaign = {
  id: string;
  state: CampaignState;
  /** Why it is in this state: `by_hand`, `budget_exhausted`, `first_done`, `all_done`, `expired`; empty for none. */
  why: string;
  definition: CampaignDefinition;
  /** The most that one recipient's call may cost, in credits. */
  creditsPerRecipient: number;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  /** Whether it runs and nothing of it can move. */
  stalled: boolean;
  /** The cause of its stall: `accounts_away`, `accounts_resting`, `key_stopped`, `day_budget` or `brake`; empty while it moves. */
  stalledWhy: string;
  /** Counts the definitions: 1, and one more for each edit. */
  revision: number;
  recipients: { accepted: number; fed: number; ended: number; unsent: number };
  /** Recipients that were not put into a queue yet, by the account whose share they are. */
  left: Record<string, number>;
  /** With how many recipients of its list it was started, after which it pauses; null for all of them. */
  first: number | null;
  /** How many of these were not put into a queue yet; null for all of them. */
  firstLeft: number | null;
  /** Outcomes that Redis no longer lists, as the campaign was over for long, and until when those had come, ms since the epoch. */
  dropped: { count: number; untilMs: number };
  /** Outcomes within the last 60 s. */
  ratePerMinute: number;
  byStatus: Record<string, number>;
  byCode: Record<string, number>;
  /** Outcomes by account and status. */
  byAccount: Record<string, Record<string, number>>;
  credits: { charged: number; uncertain: number; wasted: number; redriven: number; held: number };
};

/** `next`: after which id to go on; null at the end. */
export type CampaignPage = { campaigns: Campaign[]; next: string | null };

const IDS_AT_ONCE = 1_000;
/** A page of campaigns holds texts of this many bytes, or one campaign: a text may carry a file. */
const PAGE_BYTES = 4 * 1024 * 1024;

export type AcceptBatch = {
  accountIds: readonly string[];
  recipients: readonly Recipient[];
  revision?: number | undefined;
  offset?: number | undefined;
};
export type OutcomePages = {
  pageSize?: number;
  /** How many were listed when the reading began. */
  listed?: number;
  /** Finds outcomes by their ids where they are kept longer. */
  elsewhere?: ((outcomeIds: readonly string[]) => Promise<ReadonlyMap<string, Outcome>>) | undefined;
  /** Told of each that is kept nowhere any more. */
  onGone?: (outcomeId: string) => void;
};
/** `fields`: what the list says of the recipient; null where that is not kept with the outcome. */
export type CampaignOutcome = { outcome: Outcome; fields: Recipient["fields"] | null };
/** `next`: the place in the campaign's list behind them. */
export type Accepted = { accepted: number; duplicates: number; next: number };

const ACTIONS = ["start", "pause", "resume", "cancel"] as const;
export type CampaignAction = (typeof ACTIONS)[number];
/**
 * Of a start, and of going on. `first`: so many recipients of the list in its order, then it pauses until it is resumed; of going on counted
 * from the first of the list as well, so that asking twice changes nothing.
 */
export type StartOptions = { first?: number | undefined; allowDoubtfulText?: boolean | undefined };

/** An edit starts over when recipients come in meanwhile, or another edit. */
const EDIT_TRIES = 5;
const MOST_UNFIT_LISTED = 20;
const ALLOW = "edit it, or start it with allowDoubtfulText (--allow-doubtful-text) if this is meant";

const EVENT_SCRIPTS = {
  start: campaignStartScript,
  pause: campaignPauseScript,
  resume: campaignResumeScript,
  cancel: campaignCancelScript,
} as const satisfies Record<CampaignAction, unknown>;

/** A recipient's digest within its campaign. */
export function recipientDigest(recipientId: string): string {
  return hash("sha256", recipientId, "base64url").slice(0, 14);
}

const iso = (ms: string | undefined): string | null => (ms ? new Date(Number(ms)).toISOString() : null);

/** Packing a whole batch takes longer than everybody else in this process should wait. */
async function packYielding(shares: readonly AccountShare[]): Promise<Buffer[]> {
  const packed: Buffer[] = [];
  for (const { recipients } of shares) {
    packed.push(packRecipients(recipients));
    await yieldToEventLoop();
  }
  return packed;
}

export class Campaigns {
  readonly #scripts: RedisScripts;
  readonly #priceOf: PriceOf;

  constructor(scripts: RedisScripts, prices: PriceTable) {
    this.#scripts = scripts;
    this.#priceOf = ({ operation, input }) => prices[operation].credits(input);
  }

  /** Makes a draft. Making the same one again changes nothing; throws `conflict` for another one under the same id. */
  async create(id: string, definition: CampaignDefinition): Promise<Campaign & { created: boolean }> {
    checkDefinition(definition);
    const [said] = existing(id, await this.#scripts.run(campaignCreateScript, { campaign: id, ...this.#stored(definition) }));
    if (said === "conflict")
      throw new LinkupError("conflict", `There is a campaign ${id} with another definition; choose another campaignId`);
    return { ...(await this.#mustRead(id)), created: said === "created" };
  }

  /**
   * Changes a draft's or a paused campaign's definition; it applies to what has not left. Accounts can't change. Every recipient that was
   * not put into a queue is checked against the new text before: throws `invalid_input` when it does not fit one of them.
   */
  async edit(id: string, definition: CampaignDefinition): Promise<Campaign> {
    return await this.amend(id, () => definition);
  }

  /** As `edit`, from the definition as it is: asked again when somebody else edited it meanwhile, so that no edit undoes another. */
  async amend(id: string, change: (definition: CampaignDefinition) => CampaignDefinition): Promise<Campaign> {
    for (let tries = 0; tries < EDIT_TRIES; tries++) {
      const before = await this.#mustRead(id);
      const definition = change(before.definition);
      checkDefinition(definition);
      if (before.definition.operation !== definition.operation || before.definition.accountIds.join() !== definition.accountIds.join()) {
        throw new LinkupError("conflict", "A campaign's operation and accounts stay as they were made; make another campaign");
      }
      if (before.state === "draft" || before.state === "paused") await this.#refuseUnfit(id, definition);
      const seen = { rev: before.revision, accepted: before.recipients.accepted };
      const request = { campaign: id, ...this.#stored(definition), ...seen };
      const [said, state] = existing(id, await this.#scripts.run(campaignEditScript, request));
      if (said === "edited") return await this.#mustRead(id);
      if (said !== "moved") throw new LinkupError("conflict", `Campaign ${id} is ${state}; pause it first`);
    }
    throw new LinkupError(
      "conflict",
      `Campaign ${id} keeps changing: recipients come in, or others edit it. Edit it again; nothing was changed`,
    );
  }

  /**
   * Starts, pauses, resumes or cancels. Throws `conflict` where the state does not allow it, an account that it needs for its start is
   * not there, or it was started with other recipients than `first`; `doubtful_text` for a start with what is probably not meant to be sent; `not_found` for no such campaign.
   */
  async change(id: string, event: CampaignAction, { first, allowDoubtfulText = false }: StartOptions = {}): Promise<Campaign> {
    if (event === "start" && !allowDoubtfulText) return await this.#startSure(id, first);
    return (await this.#changed(id, event, { first })) ?? (await this.#mustRead(id));
  }

  /** Looks through what would be sent before the start; anew when the text was edited meanwhile. */
  async #startSure(id: string, first: number | undefined): Promise<Campaign> {
    for (let tries = 0; tries < EDIT_TRIES; tries++) {
      const campaign = await this.#mustRead(id);
      const issues = campaign.state === "draft" ? await this.doubts(campaign) : [];
      if (issues.length > 0) {
        throw new LinkupError("doubtful_text", `${describeIssues(issues)}. Campaign ${id} was not started; ${ALLOW}`, { issues });
      }
      const started = await this.#changed(id, "start", { first, rev: campaign.revision });
      if (started !== null) return started;
    }
    throw new LinkupError("conflict", `Campaign ${id} keeps changing: others edit it. Start it again; nothing was changed`);
  }

  /** Null when the text is another than `rev`. */
  async #changed(id: string, event: CampaignAction, more: { first?: number | undefined; rev?: number }): Promise<Campaign | null> {
    const [said, state] = existing(id, await this.#scripts.run(EVENT_SCRIPTS[event], { campaign: id, ...more }));
    if (said === "moved") return null;
    if (said === "first") throw new LinkupError("conflict", otherFirst(id, state));
    if (said === "missing") {
      throw new LinkupError("conflict", `There is no account ${state}; register it with PUT /v1/accounts/{id}, or start with handover`);
    }
    if (said === "conflict") throw new LinkupError("conflict", `Campaign ${id} is ${state}; it can't ${event} now`);
    return await this.#mustRead(id);
  }

  /**
   * Takes recipients, each once ever: whose id the campaign knows already are counted as duplicates. All of the batch is in when this
   * returns; after a crash send it again. `revision`: of the text that they were checked against; `offset`: how many were accepted before, as
   * far as the caller knows. Throws `conflict` for a campaign that takes none, or was edited meanwhile.
   */
  async accept(id: string, { accountIds, recipients, revision, offset = 0 }: AcceptBatch): Promise<Accepted> {
    const batch = randomUUID();
    let fresh = new Map(recipients.map((recipient) => [recipientDigest(recipient.id), recipient]));
    let place = offset;
    for (;;) {
      if (fresh.size === 0) return { accepted: 0, duplicates: recipients.length, next: place };
      const shares = dealShares([...fresh.values()], accountIds, place);
      const answer = await this.#scripts.run(
        campaignAcceptScript,
        {
          campaign: id,
          batch,
          rev: revision,
          offset: place,
          digests: [...fresh.keys()],
          shares: shares.map(({ accountId, recipients: some }) => ({ account: accountId, count: some.length })),
        },
        await packYielding(shares),
      );
      if (answer.kind === "ok") return { accepted: fresh.size, duplicates: recipients.length - fresh.size, next: answer.accepted };
      // Others came before them meanwhile: whose share a recipient is goes by the place in the list.
      if (answer.kind === "moved") {
        place = answer.accepted;
        continue;
      }
      if (answer.kind === "edited")
        throw new LinkupError(
          "conflict",
          `Campaign ${id} was edited while its recipients came; send them again, those that are in stay so`,
        );
      if (answer.kind === "closed") {
        if (answer.state === "unknown") throw new LinkupError("not_found", `There is no campaign ${id}`);
        throw new LinkupError("conflict", `Campaign ${id} is ${answer.state}; it takes no recipients`);
      }
      const seen = new Set(answer.digests);
      fresh = new Map([...fresh].filter(([digest]) => !seen.has(digest)));
    }
  }

  /** The inputs that `SAMPLES` of the recipients that are left will be sent, drawn at random, as far as their rows fit the text. */
  async samples(campaign: Campaign, random: () => number = Math.random): Promise<Sample[]> {
    return await drawSamples(this.#scripts, campaign, random);
  }

  /** Parts of the campaign that are probably not meant to be sent as they stand: a start refuses it. */
  async doubts(campaign: Pick<Campaign, "id" | "definition">): Promise<Issue[]> {
    return await campaignDoubts(this.#scripts, campaign);
  }

  /** The recipients that were not put into a queue, by the page; of a campaign that is over they are never sent to. */
  async unsent(
    campaign: Pick<Campaign, "id" | "definition">,
    page: { after?: UnsentPlace | undefined; limit: number },
  ): Promise<UnsentPage> {
    return await unsentPage(this.#scripts, campaign, page);
  }

  async #refuseUnfit(id: string, definition: CampaignDefinition): Promise<void> {
    const issues: Issue[] = [];
    let unfit = 0;
    for await (const recipients of unsentRecipients(this.#scripts, id, definition.accountIds)) {
      for (const recipient of recipients) {
        const rendered = renderInput(definition.operation, definition.input, recipient.fields);
        if (rendered.ok) continue;
        unfit += 1;
        if (issues.length < MOST_UNFIT_LISTED)
          issues.push({ path: `recipients.${recipient.id}`, message: describeIssues(rendered.issues) });
      }
    }
    if (unfit > 0)
      throw new LinkupError("invalid_input", `The text does not fit ${unfit} of the recipients that are left; nothing was changed`, {
        issues,
      });
  }

  /** One campaign, or null. */
  async read(id: string): Promise<Campaign | null> {
    return readCampaign(id, await this.#scripts.client.hgetall(this.#scripts.keys.campaign(id)), this.#priceOf);
  }

  /** A page of campaigns in the order of their ids, after `afterId`: at most `limit`, and fewer where they are large or went meanwhile. */
  async list({ afterId, limit }: { afterId?: string | undefined; limit: number }): Promise<CampaignPage> {
    const ids = await this.#scripts.namesAfter(this.#scripts.keys.campaigns, afterId, limit);
    const fitting = await this.#fittingOnAPage(ids);
    const campaigns = (await Promise.all(fitting.map((id) => this.read(id)))).filter((campaign) => campaign !== null);
    const isLast = fitting.length === ids.length && ids.length < limit;
    return { campaigns, next: isLast ? null : (fitting.at(-1) ?? null) };
  }

  /** The first of these whose texts come to a page; one is always on it, however large. */
  async #fittingOnAPage(ids: readonly string[]): Promise<readonly string[]> {
    if (ids.length === 0) return ids;
    const pipeline = this.#scripts.client.pipeline();
    for (const id of ids) pipeline.hstrlen(this.#scripts.keys.campaign(id), "definition");
    let bytes = 0;
    const lengths = ((await pipeline.exec()) ?? []).map(([, length]) => Number(length ?? 0));
    const over = lengths.findIndex((length, at) => {
      bytes += length;
      return at > 0 && bytes > PAGE_BYTES;
    });
    return over === -1 ? ids : ids.slice(0, over);
  }

  /** The ids of all campaigns, in their order. */
  async *ids(): AsyncGenerator<string> {
    for (let afterId: string | undefined; ; ) {
      const page = await this.#scripts.namesAfter(this.#scripts.keys.campaigns, afterId, IDS_AT_ONCE);
      yield* page;
      afterId = page.at(-1);
      if (page.length < IDS_AT_ONCE) return;
    }
  }

  /**
   * The outcomes of a campaign in the order they came, a page at a time, bounded by count and by bytes. Throws `interrupted` when the list of them is dropped
   * meanwhile. Outcomes that Redis keeps no longer come from `elsewhere`; an outcome that is not there either is left out.
   */
  async *outcomes(id: string, { pageSize = 200, listed, elsewhere, onGone }: OutcomePages = {}): AsyncGenerator<CampaignOutcome> {
    const { client } = this.#scripts;
    const list = this.#scripts.keys.campaignOutcomes(id);
    const atLeast = listed ?? (await client.llen(list));
    for (let from = 0; ; from += pageSize) {
      const ids = await client.lrange(list, from, from + pageSize - 1);
      // It only grows, until it is dropped as a whole.
      if (ids.length === 0 && from < atLeast) {
        throw new LinkupError("interrupted", `The results of campaign ${id} passed their time while they were read; read them again`);
      }
      if (ids.length === 0) return;
      for await (const batch of packedOutcomes(this.#scripts, ids)) {
        const missing = batch.filter(({ packed }) => packed === null).map(({ outcomeId }) => outcomeId);
        const found = missing.length > 0 ? await elsewhere?.(missing) : undefined;
        for (const { outcomeId, packed } of batch) {
          const stored = packed === null ? null : unpackStored(packed);
          const outcome = stored?.outcome ?? found?.get(outcomeId);
          if (outcome === undefined) onGone?.(outcomeId);
          else yield { outcome, fields: stored?.fields ?? null };
        }
      }
    }
  }

  /** How many of the outcomes that are listed are kept neither in Redis nor `elsewhere`. */
  async countGone(id: string, { pageSize = 1_000, elsewhere }: OutcomePages = {}): Promise<number> {
    const { client } = this.#scripts;
    let gone = 0;
    for (let from = 0; ; from += pageSize) {
      const ids = await client.lrange(this.#scripts.keys.campaignOutcomes(id), from, from + pageSize - 1);
      if (ids.length === 0) return gone;
      const keys = ids.map((outcomeId) => this.#scripts.keys.outcome(outcomeId));
      const missing = ids.length - (await client.exists(keys));
      if (missing === 0 || elsewhere === undefined) {
        gone += missing;
        continue;
      }
      const packed = await client.mgetBuffer(keys);
      const asked = ids.filter((_id, at) => packed[at] === null);
      gone += asked.length - (await elsewhere(asked)).size;
    }
  }

  #stored(definition: CampaignDefinition) {
    return {
      definition: JSON.stringify(definition),
      accounts: JSON.stringify(definition.accountIds),
      weight: CAMPAIGN_WEIGHTS[definition.priority],
      maxCredits: definition.maxCredits,
      price: this.#priceOf(definition),
      handover: definition.handover,
      scopes: scopesOf(definition.operation, definition.input).join(),
      startAt: definition.startAt === undefined ? undefined : Date.parse(definition.startAt),
      expiresAt: definition.expiresAt === undefined ? undefined : Date.parse(definition.expiresAt),
    };
  }

  async #mustRead(id: string): Promise<Campaign> {
    const campaign = await this.read(id);
    if (campaign === null) throw new LinkupError("not_found", `There is no campaign ${id}`);
    return campaign;
  }
}

/** Why a campaign can't take the first recipients that somebody asked for; `first`: with how many it was started, '' for all. */
function otherFirst(id: string, first: string): string {
  if (first === "") return `Campaign ${id} was started with all of its recipients; it can't take the first of them alone any more`;
  return `Campaign ${id} was started with its first ${first} recipients; resume it with more than that once it is paused, or without first for all`;
}

/** A script's answer about a campaign. Throws `not_found` where there is none. */
function existing<Said extends readonly [string, string]>(id: string, said: Said): Said {
  if (said[0] === "unknown") throw new LinkupError("not_found", `There is no campaign ${id}`);
  return said;
}

type PriceOf = (definition: CampaignDefinition) => number;

function readCampaign(id: string, fields: Readonly<Record<string, string>>, priceOf: PriceOf): Campaign | null {
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
  const definition = CampaignDefinition.parse(JSON.parse(fields["definition"] ?? "{}"));
  return {
    id,
    state: state.data,
    why: fields["why"] ?? "",
    definition,
    creditsPerRecipient: priceOf(definition),
    createdAt: iso(fields["createdAt"]) ?? "",
    startedAt: iso(fields["startedAt"]),
    endedAt: iso(fields["endedAt"]),
    stalled: fields["stalled"] !== undefined,
    stalledWhy: fields["stalled"] ?? "",
    revision: count("rev"),
    left: byPrefix("left:"),
    first: fields["first"] === undefined ? null : count("first"),
    firstLeft: fields["firstLeft"] === undefined ? null : Math.max(0, count("firstLeft")),
    dropped: { count: count("dropped"), untilMs: count("droppedAt") },
    ratePerMinute: ratePerMinute(fields),
    recipients: {
      accepted: count("accepted"),
      fed: count("fed"),
      ended: count("ended"),
      // A job that a feeder put into a queue before it crashed is not among the fed when the campaign is cancelled then; it ended all the same.
      unsent: count("accepted") - Math.max(count("fed"), count("ended")),
    },
    byStatus: byPrefix("status:"),
    byCode: byPrefix("code:"),
    byAccount,
    credits: {
      charged: count("charged"),
      uncertain: count("uncertain"),
      wasted: count("wasted"),
      redriven: count("redriven"),
      held: count("held"),
    },
  };
}

/** Of the minute before as much as still lies within the last 60 s, and all of this one. */
function ratePerMinute(fields: Readonly<Record<string, string>>): number {
  const minute = Math.floor(Date.now() / 60_000);
  const [known, now, before] = [fields["minute"], fields["minuteCount"], fields["minuteBefore"]].map((text) => Number(text ?? 0));
  const past = 1 - (Date.now() % 60_000) / 60_000;
  if (known === minute) return Math.round((now ?? 0) + (before ?? 0) * past);
  return known === minute - 1 ? Math.round((now ?? 0) * past) : 0;
}
