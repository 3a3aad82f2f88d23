/** A campaign as it is kept, read from its record in Redis. */
import { z } from "zod";
import { CAMPAIGN_STATES, CampaignDefinition, type CampaignState } from "./campaign-definition.ts";

export type Campaign = {
  id: string;
  state: CampaignState;
  /** Why it is in this state: `by_hand`, `budget_exhausted`, `first_done`, `all_done`, `expired`; empty for none. */
  why: string;
  definition: CampaignDefinition;
  /** The most that one recipient may cost, in credits: a call, or in a sequence those of all steps. */
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
  /** `accepted`, `ended`: with those that were `removed` from the draft, which take their places in the list. `waiting`: between two steps of a sequence. */
  recipients: { accepted: number; fed: number; ended: number; unsent: number; waiting: number; removed: number };
  /** Of a sequence, by step: who waits for it, and its outcomes by status. Null for a campaign of one operation. */
  steps: StepCounts[] | null;
  /** Accounts that it had before and that may have jobs of it. */
  formerAccounts: string[];
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
  /** Of the unknown outcomes, those on which a person gave a word. */
  resolved: { happened: number; notHappened: number };
  /** Outcomes by account and status. */
  byAccount: Record<string, Record<string, number>>;
  credits: { charged: number; uncertain: number; wasted: number; redriven: number; held: number };
};

export type StepCounts = { waiting: number; byStatus: Record<string, number> };

/** The most that a person may cost by this text, in credits. */
export type PriceOf = (definition: CampaignDefinition) => number;

const Accounts = z.array(z.string());

const iso = (ms: string | undefined): string | null => (ms ? new Date(Number(ms)).toISOString() : null);

/** A campaign from its record in Redis, or null where there is none, or it was deleted. */
export function readCampaign(id: string, fields: Readonly<Record<string, string>>, priceOf: PriceOf): Campaign | null {
  const state = z.enum(CAMPAIGN_STATES).safeParse(fields["state"]);
  if (!state.success || fields["deletedAt"] !== undefined) return null;
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
  const countsOf = (step: number) => ({ waiting: count(`waiting:${step}`), byStatus: byPrefix(`step:${step}:`) });
  return {
    id,
    steps: definition.steps?.map((_step, at) => countsOf(at + 1)) ?? null,
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
    formerAccounts: Accounts.parse(JSON.parse(fields["formerAccounts"] ?? "[]")),
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
      waiting: count("waiting"),
      removed: count("removed"),
    },
    byStatus: byPrefix("status:"),
    byCode: byPrefix("code:"),
    resolved: { happened: count("resolved:happened"), notHappened: count("resolved:notHappened") },
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
