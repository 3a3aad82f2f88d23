/**
 * The settings of a worker that bound what leaves. Where live workers differ in one, the strictest value holds for all (strictest.lua), and the
 * difference is told.
 */
import { z } from "zod";
import { type EngineConfig, windowMarginMs } from "../redis/engine-config.ts";

export const WorkerBounds = z.object({
  limit: z.number(),
  windowMs: z.number(),
  marginMs: z.number(),
  accountMax: z.number(),
  /** Left out: no bound. */
  dayCredits: z.number().optional(),
});
export type WorkerBounds = z.infer<typeof WorkerBounds>;

/** The settings behind the bounds, by their names, and whether the lower value is the stricter, as in strictest.lua. The margin follows from the window. */
const SETTINGS = {
  limit: { setting: "LINKUP_RATE_LIMIT", lowerIsStricter: true },
  windowMs: { setting: "LINKUP_RATE_WINDOW_MS", lowerIsStricter: false },
  accountMax: { setting: "LINKUP_ACCOUNT_CONCURRENCY", lowerIsStricter: true },
  dayCredits: { setting: "LINKUP_MAX_CREDITS_PER_DAY", lowerIsStricter: true },
} as const satisfies Partial<Record<keyof WorkerBounds, { setting: string; lowerIsStricter: boolean }>>;
type Bound = keyof typeof SETTINGS;
const BOUNDS = Object.keys(SETTINGS) as Bound[];

export type BoundValues = { readonly [B in Bound]: number | null };

/** A setting in which a live worker has another value than the one that holds. */
export type SettingDifference = {
  setting: (typeof SETTINGS)[Bound]["setting"];
  /** The value by which all go: the strictest. */
  holds: number | null;
  /** The values of the live workers, each once; null: none was set. */
  values: (number | null)[];
};

/** The bounds of a worker with these settings. */
export function boundsOf({ rateLimit, rateWindowMs, accountConcurrency, maxCreditsPerDay }: EngineConfig): WorkerBounds {
  return {
    limit: rateLimit,
    windowMs: rateWindowMs,
    marginMs: windowMarginMs(rateWindowMs),
    accountMax: accountConcurrency,
    ...(maxCreditsPerDay === null ? {} : { dayCredits: maxCreditsPerDay }),
  };
}

/** The settings in which live workers have other values than hold. */
export function settingDifferences(holds: BoundValues, live: readonly WorkerBounds[]): SettingDifference[] {
  return BOUNDS.flatMap((bound) => {
    const values = [...new Set(live.map((one) => one[bound] ?? null))];
    if (values.every((value) => value === holds[bound])) return [];
    return [{ setting: SETTINGS[bound].setting, holds: holds[bound], values: values.toSorted(byValue) }];
  });
}

/** The settings in which `own` is looser than another worker, in words; empty for none. */
export function looserSettings(own: WorkerBounds, other: WorkerBounds): string {
  const looser = BOUNDS.filter((bound) => {
    const ours = own[bound] ?? Number.POSITIVE_INFINITY;
    const theirs = other[bound] ?? Number.POSITIVE_INFINITY;
    return SETTINGS[bound].lowerIsStricter ? ours > theirs : ours < theirs;
  });
  return looser.map((bound) => `${SETTINGS[bound].setting} is ${own[bound] ?? "not set"} here and ${other[bound]} there`).join(", ");
}

/** A difference in words. */
export function differenceText({ setting, holds, values }: SettingDifference): string {
  return `${setting} is ${values.map((value) => value ?? "not set").join(" and ")}: ${holds ?? "none"} holds`;
}

const byValue = (one: number | null, other: number | null): number =>
  (one ?? Number.POSITIVE_INFINITY) - (other ?? Number.POSITIVE_INFINITY);
