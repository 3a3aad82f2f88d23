/** One run under fire: sends, a trouble in their middle, and the promises as the provider and whoever takes the outcomes see them. */
import { LinkupError } from "@linkup-queue/contracts";
import type { SpawnedProcess } from "@linkup-queue/testkit";
import { accountIds, newJob, registerTokens } from "../load/jobs.ts";
import type { Limit } from "../measure/rate-windows.ts";
import type { ChaosRedis } from "../peers/chaos-redis.ts";
import { type ChaosSystem, startChaosSystem } from "../peers/chaos-system.ts";
import { until } from "./scenario.ts";

const ACCOUNTS = accountIds("acc", 24);
const GIVE_UP_MS = 180_000;

export type Struck = { kills: number; failovers: number };

/** A trouble, on the Redis that it needs. `begin`: starts the workers. `strike`: once a quarter was sent. */
export type Trouble<Redis extends ChaosRedis = ChaosRedis> = {
  name: string;
  redis: () => Promise<Redis | null>;
  limit: Limit;
  begin?: (run: ChaosRun, redis: Redis) => Promise<void>;
  strike: (run: ChaosRun, redis: Redis) => Promise<Struck>;
};

export type ChaosFigures = Struck & {
  sends: number;
  doubled: number;
  lost: number;
  conflicting: number;
  mostInWindow: number;
  limit: number;
  unknown: number;
  uncertain: number;
  /** The longest time in which nothing reached the provider, from the trouble on, s. */
  recoveredS: number;
  server: string;
};

export class ChaosRun {
  readonly system: ChaosSystem;
  readonly sends: number;
  readonly workers: SpawnedProcess[] = [];
  /** Job ids that somebody was told are accepted. */
  readonly accepted = new Set<string>();
  /** When the trouble began, ms since the epoch; recovery counts from here. */
  struckAtMs = 0;

  constructor(system: ChaosSystem, sends: number) {
    this.system = system;
    this.sends = sends;
  }

  async startWorker(...changes: Parameters<ChaosSystem["startWorker"]>): Promise<void> {
    this.workers.push(await this.system.startWorker(...changes));
  }

  /** The jobs of this run, as a producer has them. */
  jobs() {
    return Array.from({ length: this.sends }, (_, index) =>
      newJob("messages", ACCOUNTS[index % ACCOUNTS.length] ?? "", { person: `person-${index}`, opts: { jobId: `job-${index}` } }),
    );
  }

  async addAll(): Promise<void> {
    const jobs = this.jobs();
    await this.system.add(jobs);
    for (const { opts } of jobs) this.accepted.add(String(opts.jobId));
  }

  /** Registers the accounts anew, and adds the jobs of which nothing was told, as a producer does after a loss. */
  async addMissing(): Promise<void> {
    await registerTokens(this.system.engine, ACCOUNTS);
    const { told } = this.system;
    await this.system.add(this.jobs().filter(({ opts }) => !told.has(String(opts.jobId))));
  }

  /** Settles when this share of the sends reached the provider. Throws when it took too long: what follows would strike a system that stands still. */
  async reaches(share: number): Promise<void> {
    const due = this.sends * share;
    const done = async () => (await this.system.sandbox.summary()).requests >= due;
    await mustHappen(done, `${due} sends that reach the provider`);
  }

  /** From now on time counts as recovery. */
  strikes(): void {
    this.struckAtMs = Date.now();
  }

  /** Settles when each accepted job has an outcome, or it took too long. */
  async ends(): Promise<void> {
    await until(() => this.#missing() === 0, { withinMs: GIVE_UP_MS });
  }

  async figures(struck: Struck, limit: number): Promise<ChaosFigures> {
    const { struckAtMs } = this;
    const { sandbox, engine, told, server } = this.system;
    const { repeated, maxInWindow } = await sandbox.summary();
    const { total } = await engine.credits.read({ days: 2, nowMs: (await engine.keys.read()).nowMs });
    const arrivals = (await sandbox.journal()).map(({ atMs }) => atMs).filter((atMs) => atMs >= struckAtMs);
    const gaps = arrivals.map((atMs, at) => atMs - (arrivals[at - 1] ?? struckAtMs));
    const outcomes = [...told.values()].flatMap((texts) => [...texts].map((text) => JSON.parse(text) as { status: string }));
    return {
      ...struck,
      sends: this.accepted.size,
      doubled: repeated,
      lost: this.#missing(),
      conflicting: [...told.values()].filter(({ size }) => size > 1).length,
      mostInWindow: maxInWindow,
      limit,
      unknown: outcomes.filter(({ status }) => status === "unknown").length,
      uncertain: total.uncertain,
      recoveredS: Math.round(gaps.reduce((longest, gap) => Math.max(longest, gap), 0) / 100) / 10,
      server,
    };
  }

  #missing(): number {
    const { told } = this.system;
    return [...this.accepted].filter((jobId) => !told.has(jobId)).length;
  }
}

/** Waits for a step without which a run means nothing. Throws `internal_error` when it took too long. */
export async function mustHappen(done: () => boolean | Promise<boolean>, what: string): Promise<void> {
  if (await until(done, { withinMs: GIVE_UP_MS, everyMs: 20 })) return;
  throw new LinkupError("internal_error", `${GIVE_UP_MS / 1_000} s passed without ${what}`);
}

/** Runs it once; null where this machine can't. */
export async function runTrouble<Redis extends ChaosRedis>(trouble: Trouble<Redis>, sends: number): Promise<ChaosFigures | null> {
  const redis = await trouble.redis();
  if (redis === null) return null;
  const system = await startChaosSystem(redis, trouble.limit);
  try {
    const run = new ChaosRun(system, sends);
    await registerTokens(system.engine, ACCOUNTS);
    if (trouble.begin === undefined) for (let started = 0; started < 2; started++) await run.startWorker();
    await trouble.begin?.(run, redis);
    if (run.accepted.size === 0) await run.addAll();
    await run.reaches(0.25);
    if (run.struckAtMs === 0) run.strikes();
    const struck = await trouble.strike(run, redis);
    await run.ends();
    return await run.figures(struck, trouble.limit.limit);
  } finally {
    await system.close();
  }
}
