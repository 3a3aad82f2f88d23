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
  /** Left out: a slot is busy until one window after its answer, which is the strictest. */
  transitMs: z.number().optional(),
  /** Left out: no bound. */
  dayCredits: z.number().optional(),
  /** 1: accounts without a policy have the careful one. Left out: they have none. */
  careful: z.literal(1).optional(),
  /** Days within which nobody is written to twice. Left out: no bound. */
  gapDays: z.number().optional(),
});
export type WorkerBounds = z.infer<typeof WorkerBounds>;

/** The settings behind the bounds, by their names, and whether the lower value is the stricter, as in strictest.lua. The margin follows from the window. */
const SETTINGS = {
  limit: { setting: "LINKUP_RATE_LIMIT", lowerIsStricter: true },
  windowMs: { setting: "LINKUP_RATE_WINDOW_MS", lowerIsStricter: false },
  transitMs: { setting: "LINKUP_TRANSIT_MS", lowerIsStricter: false, noneIsStrictest: true },
  accountMax: { setting: "LINKUP_ACCOUNT_CONCURRENCY", lowerIsStricter: true },
  dayCredits: { setting: "LINKUP_MAX_CREDITS_PER_DAY", lowerIsStricter: true },
  careful: { setting: "LINKUP_ACCOUNT_POLICY", lowerIsStricter: false },
  gapDays: { setting: "LINKUP_CONTACT_GAP_DAYS", lowerIsStricter: false },
} as const satisfies Partial<Record<keyof WorkerBounds, { setting: string; lowerIsStricter: boolean; noneIsStrictest?: true }>>;
type Bound = keyof typeof SETTINGS;
/** The names of the settings that are held to the strictest. */
export const BOUND_SETTINGS = Object.values(SETTINGS).map(({ setting }) => setting);
const BOUNDS = Object.keys(SETTINGS) as Bound[];

/** A bound as it was set. */
type SetValue = number | "careful" | null;

export type BoundValues = { readonly [B in Bound]: number | null };

/** A setting in which a live worker has another value than the one that holds. */
export type SettingDifference = {
  setting: (typeof SETTINGS)[Bound]["setting"];
  /** The value by which all go: the strictest. */
  holds: SetValue;
  /** The values of the live workers, each once; null: none was set. */
  values: SetValue[];
};

/** The bounds of a worker with these settings. */
export function boundsOf({ rateLimit, rateWindowMs, accountConcurrency, maxCreditsPerDay, ...rules }: EngineConfig): WorkerBounds {
  const { accountPolicy, contactGapDays = 0, transitMs = null } = rules;
  return {
    limit: rateLimit,
    windowMs: rateWindowMs,
    marginMs: windowMarginMs(rateWindowMs),
    accountMax: accountConcurrency,
    ...(transitMs === null ? {} : { transitMs }),
    ...(maxCreditsPerDay === null ? {} : { dayCredits: maxCreditsPerDay }),
    ...(accountPolicy === "careful" ? { careful: 1 as const } : {}),
    ...(contactGapDays > 0 ? { gapDays: contactGapDays } : {}),
  };
}

/** The settings in which live workers have other values than hold. */
export function settingDifferences(holds: BoundValues, live: readonly WorkerBounds[]): SettingDifference[] {
  return BOUNDS.flatMap((bound) => {
    const values = [...new Set(live.map((one) => one[bound] ?? null))];
    if (values.every((value) => value === holds[bound])) return [];
    const asSet = (value: number | null): SetValue => (bound === "careful" && value !== null ? "careful" : value);
    return [{ setting: SETTINGS[bound].setting, holds: asSet(holds[bound]), values: values.toSorted(byValue).map(asSet) }];
  });
}

/** The settings in which `own` is looser than another worker, in words; empty for none. */
export function looserSettings(own: WorkerBounds, other: WorkerBounds): string {
  const looser = BOUNDS.filter((bound) => {
    // A bound that is not there bounds nothing, but for one.
    const none =
      SETTINGS[bound].lowerIsStricter || "noneIsStrictest" in SETTINGS[bound] ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    const [ours, theirs] = [own[bound] ?? none, other[bound] ?? none];
    return SETTINGS[bound].lowerIsStricter ? ours > theirs : ours < theirs;
  });
  const told = (bound: Bound) => (bound === "careful" ? "careful" : (other[bound] ?? "not set"));
  return looser.map((bound) => `${SETTINGS[bound].setting} is ${own[bound] ?? "not set"} here and ${told(bound)} there`).join(", ");
}

/** A difference in words. */
export function differenceText({ setting, holds, values }: SettingDifference): string {
  return `${setting} is ${values.map((value) => value ?? "not set").join(" and ")}: ${holds ?? "none"} holds`;
}

const byValue = (one: number | null, other: number | null): number =>
  (one ?? Number.POSITIVE_INFINITY) - (other ?? Number.POSITIVE_INFINITY);
