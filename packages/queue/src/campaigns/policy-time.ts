/** How long accounts need for their recipients by their own policies: caps, pace and hours. Pure arithmetic. */
import {
  type AccountPlan,
  type AccountPolicy,
  CAREFUL,
  CAREFUL_PACE,
  type CountedCap,
  countedCaps,
  type DefaultPolicy,
  drawnPace,
  openTimes,
} from "@linkup-queue/contracts";

export type PolicyOf = { policy: AccountPolicy | null; plan: AccountPlan | null };

const DAY_MS = 86_400_000;
/** Beyond it the same rate goes on. */
const LOOKED_AHEAD_MS = 800 * DAY_MS;
const WRITTEN_DAYS_MS = 60 * DAY_MS;

const mean = ([least, most]: readonly [number, number]) => (least + most) / 2;

function capsOf({ policy, plan }: PolicyOf, setting: DefaultPolicy, scopes: readonly string[]): CountedCap[] {
  const own = policy?.caps ?? (setting === "careful" ? CAREFUL[plan ?? "free"] : {});
  const counted = countedCaps(own);
  return scopes.flatMap((scope) => counted[scope] ?? []);
}

/** The scopes whose caps a job waits for: no note is waited for where the policy says so. */
function waitedFor({ policy }: PolicyOf, scopes: readonly string[]): readonly string[] {
  return (policy?.note ?? "wait") === "wait" ? scopes : scopes.filter((scope) => scope !== "note");
}

/** The mean time from one call to the next, ms: the longest gap of its families, and its part of a break. */
function meanGapMs({ policy }: PolicyOf, setting: DefaultPolicy, scopes: readonly string[]): number {
  const pace = drawnPace(policy?.pace ?? (setting === "careful" ? CAREFUL_PACE : {}));
  const gapMs = scopes.reduce((most, scope) => Math.max(most, mean(pace.gaps[scope] ?? [0, 0])), 0);
  const breakMs = pace.break === undefined || gapMs === 0 ? 0 : mean(pace.break.ms) / mean(pace.break.every);
  return gapMs + breakMs;
}

/** The first moment from one on at which an account is open. Is asked for moments that only grow. */
function openingOf(hours: AccountPolicy["hours"]): (atMs: number) => number {
  if (hours === undefined) return (atMs) => atMs;
  let times: [number, number][] = [];
  let writtenMs = Number.NEGATIVE_INFINITY;
  return (atMs) => {
    for (let turn = 0; turn < LOOKED_AHEAD_MS / WRITTEN_DAYS_MS; turn++) {
      const next = times.find(([, untilMs]) => atMs < untilMs);
      if (next !== undefined) return Math.max(atMs, next[0]);
      const fromMs = Math.max(atMs, writtenMs);
      writtenMs = fromMs + WRITTEN_DAYS_MS;
      times = openTimes(hours, fromMs, writtenMs);
    }
    return Number.POSITIVE_INFINITY;
  };
}

/**
 * When the last of `count` calls of these scopes leaves an account, ms, where each leaves as soon as its policy lets it and nothing was called before
 * `fromMs`; infinite where a cap is 0. Exact for 800 days; beyond them the mean rate of those goes on.
 */
export function lastLeavesMs(
  account: PolicyOf,
  { count, scopes, fromMs, setting }: { count: number; scopes: readonly string[]; fromMs: number; setting: DefaultPolicy },
): number {
  const caps = capsOf(account, setting, waitedFor(account, scopes));
  const gapMs = meanGapMs(account, setting, scopes);
  const hours = account.policy?.hours;
  if (count === 0 || (caps.length === 0 && gapMs === 0 && hours === undefined)) return fromMs;
  const opensMs = openingOf(hours);
  if (caps.length === 0 && gapMs === 0) return opensMs(fromMs);
  const leftMs = new Float64Array(count);
  for (let nth = 0; nth < count; nth++) {
    let atMs = nth === 0 ? fromMs : (leftMs[nth - 1] ?? fromMs) + gapMs;
    for (const [most, windowMs] of caps) {
      if (most === 0) return Number.POSITIVE_INFINITY;
      if (nth >= most) atMs = Math.max(atMs, (leftMs[nth - most] ?? 0) + windowMs);
    }
    atMs = opensMs(atMs);
    if (atMs > fromMs + LOOKED_AHEAD_MS) return nth === 0 ? Number.POSITIVE_INFINITY : fromMs + (LOOKED_AHEAD_MS * count) / nth;
    leftMs[nth] = atMs;
  }
  return leftMs[count - 1] ?? fromMs;
}
