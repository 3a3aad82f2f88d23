/**
 * Campaigns: one record, compressed recipients, a cursor. Everything a person does to one is a single write, whatever its size.
 * Nothing here puts a job into a queue; the feeder does.
 */
import { describeIssues, type Issue, LinkupError, type PriceTable, scopesOf } from "@linkup-queue/contracts";
import type { RedisScripts } from "../redis/scripts.ts";
import { type AcceptBatch, type Accepted, acceptRecipients } from "./accept-recipients.ts";
import type { CampaignDeal } from "./campaign-deal.ts";
import { CAMPAIGN_WEIGHTS, type CampaignDefinition, checkDefinition, membersOf } from "./campaign-definition.ts";
import { type CampaignOutcome, campaignOutcomes, countGoneOutcomes, type OutcomePages } from "./campaign-outcomes.ts";
import { type Campaign, type PriceOf, readCampaign } from "./campaign-record.ts";
import { renderSteps, storedSteps, textsOfSteps, waitShifts } from "./campaign-steps.ts";
import { dealAnew } from "./deal-anew.ts";
import {
  campaignCancelScript,
  campaignCreateScript,
  campaignEditScript,
  campaignPauseScript,
  campaignResumeScript,
  campaignStartScript,
} from "./lua/campaign.ts";
import { campaignDeleteScript } from "./lua/campaign-forget.ts";
import { LOOK, mostLooks, signAsked } from "./step-looks.ts";
import { campaignDoubts, type UnsentPage, type UnsentPlace, unsentPage, unsentRecipients } from "./unsent.ts";

/** `next`: after which id to go on; null at the end. */
export type CampaignPage = { campaigns: Campaign[]; next: string | null };

const IDS_AT_ONCE = 1_000;
/** A page of campaigns holds texts of this many bytes, or one campaign: a text may carry a file. */
const PAGE_BYTES = 4 * 1024 * 1024;

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

export class Campaigns {
  readonly #scripts: RedisScripts;
  readonly #priceOf: PriceOf;
  /** Of each step. */
  readonly #pricesOf: (definition: CampaignDefinition) => number[];

