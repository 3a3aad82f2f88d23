/**
 * The rules of what an account may do, so that it doesn't act like a machine: its LinkedIn plan, and its policy. LinkedIn publishes no numbers; the table
 * `CAREFUL` is made of what others publish, and never raised by anything here.
 */
import { z } from "zod";
import { isOperation, OPERATION_NAMES, type OperationName } from "../operations/catalogue.ts";
import { ACTION_FAMILIES, type ActionFamily } from "../operations/families.ts";
import { AccountHours } from "./account-hours.ts";

export const ACCOUNT_PLANS = ["free", "premium", "sales_navigator", "recruiter"] as const;
/** The plan that the member pays LinkedIn for. An account without one counts as free. */
export const AccountPlan = z.enum(ACCOUNT_PLANS, `must be one of ${ACCOUNT_PLANS.join(", ")}`);
export type AccountPlan = z.infer<typeof AccountPlan>;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The rolling windows in which a cap counts, ms. */
export const CAP_WINDOWS_MS = { perHour: HOUR_MS, perDay: DAY_MS, perWeek: 7 * DAY_MS, perMonth: 30 * DAY_MS } as const;
export type CapWindow = keyof typeof CAP_WINDOWS_MS;

const MOST_IN_A_WINDOW = 100_000;
const bound = `must be a whole number from 0 to ${MOST_IN_A_WINDOW}`;
const Count = z.int(bound).min(0, bound).max(MOST_IN_A_WINDOW, bound).optional();

/** At most so many in any such window; 0: none. */
export const Cap = z.strictObject({ perHour: Count, perDay: Count, perWeek: Count, perMonth: Count });
export type Cap = z.infer<typeof Cap>;

/** The scopes of caps: a family of operations, or one operation. */
export type CapScope = ActionFamily | OperationName;

function isCapScope(name: string): name is CapScope {
  return ACTION_FAMILIES.some((family) => family === name) || isOperation(name);
}

const Caps = z.record(z.string().meta({ enum: [...ACTION_FAMILIES, ...OPERATION_NAMES] }), Cap).superRefine((caps, context) => {
  for (const name of Object.keys(caps)) {
    if (isCapScope(name)) continue;
    context.addIssue({ code: "custom", path: [name], message: `must be an operation, or a family: ${ACTION_FAMILIES.join(", ")}` });
  }
});

const MOST_SECONDS = 86_400;
const secondsBound = `must be a whole number from 0 to ${MOST_SECONDS}`;
const Seconds = z.int(secondsBound).min(0, secondsBound).max(MOST_SECONDS, secondsBound);
const ORDER = "must not be below the least";

/** At least so long from one call of the family to the next, drawn anew each time between the two. */
const Gap = z
  .strictObject({ minSeconds: Seconds, maxSeconds: Seconds })
  .refine(({ minSeconds, maxSeconds }) => minSeconds <= maxSeconds, { path: ["maxSeconds"], message: ORDER });

type Gap = z.infer<typeof Gap>;

const gaps = Object.fromEntries(ACTION_FAMILIES.map((family) => [family, Gap.optional()])) as Record<
  ActionFamily,
  z.ZodOptional<typeof Gap>
>;

const between = (one: typeof Seconds) => z.tuple([one, one]).refine(([least, most]) => least <= most, ORDER);
const MOST_CALLS = 1_000;
const callsBound = `must be a whole number from 1 to ${MOST_CALLS}`;
const Calls = z.int(callsBound).min(1, callsBound).max(MOST_CALLS, callsBound);

/** How calls of an account follow each other, by family; after so many of those calls comes a break. */
const Pace = z
  .strictObject({ ...gaps, breakEvery: between(Calls).optional(), breakSeconds: between(Seconds).optional() })
  .refine(({ breakEvery, breakSeconds }) => (breakEvery === undefined) === (breakSeconds === undefined), {
    path: ["breakSeconds"],
    message: "breakEvery and breakSeconds are set together",
  });
type Pace = { [Family in ActionFamily]?: Gap | undefined } & {
  breakEvery?: [number, number] | undefined;
  breakSeconds?: [number, number] | undefined;
};

const MOST_STEPS = 10;
const DAYS = "must be a whole number of days from 1 to 365";
const SHARE = "must be above 0 and below 1";

