/** A campaign's cost, its finish at today's load, and the part of it that can't be sent. Reads the load; the arithmetic is pure. */
import { type DefaultPolicy, scopesOf } from "@linkup-queue/contracts";
import type { Account, Accounts } from "../accounts/accounts.ts";
import { readCredits } from "../ledger/credits.ts";
import type { KeyStates } from "../ledger/key-state.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { readBacklog } from "../views/backlog.ts";
import { CAMPAIGN_WEIGHTS } from "./campaign-definition.ts";
import type { Campaign } from "./campaign-record.ts";
import { longestWaitMs } from "./campaign-steps.ts";
import type { Campaigns } from "./campaigns.ts";
import type { OutOfReach } from "./out-of-reach.ts";
import { lastLeavesMs } from "./policy-time.ts";

/** Other work that wants the key's calls now. */
export type Load = {
  nowMs: number;
  /** Calls that leave in a millisecond, at most. */
  callsPerMs: number;
  meanHoldMs: number;
  keyState: "open" | "cooling" | "stopped";
  /** Jobs that wait or are retried and belong to no campaign, as far as the counts tell. */
  otherJobs: number;
  running: readonly { id: string; left: number; weight: number }[];
  accounts: ReadonlyMap<string, Account>;
  /** Credits that the days have; null for no bound. */
  creditsPerDay: number | null;
  creditsLeftToday: number;
  accountConcurrency: number;
  /** The policy of accounts that set none. */
  accountPolicy: DefaultPolicy;
};

export type CannotSend = { accountId: string; state: string; recipients: number; why: string };

export type Estimate = {
  creditsPerRecipient: number;
  /** Recipients without an outcome. */
  recipients: number;
  /** For those recipients, as far as prices are known. */
  credits: number;
  /** When those that can be sent will be done; null when nothing can move. ms since the epoch. */
  finishMs: number | null;
  cannotSend: CannotSend[];
  /** The recipients who would not be written to as of now; null where nobody looked, or it writes to nobody. */
  outOfReach: OutOfReach | null;
  /** Warnings for a person, each a sentence. */
  notes: string[];
};

const DAY_MS = 86_400_000;
/** Of the window that work may use: one slot in a hundred is kept for urgent jobs, brackets cost the rest. */
const USABLE = 0.98;
const LEAST_CALL_MS = 300;
const MOST_RUNNING = 200;

type Parts = { scripts: RedisScripts; config: EngineConfig; accounts: Accounts; keys: KeyStates; campaigns: Campaigns };

/** Looks at what is going on. `of`: the campaigns whose accounts are looked at. */
export async function readLoad({ scripts, config, accounts, keys, campaigns }: Parts, of: readonly Campaign[]): Promise<Load> {
  const key = await keys.read();
  const ids = await scripts.client.zrange(scripts.keys.running, "0", String(MOST_RUNNING - 1));
  const names = [...new Set(of.flatMap(({ definition }) => definition.accountIds))];
  const [running, backlog, credits, found] = await Promise.all([
    Promise.all(ids.map((id) => campaigns.read(id))),
    readBacklog(scripts, config.keyId, key.nowMs),
    readCredits(scripts, { days: 1, nowMs: key.nowMs }),
    accounts.readMany(names),
  ]);
  const known = running.filter((campaign) => campaign !== null);
  const ahead = known.reduce((sum, { recipients }) => sum + recipients.fed - recipients.ended - recipients.waiting, 0);
  const waiting = backlog.queues
    .filter(({ queue }) => queue !== "results" && queue !== "auth")
    .reduce((sum, queue) => sum + queue.waiting + queue.delayed, 0);
  return {
    nowMs: key.nowMs,
    callsPerMs: (config.rateLimit * USABLE) / config.rateWindowMs,
    meanHoldMs: key.meanHoldMs,
    keyState: key.state,
    otherJobs: Math.max(0, waiting - ahead),
    running: known.map((campaign) => ({
      id: campaign.id,
      left: campaign.recipients.accepted - campaign.recipients.ended,
      weight: CAMPAIGN_WEIGHTS[campaign.definition.priority],
    })),
    accounts: new Map(found.map((account) => [account.id, account])),
    creditsPerDay: config.maxCreditsPerDay,
    creditsLeftToday: Math.max(0, (config.maxCreditsPerDay ?? 0) - credits.total.charged - credits.total.uncertain),
    accountConcurrency: config.accountConcurrency,
    accountPolicy: config.accountPolicy,
  };
}

