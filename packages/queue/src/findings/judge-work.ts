/** Causes that keep jobs from being made or from being known: the day's credits, campaigns, unknown outcomes, schedules. Pure. */
import type { StallCause } from "../campaigns/campaign-definition.ts";
import type { CampaignHead } from "../campaigns/campaign-heads.ts";
import { campaignWhy } from "../campaigns/campaign-why.ts";
import type { DayBudget } from "../ledger/day-budget.ts";
import type { Schedule } from "../schedules/schedule-view.ts";
import { type Finding, fail, ok, shortened, span, warn } from "./finding.ts";

const DAY_MS = 86_400_000;

export function judgeDayBudget(budget: DayBudget | null): Finding[] {
  if (budget === null) return [];
  const { limit, spent, committed, resetsAtMs, waiting } = budget;
  const found = `${spent} of ${limit} credits spent today, ${committed} out`;
  if (spent + committed < limit) return [ok("day budget", found)];
  const until = new Date(resetsAtMs).toISOString();
  return [
    warn(
      "day budget",
      `${found}: ${waiting} jobs wait until ${until}`,
      "They go on by themselves then, free; to let them go now raise LINKUP_MAX_CREDITS_PER_DAY and restart workers and api",
    ),
  ];
}

/** Where a person sees to the cause of a stall. */
const SEE: Readonly<Record<StallCause, string>> = {
  accounts_away: "linkup account list",
  accounts_resting: "linkup account list",
  key_stopped: "key",
  day_budget: "day budget",
  brake: "brake",
};

/** Campaigns that stand still, and those that can't come to their end as they are. */
export function judgeCampaigns(heads: readonly CampaignHead[]): Finding[] {
  const troubled = heads.flatMap((head) => judgeCampaign(head) ?? []);
  return troubled.length === 0 ? [ok("campaigns", `${heads.length} not over, none stands still`)] : shortened(troubled);
}

function judgeCampaign(head: CampaignHead): Finding | null {
  const { id, state, why, stalled, changedAt, maxCredits, price } = head;
  const left = head.accepted - head.fed;
  const about = { subject: id, sinceMs: changedAt > 0 ? changedAt : null };
  const raise = `Raise its maxCredits with PATCH /v1/campaigns/${id} (paused), then: linkup campaign resume ${id}`;
  if (state === "paused" && why === "budget_exhausted") {
    return warn("campaigns", `${id} is paused: its ${maxCredits} credits are used up, ${head.accepted - head.ended} recipients are left`, {
      remedy: raise,
      ...about,
    });
  }
  if (state !== "running") return null;
  if (stalled !== "") {
    const see = SEE[stalled as StallCause];
    const remedy = see === undefined ? campaignWhy(stalled) : `${campaignWhy(stalled)}: see ${see}`;
    return warn("campaigns", `${id} has stalled (${campaignWhy(stalled)}), ${head.accepted - head.ended} recipients are left`, {
      remedy,
      subject: id,
    });
  }
  if (maxCredits === null || left === 0) return null;
  const affordable = Math.max(0, Math.floor((maxCredits - head.charged - head.uncertain - head.held) / Math.max(1, price)));
  if (affordable >= left) return null;
  return warn("campaigns", `${id} can't come to its end: its credits are enough for ${affordable} of the ${left} that are left`, {
    remedy: raise,
    ...about,
  });
}

/** Writes that ended `unknown` within the last day, of which nobody said whether they happened and that were not done again. `sinceMs`: of the oldest. */
export type UnknownOutcomes = { count: number; sinceMs: number | null; jobIds: readonly string[] };

export function judgeUnknown({ count, sinceMs, jobIds }: UnknownOutcomes): Finding {
  if (count === 0) return ok("unknown outcomes", "none of the last day waits for a look");
  const first = jobIds[0] ?? "";
  return warn(
    "unknown outcomes",
    `${count === 1 ? "1 write" : `${count} writes`} of the last day may or may not have happened: ${jobIds.join(", ")}${count > jobIds.length ? ", ..." : ""}`,
    {
      remedy: `Look on LinkedIn, and say what you saw: linkup job resolve ${first} --happened, or --not-happened and linkup job redrive ${first} --may-send-twice`,
      sinceMs,
    },
  );
}

/** Schedules with a problem of their own, and ticks of the last day that made no job. */
export function judgeSchedules(schedules: readonly Schedule[], nowMs: number): Finding[] {
  const troubled = schedules.flatMap((schedule) => judgeSchedule(schedule, nowMs));
  return troubled.length === 0 ? [ok("schedules", `${schedules.length}, none with trouble`)] : shortened(troubled);
}

function judgeSchedule({ id, problems, missed, skipped, job }: Schedule, nowMs: number): Finding[] {
  const lately = (at: string | null) => at !== null && nowMs - Date.parse(at) < DAY_MS;
  const findings = problems.map((problem) =>
    warn("schedules", `${id}: ${problem}`, { remedy: `See to account ${job.accountId} and to the workers`, subject: id }),
  );
  if (lately(missed.lastAt)) {
    const ago = span(nowMs - Date.parse(missed.lastAt ?? ""));
    findings.push(
      fail("schedules", `${id}: ${missed.count} ticks missed, the last ${ago} ago`, {
        remedy: "No worker ran when they were due: keep one running",
        subject: id,
      }),
    );
  }
  if (lately(skipped.lastAt)) {
    const ago = span(nowMs - Date.parse(skipped.lastAt ?? ""));
    const found = `${id}: ${skipped.count} ticks skipped, the last ${ago} ago`;
    const remedy = "The job of the tick before had no outcome: see what that waits for, or make the interval longer, or overlap queue";
    findings.push(warn("schedules", found, { remedy, subject: id }));
  }
  return findings;
}