/** Until the account has been writing for `days` days its caps of writes are `share` of what they are. Each step reaches further than the one before. */
const WarmUp = z
  .array(z.strictObject({ days: z.int(DAYS).min(1, DAYS).max(365, DAYS), share: z.number(SHARE).gt(0, SHARE).lt(1, SHARE) }))
  .max(MOST_STEPS)
  .refine((steps) => steps.every(({ days }, at) => days > (steps[at - 1]?.days ?? 0)), "must be in the order of days, each once");

/** The fate of an invitation with a note while the account's notes are used up. */
export const NOTE_POLICIES = ["wait", "bare", "skip"] as const;
const NotePolicy = z.enum(NOTE_POLICIES, `must be one of ${NOTE_POLICIES.join(", ")}`);

/** The most first-degree connections that LinkedIn allows, so no account has more invitations pending. */
const MOST_PENDING = 30_000;
const pendingBound = `must be a whole number from 1 to ${MOST_PENDING}`;
const percentBound = "must be a whole number from 1 to 99";
const Percent = z.int(percentBound).min(1, percentBound).max(99, percentBound);

/**
 * The bounds of invitations that are read from LinkedIn, each optional: at most so many pending; and where fewer percent of those that were looked at are accepted, the caps of invitations are halved, or no
 * invitation leaves. Recommended by those who publish figures: 400 or 500 pending, 20 % and 15 % (read 2026-11).
 */
const InvitationBounds = z
  .strictObject({
    pendingMax: z.int(pendingBound).min(1, pendingBound).max(MOST_PENDING, pendingBound).optional(),
    halveBelow: Percent.optional(),
    stopBelow: Percent.optional(),
  })
  .refine(({ halveBelow, stopBelow }) => halveBelow === undefined || stopBelow === undefined || stopBelow < halveBelow, {
    path: ["stopBelow"],
    message: "must be below halveBelow",
  });
export type InvitationBounds = z.infer<typeof InvitationBounds>;

/** Each part may be left out; a part that is left out is that of LINKUP_ACCOUNT_POLICY. */
export const AccountPolicy = z
  .strictObject({
    caps: Caps.optional(),
    hours: AccountHours.optional(),
    pace: Pace.optional(),
    warmUp: WarmUp.optional(),
    note: NotePolicy.optional(),
    invitations: InvitationBounds.optional(),
  })
  .meta({
    id: "AccountPolicy",
    example: {
      caps: { invite: { perDay: 12, perWeek: 60 } },
      hours: { timezone: "Europe/Amsterdam", weekdays: ["mon", "tue", "wed", "thu", "fri"], from: "08:30", to: "18:00" },
      pace: { invite: { minSeconds: 240, maxSeconds: 720 } },
      warmUp: [
        { days: 7, share: 0.3 },
        { days: 14, share: 0.5 },
      ],
    },
  });
export type AccountPolicy = z.infer<typeof AccountPolicy>;

/** The rules of an account that a person may put out of force for a while, for its urgent jobs: its hours, its caps with a warm-up's, its pace. */
export const OVERRIDABLE_RULES = ["hours", "account_cap", "account_pace"] as const;
export const OverridableRule = z.enum(OVERRIDABLE_RULES, `must be one of ${OVERRIDABLE_RULES.join(", ")}`);
export type OverridableRule = z.infer<typeof OverridableRule>;

/** The policies that LINKUP_ACCOUNT_POLICY names. */
export const DEFAULT_POLICIES = ["none", "careful"] as const;
export type DefaultPolicy = (typeof DEFAULT_POLICIES)[number];

type CapTable = Partial<Record<CapScope, Cap>>;

const perDay = (most: number): Cap => ({ perDay: most });

function careful(of: {
  invite: [day: number, week: number];
  message: [day: number, week: number];
  view: number;
  search: Cap;
  comment: number;
  react: number;
  post: [day: number, week: number];
  withdraw: number;
  write: number;
}): CapTable {
  return {
    invite: { perHour: 4, perDay: of.invite[0], perWeek: of.invite[1] },
    message: { perHour: 8, perDay: of.message[0], perWeek: of.message[1] },
    view: perDay(of.view),
    search: of.search,
    engage: perDay(of.comment + of.react),
    "post.comment": perDay(of.comment),
    "post.react": perDay(of.react),
    post: { perDay: of.post[0], perWeek: of.post[1] },
    withdraw: perDay(of.withdraw),
    write: perDay(of.write),
  };
}