  constructor(scripts: RedisScripts, prices: PriceTable) {
    this.#scripts = scripts;
    this.#pricesOf = (definition) => textsOfSteps(definition).map(({ operation, input }) => prices[operation].credits(input));
    this.#priceOf = (definition) => {
      const { steps = [] } = definition;
      const looks = steps.reduce((sum, _step, at) => sum + mostLooks(steps, at), 0);
      const look = looks === 0 ? 0 : looks * prices[LOOK].credits({});
      return this.#pricesOf(definition).reduce((sum, price) => sum + price, look);
    };
  }

  /** Makes a draft. Making the same one again changes nothing; throws `conflict` for another one under the same id. */
  async create(id: string, definition: CampaignDefinition): Promise<Campaign & { created: boolean }> {
    checkDefinition(definition);
    const [said, state] = existing(id, await this.#scripts.run(campaignCreateScript, { campaign: id, ...this.#stored(definition) }));
    if (said === "conflict") throw new LinkupError("conflict", `${takenBy(id, state)}; choose another campaignId`);
    return { ...(await this.#mustRead(id)), created: said === "created" };
  }

  /**
   * Changes a draft's or a paused campaign's definition; it applies to what has not left. Every recipient that was not put into a queue is checked
   * against the new text before: throws `invalid_input` when it does not fit one of them. Other accounts share those recipients anew; a recipient
   * that was put into a queue stays with its account.
   */
  async edit(id: string, definition: CampaignDefinition): Promise<Campaign> {
    return await this.amend(id, () => definition);
  }

  /**
   * As `edit`, from the definition as it is: asked again when somebody else edited it meanwhile, so that no edit undoes another. `by`: who asks, for its history. Throws
   * `doubtful_text` where a paused campaign would go on with what its start would have refused.
   */
  async amend(
    id: string,
    change: (definition: CampaignDefinition) => CampaignDefinition,
    { allowDoubtfulText = false, by }: Pick<StartOptions, "allowDoubtfulText"> & { by?: string | undefined } = {},
  ): Promise<Campaign> {
    for (let tries = 0; tries < EDIT_TRIES; tries++) {
      const before = await this.#mustRead(id);
      const definition = change(before.definition);
      checkDefinition(definition);
      refuseOtherWork(before, definition);
      const mayChange = before.state === "draft" || before.state === "paused";
      if (mayChange) await this.#refuseUnfit(before, definition);
      // A draft is looked through at its start; nobody looks again at what goes on.
      if (before.state === "paused" && !allowDoubtfulText) await this.#refuseNewDoubts(before, definition);
      const deal = mayChange ? await this.#dealt(before, definition) : undefined;
      const seen = { rev: before.revision, accepted: before.recipients.accepted };
      const shifts = waitShifts(before.definition, definition);
      const draft = before.state === "draft";
      const request = { campaign: id, ...this.#stored(definition), ...seen, draft, deal, by, ...(shifts === null ? {} : { shifts }) };
      const [said, state] = existing(id, await this.#scripts.run(campaignEditScript, request));
      if (said === "edited") return await this.#mustRead(id);
      if (said === "missing") throw new LinkupError("conflict", `${missingText(state)}. Nothing was changed`);
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
    if (said === "missing") throw new LinkupError("conflict", `${missingText(state)}, or start with handover`);
    if (said === "conflict") throw new LinkupError("conflict", `Campaign ${id} is ${state}; it can't ${event} now`);
    return await this.#mustRead(id);
  }

  /**
   * Deletes a draft, or a campaign that is over: its list and its results; outcomes are still read by their jobs. The id of one that was started stays taken until
   * those of its jobs are free. Throws `not_found`, and `conflict` while it may go on, or jobs of it have no outcome.
   */
  async remove(id: string): Promise<void> {
    const [said, state] = existing(id, await this.#scripts.run(campaignDeleteScript, { campaign: id }));
    if (said === "conflict") throw new LinkupError("conflict", `Campaign ${id} is ${state}; cancel it first`);
    if (said === "open") throw new LinkupError("conflict", `Jobs of campaign ${id} have no outcome yet; delete it once they do`);
  }

  /** Takes recipients, each once ever. Throws `conflict` for a campaign that takes none, or was edited meanwhile; see acceptRecipients. */
  async accept(id: string, batch: AcceptBatch): Promise<Accepted> {
    return await acceptRecipients(this.#scripts, id, batch);
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

  /** Throws `doubtful_text` for what a start would refuse and the text as it was did not hold. */
  async #refuseNewDoubts({ id, definition: was }: Campaign, definition: CampaignDefinition): Promise<void> {
    const known = new Set((await this.doubts({ id, definition: was })).map((issue) => describeIssues([issue])));
    // Its recipients lie by the accounts of before.
    const becomes = { ...definition, accountIds: was.accountIds };
    const issues = (await this.doubts({ id, definition: becomes })).filter((issue) => !known.has(describeIssues([issue])));
    if (issues.length === 0) return;
    const advice = "nothing was changed; write it otherwise, or allow it with allowDoubtfulText if this is meant";
    throw new LinkupError("doubtful_text", `${describeIssues(issues)}. Campaign ${id}: ${advice}`, { issues });
  }

  /** Its recipients laid out for the accounts of `definition`; undefined where these are as before. */
  async #dealt(
    { id, definition: { accountIds: from } }: Campaign,
    { accountIds: to }: CampaignDefinition,
  ): Promise<CampaignDeal | undefined> {
    return from.join() === to.join() ? undefined : await dealAnew(this.#scripts, id, { from, to });
  }

  async #refuseUnfit({ id, definition: { accountIds } }: Campaign, definition: CampaignDefinition): Promise<void> {
    const issues: Issue[] = [];
    let unfit = 0;
    for await (const recipients of unsentRecipients(this.#scripts, id, accountIds)) {
      for (const recipient of recipients) {
        const rendered = renderSteps(definition, recipient.fields);
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

  /** The outcomes of a campaign in the order they came, a page at a time; see campaignOutcomes. */
  outcomes(id: string, pages: OutcomePages = {}): AsyncGenerator<CampaignOutcome> {
    return campaignOutcomes(this.#scripts, id, pages);
  }

  /** How many of the outcomes that are listed are kept neither in Redis nor `elsewhere`. */
  async countGone(id: string, pages: OutcomePages = {}): Promise<number> {
    return await countGoneOutcomes(this.#scripts, id, pages);
  }

  #stored(definition: CampaignDefinition) {
    return {
      definition: JSON.stringify(membersOf(definition)),
      accounts: JSON.stringify(definition.accountIds),
      weight: CAMPAIGN_WEIGHTS[definition.priority],
      maxCredits: definition.maxCredits,
      // A call's, and not a person's.
      price: this.#pricesOf(definition).reduce((most, price) => Math.max(most, price), 0),
      handover: definition.handover,
      gapDays: definition.contactGapDays || undefined,
      stopOnReply: definition.stopOnReply || undefined,
      scopes: scopesOf(definition.operation, definition.input).join(),
      ...storedSteps(definition),
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

/** Throws `conflict` where an edit would change what is done, and not only how it is said. Steps may follow those that there are; of a draft, which has done none, they may be any. */
function refuseOtherWork({ state, definition: was }: Pick<Campaign, "state" | "definition">, becomes: CampaignDefinition): void {
  if ((was.steps === undefined) !== (becomes.steps === undefined)) {
    throw new LinkupError("conflict", "A campaign of one operation stays one, and so does one with steps; make another campaign");
  }
  if (was.steps !== undefined && state === "draft") return;
  const [before, after] = [textsOfSteps(was), textsOfSteps(becomes)];
  if (before.every(({ operation }, at) => after[at]?.operation === operation)) {
    // A job that waits in its queue went by the sign that its step asked for then.
    if ((was.steps ?? []).every((step, at) => signAsked(step) === signAsked(becomes.steps?.[at]))) return;
    const message =
      "A campaign's steps keep whether they are for people who accepted, or who did not: a step that waits in its queue went by that. Make another campaign";
    throw new LinkupError("conflict", message);
  }
  const message =
    was.steps === undefined
      ? "A campaign's operation stays as it was made; make another campaign"
      : "The steps of a campaign that was started keep their operations and their order, and none goes: more may follow them. Make another campaign";
  throw new LinkupError("conflict", message);
}

function takenBy(id: string, state: string): string {
  return state === "deleted" ? `The id ${id} was a deleted campaign's` : `There is a campaign ${id} with another definition`;
}

/** `names`: as words. */
function missingText(names: string): string {
  return `There is no account ${names}; register it with PUT /v1/accounts/{id}`;
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