/** The estimate of a campaign. Nothing for one that is over. `outOfReach`: null where nobody looked. */
export function estimate(campaign: Campaign, load: Load, outOfReach: OutOfReach | null = null): Estimate {
  const { definition, recipients, credits, creditsPerRecipient: price } = campaign;
  const over = campaign.state === "ended" || campaign.state === "cancelled";
  const out = Math.max(0, recipients.fed - recipients.ended - recipients.waiting);
  const left = over ? out : recipients.accepted - recipients.ended;
  const notes: string[] = [];
  const cannotSend = over ? [] : whoCannotSend(campaign, load);
  const unsendable = cannotSend.reduce((sum, one) => sum + one.recipients, 0);
  let sendable = Math.max(0, left - unsendable);
  if (campaign.first !== null && campaign.firstLeft !== null) {
    const due = campaign.firstLeft + out + recipients.waiting;
    if (due < left) notes.push(`It pauses when its first ${campaign.first} recipients have their outcome`);
    sendable = Math.min(sendable, due);
  }
  const unreached = over ? 0 : (outOfReach?.recipients ?? 0);
  if (outOfReach !== null && unreached > 0) {
    notes.push(unreachedText(outOfReach, recipients.unsent));
    sendable -= Math.round((sendable * unreached) / Math.max(1, left));
  }

  if (definition.maxCredits !== undefined && price > 0) {
    const affordable = Math.max(0, Math.floor((definition.maxCredits - credits.charged - credits.uncertain) / price));
    if (affordable < sendable) notes.push(`maxCredits lets ${affordable} of the ${sendable} recipients through; the campaign then pauses`);
    sendable = Math.min(sendable, affordable);
  }
  if (load.keyState === "stopped") notes.push("The API key is stopped: nothing leaves until it is opened");
  const stuck = sendable === 0 && left > 0;
  let finishMs = stuck || load.keyState === "stopped" || left === 0 ? null : finishOf(campaign, sendable, load);
  if (finishMs !== null) {
    const byPolicyMs = endByPolicies(campaign, sendable, load);
    if (byPolicyMs === Number.POSITIVE_INFINITY) {
      notes.push("A cap of 0, or hours that never open, keep an account's recipients from ever leaving");
      finishMs = null;
    } else if (byPolicyMs > finishMs) {
      const days = Math.ceil((byPolicyMs - startOf(campaign, load)) / DAY_MS);
      if (days > 1)
        notes.push(
          `By the policies of its accounts it takes about ${days} days: ${sendable} recipients over ${definition.accountIds.length} accounts`,
        );
      finishMs = byPolicyMs;
    }
  }
  if (definition.steps !== undefined && left > 0) {
    notes.push(
      `A sequence of ${definition.steps.length} steps: credits are those of all steps for everybody, and whoever answers or is refused costs less`,
    );
    if (finishMs !== null) finishMs += longestWaitMs(definition);
  }
  const expiresMs = definition.expiresAt === undefined ? null : Date.parse(definition.expiresAt);
  if (finishMs !== null && expiresMs !== null && finishMs > expiresMs) {
    notes.push(
      "At today's load, and by the policies of its accounts, expiresAt comes before the end: the recipients left then are not sent to",
    );
    finishMs = expiresMs;
  }
  return { creditsPerRecipient: price, recipients: left, credits: (left - unreached) * price, finishMs, cannotSend, outOfReach, notes };
}

const UNREACHED_WORDS: Readonly<Record<keyof OutOfReach["byCode"], string>> = {
  suppressed: "suppressed",
  replied: "answered",
  contacted_recently: "written to lately",
};

