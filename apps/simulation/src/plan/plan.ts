/** A schedule of a simulated world, as data: the world's size, its work, and the faults with the steps at which they strike. Made from a seed. */
import { seededRandom } from "@linkup-queue/sandbox";

export type PlannedJob = {
  name: string;
  atMs: number;
  account: string;
  operation: "message.send" | "invitation.send" | "profile.scrape";
  priority: number;
  /** Whether it asks that a read looks for it where nobody knows what became of it. */
  looks: boolean;
};

/** Steps that a fault may be aimed at: a script by its name, a command, the moment between the mark and the first byte; `any` for each step. */
const AIMS = [
  "any",
  "any",
  "any",
  "hand-over",
  "hand-over",
  "left",
  "left",
  "settle",
  "settle",
  "settle",
  "publish",
  "gate",
  "confirm_park",
  "bullmq",
] as const;
export type Aim = (typeof AIMS)[number];

/**
 * It strikes at the `at`th step of the world that is `of` this kind, whoever acts in it. `side`: before Redis has that step's command, or after, its
 * reply being lost.
 */
export type Fault = { at: number; of: Aim; side: "before" | "after" } & (
  | { kind: "kill" }
  | { kind: "freeze"; ms: number }
  | { kind: "cut" }
  /** `replica`: which is promoted. `splitMs`: how long those of `staying` (a process's number) stay with the former master; 0 for nobody. */
  | { kind: "failover"; replica: number; splitMs: number; staying: number; othersStay: boolean }
  | { kind: "pause"; account: string; ms: number }
  | { kind: "stop"; ms: number }
  /** Redis comes back without its last `lacks` writes, and more where nobody would notice; with nothing where it is flushed. */
  | { kind: "back"; lacks: number; isFlushed: boolean }
  /** Redis's clock steps, forward or back. */
  | { kind: "jump"; ms: number }
);

export type Plan = {
  seed: number;
  workers: number;
  /** Replicas of Redis, all of which are asked for; 0: no failover either. */
  replicas: number;
  limit: number;
  /** By how much the limit of each second worker is higher: the strictest one holds. */
  looser: number;
  /** Redis goes back once; a person hands over again what is gone and restores. */
  losesState: boolean;
  /** By how much Redis's clock steps, once, ms; 0: it does not. */
  jumpMs: number;
  accounts: { id: string; hasToken: boolean; max: number }[];
  jobs: PlannedJob[];
  faults: Fault[];
};

/** Faults strike within this many steps of a world, and within so many of the kind that they are aimed at; few worlds take many more. */
const WITHIN_STEPS = 300;
const WITHIN_AIMED = 12;

/** The share of writes that ask to be looked for. */
const LOOKS = 0.5;

