/**
 * Why a job makes no call now, as one value from the facts that Redis has, in the order of the gate's checks. Pure: it reads nothing, and what
 * it says binds nobody; the gate alone decides.
 */
import { PRIORITIES, type WaitReason, type WaitsFor } from "@linkup-queue/contracts";
import { endsByHand } from "../safety/rests.ts";

/** The rules of an account, as a job that waits for it says. */
export const ACCOUNT_RULES = ["account_cap", "warm_up", "account_pace", "hours"] as const satisfies WaitReason[];
type AccountRule = (typeof ACCOUNT_RULES)[number];

export type AccountFacts = { state: string; until?: number | undefined; max: number; inFlight: number; ahead: number };
export type CampaignFacts = {
  state: string;
  why: string;
  startAt: number;
  /** Empty: no bound. */
  maxCredits: string;
  charged: number;
  uncertain: number;
  held: number;
};
export type RoomFacts = { ms: number; reason: "" | "window" | "pace" };

/** The facts that are the same for all jobs at one moment. Times are ms since the epoch, by Redis's clock. */
export type SharedFacts = {
  nowMs: number;
  dayEndsMs: number;
  spent: number;
  maxCreditsPerDay: number | null;
  accountConcurrency: number;
  /** The shortage that keeps calls from leaving on this Redis. */
  redisShortage: "redis_memory" | "redis_replicas" | null;
  key: {
    born?: string | undefined;
    closedUntil: number;
    state: string;
    reason: string;
    until: number;
    nextProbe: number;
    unproven?: string | undefined;
    /** Set while the state in Redis is older than what was sent. */
    lost?: string | undefined;
    probeOut: boolean;
    doubtFull: boolean;
    normal: RoomFacts;
    urgent: RoomFacts;
  };
};

/** The facts that are one job's own. */
export type WaitingJob = {
  accountId: string | null;
  /** The ledger's entry; empty without one. */
  entry: { state?: string | undefined; deadline?: number | undefined; chosen?: string | undefined; lookAt?: number | undefined };
  priority: number;
  price: number;
  fetched: boolean;
  /** When BullMQ's `delayed` lets it go. */
  due?: number | undefined;
  /** Whether a worker has it in hand, where that matters. */
  locked?: boolean | undefined;
  position?: number | undefined;
  /** Until when its family or operation rests at its account. */
  restUntil?: number | undefined;
  /** The rule of its account that it waits for, and until when. */
  rule?: { till: number; why: AccountRule } | undefined;
  account: AccountFacts | undefined;
  campaign: CampaignFacts | undefined;
  brake: { nextProbe: number } | undefined;
};

type Check = (job: WaitingJob, facts: SharedFacts) => WaitsFor | null;

/** The gate's checks in its order; what it told last is what it would tell now. */
const CHECKS: readonly Check[] = [stateLost, freshState, brake, key, redis, campaign, account, credits, rateWindow];

/** Null for a job that has ended, or whose call is out. */
export function waitsFor(job: WaitingJob, facts: SharedFacts): WaitsFor | null {
  const { entry, due } = job;
  switch (entry.state) {
    case "settled":
    case "vanished":
      return null;
    case "open":
      return job.locked === false ? waits("open_call", { untilMs: entry.deadline }) : null;
    case "parked":
      return parked(job, facts);
    case "held":
      return standsStill(job) ?? atGate(job, facts);
    case "braked":
      return brake(job, facts) ?? atGate(job, facts);
  }
  return due === undefined ? atGate(job, facts) : later(job, facts, due);
}

/** The causes that keep every call of the key from leaving. */
const FOR_ALL: readonly Check[] = [stateLost, freshState, key, redis, credits];

/** Behind others of its account. While no call of that is out they wait for what keeps all jobs, and so does it. */
function parked(job: WaitingJob, facts: SharedFacts): WaitsFor {
  const own = account(job, facts) ?? waits("busy", job);
  if (own.reason !== "busy" || (job.account?.inFlight ?? 0) > 0) return own;
  return { ...own, ...firstOf(FOR_ALL, job, facts) };
}

function firstOf(checks: readonly Check[], job: WaitingJob, facts: SharedFacts): WaitsFor | null {
  for (const check of checks) {
    const found = check(job, facts);
    if (found !== null) return found;
  }
  return null;
}

function atGate(job: WaitingJob, facts: SharedFacts): WaitsFor {
  return firstOf(CHECKS, job, facts) ?? waits("worker_full");
}

/** In BullMQ's `delayed` by its own date, or put off by the gate or after a failure. */
function later(job: WaitingJob, facts: SharedFacts, due: number): WaitsFor {
  const { lookAt } = job.entry;
  if (lookAt !== undefined && lookAt > facts.nowMs) return waits("reconciling", { untilMs: lookAt });
  if (!job.fetched) return waits("run_at", { untilMs: due });
  const putOff = overDay(job, facts) ?? campaign(job, facts);
  return putOff ?? waits("backoff", { untilMs: due });
}

type Details = { untilMs?: number | undefined; accountId?: string | null; position?: number | undefined };

/** The last moment that a date can be: plain BullMQ jobs may have any number for their delay. */
const LAST_MS = 8_640_000_000_000_000;