/**
 * Caps by plan, below the median of what vendors and clients publish for an account that is not new. Sources, read 2026-11: Unipile, HeyReach,
 * Expandi, Waalaxy, lemlist, PhantomBuster, Salesflow, Linked Helper, Edges, Captain Data, GetSales, Linked API, Grinfi, Funkel, Spurly (the hour),
 * LinkedNav, Omentir, OpenOutbound. LinkedIn's own pages say that a paid plan lifts no limit of invitations, so the plans stay close; and that a
 * free account has three notes a month.
 */
export const CAREFUL: Readonly<Record<AccountPlan, CapTable>> = {
  free: {
    ...careful({
      invite: [10, 50],
      message: [20, 100],
      view: 30,
      search: { perDay: 8, perMonth: 150 },
      comment: 5,
      react: 15,
      post: [1, 4],
      withdraw: 10,
      write: 40,
    }),
    note: { perMonth: 3 },
  },
  premium: careful({
    invite: [15, 70],
    message: [30, 150],
    view: 40,
    search: { perDay: 10, perMonth: 250 },
    comment: 5,
    react: 20,
    post: [1, 5],
    withdraw: 15,
    write: 60,
  }),
  sales_navigator: careful({
    invite: [15, 80],
    message: [40, 200],
    view: 60,
    search: perDay(30),
    comment: 8,
    react: 25,
    post: [1, 5],
    withdraw: 15,
    write: 80,
  }),
  recruiter: careful({
    invite: [20, 80],
    message: [40, 200],
    view: 60,
    search: perDay(30),
    comment: 8,
    react: 25,
    post: [1, 5],
    withdraw: 15,
    write: 80,
  }),
};

/**
 * The careful pace: no account acts at a constant beat, and LinkedIn limited invitations after four sends five to ten seconds apart, but none at a
 * slower pace. Gaps published are 1 to 12 minutes: Unipile, Spurly, Linked Helper, OpenOutbound, Omentir (read 2026-11).
 */
export const CAREFUL_PACE: Pace = {
  invite: { minSeconds: 240, maxSeconds: 720 },
  message: { minSeconds: 120, maxSeconds: 480 },
  write: { minSeconds: 60, maxSeconds: 240 },
  breakEvery: [8, 12],
  breakSeconds: [900, 2_400],
};

/** The longest note of a free account, in characters; a paid one has 300 (LinkedIn's own page). */
export const FREE_NOTE_LENGTH = 200;

/** A cap as the scripts count it: at most so many, and the window in ms. */
export type CountedCap = [most: number, windowMs: number];

/** Caps by scope, as the scripts count them; a scope of which nothing is said is not in it. */
export function countedCaps(caps: Readonly<Partial<Record<string, Cap>>>): Record<string, CountedCap[]> {
  const counted = Object.entries(caps).map(([scope, cap]) => [scope, countedCap(cap ?? {})] as const);
  return Object.fromEntries(counted.filter(([, list]) => list.length > 0));
}

function countedCap(cap: Cap): CountedCap[] {
  const windows = Object.entries(CAP_WINDOWS_MS) as [CapWindow, number][];
  return windows.flatMap(([window, ms]): CountedCap[] => (cap[window] === undefined ? [] : [[cap[window], ms]]));
}

/** A pace as the scripts draw it: by family the least and the longest gap, ms; and after how many calls how long a break, ms. */
export type DrawnPace = {
  gaps: Partial<Record<string, [leastMs: number, mostMs: number]>>;
  break?: { every: [number, number]; ms: [number, number] };
};

const SECOND_MS = 1_000;

/** A pace as the scripts draw it. */
export function drawnPace({ breakEvery, breakSeconds, ...families }: Pace): DrawnPace {
  const set = Object.entries(families).flatMap(([family, gap]) => (gap === undefined ? [] : [[family, gap] as const]));
  const drawn: DrawnPace = {
    gaps: Object.fromEntries(set.map(([family, { minSeconds, maxSeconds }]) => [family, [minSeconds * SECOND_MS, maxSeconds * SECOND_MS]])),
  };
  if (breakEvery !== undefined && breakSeconds !== undefined) {
    drawn.break = { every: breakEvery, ms: [breakSeconds[0] * SECOND_MS, breakSeconds[1] * SECOND_MS] };
  }
  return drawn;
}