export function makePlan(seed: number): Plan {
  const random = seededRandom(seed);
  // A draw of its own: the rest of a seed's schedule is as it was before there were looks.
  const randomLook = seededRandom(seed ^ 0x1f83d9ab);
  const below = (end: number) => Math.floor(random() * end);
  const one = <T>(list: readonly T[]): T => list[below(list.length)] as T;
  const replicas = one([0, 0, 1, 2]);
  const accounts = Array.from({ length: 2 + below(3) }, (_none, at) => ({
    id: `acc-${at}`,
    hasToken: random() < 0.6,
    max: one([1, 1, 1, 2]),
  }));
  const jobs = Array.from({ length: 4 + below(9) }, (_none, at): PlannedJob => {
    const atMs = one([0, 0, below(2_000), below(12_000)]);
    const account = one(accounts).id;
    const operation = one(["message.send", "message.send", "invitation.send", "profile.scrape"] as const);
    const looks = randomLook() < LOOKS && operation !== "profile.scrape";
    return { name: `job-${at}`, atMs, account, operation, priority: one([1, 10, 10, 100]), looks };
  });
  const faults = Array.from({ length: below(7) }, (): Fault => {
    const of = one(AIMS);
    const when = { of, at: of === "any" ? 20 + below(WITHIN_STEPS) : 1 + below(WITHIN_AIMED), side: one(["before", "after"] as const) };
    const kinds = [
      "kill",
      "kill",
      "freeze",
      "freeze",
      "cut",
      "cut",
      "pause",
      "stop",
      ...(replicas > 0 ? ["failover", "failover", "failover"] : []),
    ];
    switch (one(kinds)) {
      case "kill":
        return { ...when, kind: "kill" };
      case "freeze":
        return { ...when, kind: "freeze", ms: one([500, 3_000, 8_000, 20_000]) };
      case "cut":
        return { ...when, kind: "cut" };
      case "pause":
        return { ...when, kind: "pause", account: one(accounts).id, ms: one([1_000, 8_000]) };
      case "stop":
        return { ...when, kind: "stop", ms: one([1_000, 8_000]) };
      default:
        return {
          ...when,
          kind: "failover",
          replica: below(replicas),
          splitMs: one([0, 0, 4_000, 12_000]),
          staying: below(8),
          othersStay: random() < 0.5,
        };
    }
  });
  const plan = { seed, workers: 1 + below(3), replicas, limit: 2 + below(5), accounts, jobs, faults };
  // A worker that stands still, or apart, for long is taken for gone, and its limit with it.
  const isUnequal = replicas === 0 && plan.workers > 1 && faults.every((fault) => fault.kind !== "freeze" || fault.ms <= 3_000);
  if (seed % LOSES_STATE.of === LOSES_STATE.at) return withLoss({ ...plan, ...USUAL });
  if (seed % JUMPS.of === JUMPS.at) return withJump({ ...plan, ...USUAL });
  return { ...plan, ...USUAL, looser: isUnequal ? 4 : 0 };
}

const USUAL = { looser: 0, losesState: false, jumpMs: 0 };

/** In schedules with these seeds, by their remainder, the state is lost: other seeds are as they were before. */
const LOSES_STATE = { of: 9, at: 4 };
/** In those with these Redis's clock steps. */
const JUMPS = { of: 9, at: 3 };
/** A window is three seconds; a minute's step of thirty seconds is half of one. */
const JUMPS_WITHIN = 150;
const STEPS_MS = [400, 1_500, 3_000, -400, -3_000, -20_000] as const;
/** Most writes that are lost: of a world's seconds. */
const MOST_LOST = 100;
const LOSS_AIMS: readonly Aim[] = ["any", "any", "any", "settle", "settle", "left", "gate", "hand-over", "bullmq"];

/** The schedule with a loss. Nobody who saw the state is killed or taken for gone: whoever is can't tell of it, which is said in decision 55. */
function withLoss(plan: Plan): Plan {
  const random = seededRandom(plan.seed ^ 0x5be0cd19);
  const below = (end: number) => Math.floor(random() * end);
  const of = LOSS_AIMS[below(LOSS_AIMS.length)] ?? "any";
  const back: Fault = {
    kind: "back",
    of,
    at: of === "any" ? 60 + below(WITHIN_STEPS) : 2 + below(WITHIN_AIMED),
    side: random() < 0.5 ? "before" : "after",
    lacks: 1 + below(MOST_LOST),
    isFlushed: random() < 0.25,
  };
  return { ...plan, replicas: 0, losesState: true, faults: [...mildFaults(plan), back] };
}

/** Faults that leave every worker alive. */
function mildFaults({ faults }: Plan): Fault[] {
  return faults.filter(({ kind, ...fault }) => kind === "cut" || (kind === "freeze" && "ms" in fault && fault.ms <= 3_000));
}

/** The schedule with a step of Redis's clock. Whoever is killed in it, or comes after it, has nothing to compare. */
function withJump(plan: Plan): Plan {
  const random = seededRandom(plan.seed ^ 0x3c6ef372);
  const ms = STEPS_MS[Math.floor(random() * STEPS_MS.length)] ?? 0;
  const jump: Fault = { kind: "jump", of: "any", at: 50 + Math.floor(random() * JUMPS_WITHIN), side: "before", ms };
  return { ...plan, replicas: 0, jumpMs: ms, faults: [...mildFaults(plan), jump] };
}