function waits(reason: WaitReason, { untilMs, accountId, position }: Details = {}): WaitsFor {
  return {
    reason,
    ...(untilMs === undefined || Math.abs(untilMs) > LAST_MS ? {} : { until: new Date(untilMs).toISOString() }),
    ...(accountId == null ? {} : { accountId }),
    ...(position === undefined ? {} : { position }),
  };
}

function stateLost(_job: WaitingJob, { key: { lost } }: SharedFacts): WaitsFor | null {
  return lost === undefined ? null : waits("state_lost");
}

function freshState(_job: WaitingJob, { nowMs, key: { born, closedUntil } }: SharedFacts): WaitsFor | null {
  if (born === undefined) return waits("fresh_state");
  return closedUntil > nowMs ? waits("fresh_state", { untilMs: closedUntil }) : null;
}

function brake({ brake: on, entry, position }: WaitingJob, { key: { state, reason } }: SharedFacts): WaitsFor | null {
  if (on === undefined || entry.chosen === "1") return null;
  const byHand = state === "stopped" && reason === "by_hand";
  return waits("brake", { untilMs: byHand ? undefined : on.nextProbe, position });
}

function key(_job: WaitingJob, { nowMs, key: is }: SharedFacts): WaitsFor | null {
  let probing = false;
  if (is.state === "stopped") {
    if (is.reason === "by_hand") return waits("key_stopped");
    if (nowMs < is.nextProbe) return waits("key_stopped", { untilMs: is.nextProbe });
    probing = true;
  } else if (is.state === "cooling") {
    if (nowMs < is.until) return waits("key_cooling", { untilMs: is.until });
    probing = is.reason === "server_errors";
  }
  return (probing || is.unproven !== undefined) && is.probeOut ? waits("probe_out") : null;
}

function redis(_job: WaitingJob, { redisShortage }: SharedFacts): WaitsFor | null {
  return redisShortage === null ? null : waits(redisShortage);
}

/** Of a job that its campaign holds. */
function standsStill({ campaign: of }: WaitingJob): WaitsFor | null {
  if (of === undefined) return null;
  if (of.state === "scheduled") return waits("campaign_scheduled", { untilMs: of.startAt > 0 ? of.startAt : undefined });
  if (of.state === "paused") return waits(of.why === "budget_exhausted" ? "budget_exhausted" : "campaign_paused");
  return of.state === "draft" ? waits("budget_exhausted") : null;
}

function campaign(job: WaitingJob, _facts: SharedFacts): WaitsFor | null {
  const { campaign: of, price } = job;
  if (of === undefined) return null;
  if (of.state === "paused" || of.state === "scheduled") return standsStill(job);
  if (of.maxCredits === "" || of.charged + of.uncertain + of.held + price <= Number(of.maxCredits)) return null;
  return waits(of.held > 0 ? "campaign_budget" : "budget_exhausted");
}

const AWAY: Readonly<Record<string, WaitReason>> = {
  refreshing: "refreshing",
  awaiting_code: "awaiting_code",
  needs_attention: "needs_attention",
  disabled: "disabled",
};

function account(job: WaitingJob, { nowMs, accountConcurrency }: SharedFacts): WaitsFor | null {
  const { account: of, accountId, position, priority } = job;
  if (of === undefined) return null;
  const away = AWAY[of.state];
  if (away !== undefined) return waits(away, { accountId, position });
  if (of.state === "cooling" && (of.until ?? 0) > nowMs) return waits("resting", { accountId, position, untilMs: of.until });
  const { restUntil, rule } = job;
  if (restUntil !== undefined) return waits("resting", { accountId, position, untilMs: endsByHand(restUntil) ? undefined : restUntil });
  if (rule !== undefined) {
    return waits(rule.why, { accountId, position, untilMs: endsByHand(rule.till) ? undefined : rule.till });
  }
  const max = of.max > 0 ? of.max : accountConcurrency;
  // A released job was handed its place; an urgent one passes those that were.
  const ahead = priority === PRIORITIES.urgent || job.entry.state === "released" ? 0 : of.ahead;
  return of.inFlight + ahead >= max ? waits("busy", { accountId, position }) : null;
}

function overDay({ price }: WaitingJob, { maxCreditsPerDay, dayEndsMs }: SharedFacts): WaitsFor | null {
  return maxCreditsPerDay !== null && price > maxCreditsPerDay ? waits("over_day_budget", { untilMs: dayEndsMs }) : null;
}

function credits(job: WaitingJob, facts: SharedFacts): WaitsFor | null {
  const { maxCreditsPerDay, spent, dayEndsMs } = facts;
  if (maxCreditsPerDay === null) return null;
  return overDay(job, facts) ?? (spent + job.price > maxCreditsPerDay ? waits("day_budget", { untilMs: dayEndsMs }) : null);
}

function rateWindow({ priority }: WaitingJob, { nowMs, key: { doubtFull, normal, urgent } }: SharedFacts): WaitsFor | null {
  if (doubtFull) return waits("probe_out");
  const room = priority === PRIORITIES.urgent ? urgent : normal;
  return room.reason === "" ? null : waits(room.reason, { untilMs: nowMs + room.ms });
}