function unreachedText({ recipients, byCode, looked }: OutOfReach, unsent: number): string {
  const causes = Object.entries(UNREACHED_WORDS).flatMap(([code, word]) => {
    const count = byCode[code as keyof typeof byCode];
    return count > 0 ? [`${count} ${word}`] : [];
  });
  const about = looked < unsent ? "About " : "";
  return `${about}${recipients} of the ${unsent} recipients that are left would not be written to now, and end free of charge: ${causes.join(", ")}`;
}

function whoCannotSend({ definition, left }: Campaign, { accounts }: Load): CannotSend[] {
  const works = (id: string) => {
    const state = accounts.get(id)?.state;
    return state === "active" || state === "refreshing";
  };
  if (definition.handover && definition.accountIds.some(works)) return [];
  return definition.accountIds.flatMap((accountId) => {
    if (works(accountId)) return [];
    const account = accounts.get(accountId);
    const recipients = left[accountId] ?? 0;
    if (account === undefined) {
      const why = "there is no such account; its recipients would end account_unavailable, free. Register it with PUT /v1/accounts/{id}";
      return [{ accountId, state: "gone", recipients, why }];
    }
    return [{ accountId, state: account.state, recipients, why: account.why === "" ? "they wait until it is back" : account.why }];
  });
}

function startOf({ definition }: Campaign, { nowMs }: Load): number {
  return Math.max(nowMs, definition.startAt === undefined ? 0 : Date.parse(definition.startAt));
}

/** When the last recipient leaves by the caps, pace and hours of its accounts, of which nothing is used yet. With handover they share evenly. */
function endByPolicies(campaign: Campaign, sendable: number, load: Load): number {
  const { definition, left, firstLeft } = campaign;
  const scopes = scopesOf(definition.operation, definition.input);
  const shareOf = (id: string) =>
    definition.handover
      ? Math.ceil(sendable / definition.accountIds.length)
      : Math.min(left[id] ?? 0, firstLeft ?? Number.POSITIVE_INFINITY, sendable);
  const fromMs = startOf(campaign, load);
  return definition.accountIds.reduce((latest, id) => {
    const account = load.accounts.get(id) ?? { policy: null, plan: null };
    return Math.max(latest, lastLeavesMs(account, { count: shareOf(id), scopes, fromMs, setting: load.accountPolicy }));
  }, fromMs);
}

/** Campaigns share the calls by weight, other jobs go first, and no account does more than its calls in flight allow. */
function finishOf(campaign: Campaign, sendable: number, load: Load): number {
  const { definition } = campaign;
  const weight = CAMPAIGN_WEIGHTS[definition.priority];
  const shared = load.running
    .filter(({ id }) => id !== campaign.id)
    .reduce((sum, other) => sum + Math.min(other.left, (sendable * other.weight) / weight), 0);
  const byWindowMs = (load.otherJobs + sendable + shared) / load.callsPerMs;
  const callMs = Math.max(LEAST_CALL_MS, load.meanHoldMs);
  const leftOf = (id: string) => Math.min(campaign.left[id] ?? 0, campaign.firstLeft ?? Number.POSITIVE_INFINITY);
  const lanes = definition.accountIds.map((id) => load.accounts.get(id)?.maxInFlight ?? load.accountConcurrency);
  const byAccountsMs = definition.handover
    ? (sendable * callMs) /
      Math.max(
        1,
        lanes.reduce((sum, lane) => sum + lane, 0),
      )
    : definition.accountIds.reduce((most, id, at) => Math.max(most, (leftOf(id) * callMs) / Math.max(1, lanes[at] ?? 1)), 0);
  const startMs = startOf(campaign, load);
  const finishMs = startMs + Math.max(byWindowMs, byAccountsMs);
  if (load.creditsPerDay === null) return finishMs;
  const startDay = Math.floor(startMs / DAY_MS);
  const creditsThen = startDay > Math.floor(load.nowMs / DAY_MS) ? load.creditsPerDay : load.creditsLeftToday;
  const beyondThatDay = sendable * campaign.creditsPerRecipient - creditsThen;
  if (beyondThatDay <= 0) return finishMs;
  const lastDay = startDay + Math.ceil(beyondThatDay / load.creditsPerDay);
  return Math.max(finishMs, lastDay * DAY_MS);
}
