/** The finding of one check: plain data, with what to do about it in the same place. `linkup doctor` and `GET /v1/findings` tell the same. */

/** Every check that there is; those of the first line are of the machine on which `linkup doctor` runs. */
export const FINDING_CHECKS = [
  ...(["settings file", "settings", "development", "provider"] as const),
  ...(["redis", "redis version", "persistence", "last write", "eviction", "memory", "replicas", "clock", "layout", "secrets key"] as const),
  ...([
    "key",
    "redis clock",
    "transit",
    "day budget",
    "brake",
    "workers",
    "worker settings",
    "queues",
    "oldest job",
    "open calls",
    "outbox",
    "results",
  ] as const),
  ...([
    "accounts",
    "account policy",
    "inboxes",
    "invitations",
    "parked jobs",
    "campaigns",
    "unknown outcomes",
    "schedules",
    "webhooks",
    "archive",
  ] as const),
] as const;
export type FindingCheck = (typeof FINDING_CHECKS)[number];

export const LEVELS = ["ok", "warn", "fail"] as const;
export type Level = (typeof LEVELS)[number];

export type Finding = {
  check: FindingCheck;
  level: Level;
  /** The case, for a person. Never a secret. */
  found: string;
  /** The thing to do; empty when all is well. */
  remedy: string;
  /** Since when, ISO; left out where that is not known. */
  since?: string;
  /** The one campaign, webhook, schedule or operation that it is about. */
  subject?: string;
};

type About = { sinceMs?: number | null; subject?: string };

/** The thing to do; and where it is known, since when and of what. */
type Advice = string | (About & { remedy: string });

function advised(advice: Advice): Pick<Finding, "remedy" | "since" | "subject"> {
  if (typeof advice === "string") return { remedy: advice };
  const { remedy, sinceMs, subject } = advice;
  return { remedy, ...(sinceMs == null ? {} : { since: new Date(sinceMs).toISOString() }), ...(subject === undefined ? {} : { subject }) };
}

/** A check that went well. */
export function ok(check: FindingCheck, found: string): Finding {
  return { check, level: "ok", found, remedy: "" };
}

/** Something that wants looking at. */
export function warn(check: FindingCheck, found: string, advice: Advice): Finding {
  return { check, level: "warn", found, ...advised(advice) };
}

/** Something that keeps jobs from running, or from running safely. */
export function fail(check: FindingCheck, found: string, advice: Advice): Finding {
  return { check, level: "fail", found, ...advised(advice) };
}

/** The first of many findings of one check, and one line for the rest: a list is for people. */
export function shortened(findings: readonly Finding[]): Finding[] {
  const rest = findings.slice(MOST_OF_ONE_CHECK);
  const [first] = rest;
  if (first === undefined) return [...findings];
  return [
    ...findings.slice(0, MOST_OF_ONE_CHECK),
    { ...first, found: `${rest.length} more like these`, remedy: "See to those above first" },
  ];
}
const MOST_OF_ONE_CHECK = 20;

/** The worst level among findings. */
export function worstOf(findings: readonly Finding[]): Level {
  return LEVELS.toReversed().find((level) => findings.some((finding) => finding.level === level)) ?? "ok";
}

/** A span of time as a person says it: `42 s`, `3 min`, `5 h`, `2 d`. */
export function span(ms: number): string {
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** Bytes as a person says them. */
export function size(bytes: number): string {
  const mebibytes = bytes / 1_048_576;
  return mebibytes < 1_024 ? `${mebibytes.toFixed(mebibytes < 10 ? 1 : 0)} MB` : `${(mebibytes / 1_024).toFixed(1)} GB`;
}
