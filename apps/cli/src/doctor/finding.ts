/** What one check found: plain data, with what to do about it in the same place. */

export const LEVELS = ["ok", "warn", "fail"] as const;
export type Level = (typeof LEVELS)[number];

export type Finding = {
  check: string;
  level: Level;
  /** What is the case, for a person. Never a secret. */
  found: string;
  /** What to do; empty when all is well. */
  remedy: string;
};

/** A check that went well. */
export function ok(check: string, found: string): Finding {
  return { check, level: "ok", found, remedy: "" };
}

/** Something that wants looking at. */
export function warn(check: string, found: string, remedy: string): Finding {
  return { check, level: "warn", found, remedy };
}

/** Something that keeps jobs from running, or from running safely. */
export function fail(check: string, found: string, remedy: string): Finding {
  return { check, level: "fail", found, remedy };
}

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
