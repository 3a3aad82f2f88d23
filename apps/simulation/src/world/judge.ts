/** The promises, held against everything that happened in a world: each that broke, in words. */
import { Outcome } from "@linkup-queue/contracts";
import type { Redis } from "ioredis";
import type { Arrival } from "../actors/provider.ts";
import { SETTINGS } from "../machine/settings.ts";
import type { Plan } from "../plan/plan.ts";
import { gate } from "./names.ts";

/** An outcome as somebody was told it on the results queue. */
export type Told = { id: string; text: string };

export type Evidence = {
  plan: Plan;
  arrivals: readonly Arrival[];
  /** The job's id by its name. */
  accepted: ReadonlyMap<string, string>;
  told: readonly Told[];
  /** Of the master at the end. */
  database: Redis;
  isStuck: boolean;
  /** By Redis's clock, or everybody's where that went back: whoever waits for the former moment is not left over. */
  nowMs: number;
  /** By everybody's but Redis's. */
  endedMs: number;
  /** Redis's clock stepped: when, when workers closed the key for it, and when marks were written; null: it did not. */
  jump: { atMs: number; closings: readonly number[]; marks: readonly number[] } | null;
  limit: number;
};

export async function judge(evidence: Evidence): Promise<string[]> {
  const found = [judgeWindow, judgeWrites, judgeLogins, judgeAccounts, judgeOutcomes, judgeJump].flatMap((look) => look(evidence));
  if (evidence.isStuck) found.push(`stuck: ${await describeStuck(evidence)}`);
  else return [...found, ...(await judgeCredits(evidence)), ...(await judgeRest(evidence))];
  return found;
}

/** The worst placement: a window meets as many arrivals as there are requests that may arrive in it. */
function judgeWindow({ arrivals, limit }: Evidence): string[] {
  let most = 0;
  for (const { toMs } of arrivals) {
    most = Math.max(most, arrivals.filter((other) => other.toMs >= toMs && other.fromMs <= toMs + SETTINGS.rateWindowMs).length);
  }
  return most > limit ? [`limit: ${most} requests may arrive in one window of ${limit}`] : [];
}

/** Two beats, of which one may come late. */
const NOTICED_WITHIN_MS = 20_000;

/** A step of Redis's clock is noticed, and nothing leaves for one window from then on. */
function judgeJump({ jump, endedMs }: Evidence): string[] {
  if (jump === null) return [];
  const { atMs, closings, marks } = jump;
  const found: string[] = [];
  const isNoticed = closings.some((ms) => ms >= atMs && ms <= atMs + NOTICED_WITHIN_MS);
  if (!isNoticed && endedMs > atMs + NOTICED_WITHIN_MS) found.push("clock: nobody noticed that Redis's clock stepped");
  const early = closings.flatMap((closedMs) => marks.filter((ms) => ms > closedMs && ms < closedMs + SETTINGS.rateWindowMs));
  if (early.length > 0) found.push(`clock: ${early.length} calls left within one window of a step of Redis's clock that was noticed`);
  return found;
}

function judgeWrites({ arrivals }: Evidence): string[] {
  const done = Map.groupBy(
    arrivals.filter(({ isDone, isWrite }) => isDone && isWrite),
    ({ name }) => name,
  );
  return [...done].flatMap(([name, times]) => (times.length > 1 ? [`twice: ${name} was done ${times.length} times`] : []));
}

function judgeLogins({ arrivals, plan }: Evidence): string[] {
  // The grant of a call that is out may be over by a clock that stepped forward.
  if (plan.jumpMs > 0) return [];
  const logins = arrivals.filter(({ name }) => name.startsWith("login:"));
  return logins.flatMap((one, at) =>
    logins.slice(at + 1).some((other) => other.account === one.account && other.fromMs <= one.toMs && one.fromMs <= other.toMs)
      ? [`log-in: ${one.account} has two at once, from ${one.fromMs % 1e6} by ${one.process} (${one.ended})`]
      : [],
  );
}

/** A member does one thing at a time, or as many as its account allows. */
function judgeAccounts({ arrivals, plan }: Evidence): string[] {
  if (plan.jumpMs > 0) return [];
  return plan.accounts.flatMap(({ id, max }) => {
    const calls = arrivals.filter(({ account, name }) => account === id && !name.startsWith("login:"));
    const outAt = (ms: number) => calls.filter(({ fromMs, toMs }) => fromMs <= ms && toMs > ms).length;
    const most = calls.reduce((sum, { fromMs }) => Math.max(sum, outAt(fromMs)), 0);
    return most > max ? [`account: ${id} has ${most} calls out at once, of ${max}`] : [];
  });
}

function judgeOutcomes({ told, accepted, arrivals }: Evidence): string[] {
  const found: string[] = [];
  const byJob = Map.groupBy(
    told.map(({ text }) => Outcome.parse(JSON.parse(text))),
    ({ queue, jobId }) => `${queue} ${jobId}`,
  );
  const names = new Map([...accepted].map(([name, id]) => [id, name]));
  for (const [job, outcomes] of byJob) {
    const different = new Set(outcomes.map((outcome) => JSON.stringify({ ...outcome, startedAt: null, finishedAt: null })));
    if (different.size > 1) {
      const words = outcomes.map(({ status, code, calls }) => `${status} ${code} (${calls} calls)`);
      found.push(
        `two outcomes: ${names.get(outcomes[0]?.jobId ?? "") ?? job} was told ${[...new Set(words)].join(", then ")} ${[...different].join(" | ")}`,
      );
    }
  }
  const ended = new Set([...byJob.values()].flat().map(({ jobId }) => jobId));
  for (const [name, id] of accepted) if (!ended.has(id)) found.push(`lost: ${name} was accepted and has no outcome`);
  for (const { jobId, status } of [...byJob.values()].flat()) {
    const own = arrivals.filter(({ name }) => name === names.get(jobId));
    if (status === "succeeded" && !own.some(({ isDone }) => isDone))
      found.push(`false: ${names.get(jobId)} is told succeeded and was never done`);
    const mayBeDone = own.some(({ isDone, isWrite }) => isDone && isWrite);
    if ((status === "failed" || status === "cancelled") && mayBeDone)
      found.push(`false: ${names.get(jobId)} is told ${status} and was done`);
  }
  return [...new Set(found)];
}

/** The ledger may say of a call whose answer was lost that it is uncertain; it knows no call that was not made, and leaves none out. */
async function judgeCredits({ arrivals, database, plan }: Evidence): Promise<string[]> {
  const meter = arrivals.reduce((sum, { charged }) => sum + charged, 0);
  const sums = { charged: 0, uncertain: 0, held: 0 };
  for (const key of await database.keys(gate("credits:*"))) {
    const [charged, uncertain, held] = await database.hmget(key, "charged", "uncertain", "held");
    sums.charged += Number(charged);
    sums.uncertain += Number(uncertain);
    sums.held += Number(held);
  }
  const found = sums.held === 0 ? [] : [`credits: ${sums.held} are held for nobody`];
  // A state that was lost lacks the calls that its jobs made before their last.
  if (sums.charged > meter || (!plan.losesState && meter > sums.charged + sums.uncertain)) {
    found.push(`credits: the ledger says ${sums.charged} and perhaps ${sums.uncertain}, the provider's meter ${meter}`);
  }
  return found;
}

/** Nothing may be left of what is over. */
async function judgeRest({ database, plan, nowMs }: Evidence): Promise<string[]> {
  const sets = ["slots", "open", "outbox", "released", ...plan.accounts.flatMap(({ id }) => [`lane:${id}`, `flying:${id}`, `next:${id}`])];
  const sizes = await Promise.all(
    sets.map(async (name) => {
      const key = gate(name);
      const type = await database.type(key);
      if (type === "none") return 0;
      // A slot whose moment has come is free.
      if (name === "slots") return await database.zcount(key, nowMs, "+inf");
      return type === "zset" ? await database.zcard(key) : await database.scard(key);
    }),
  );
  return sets.flatMap((name, at) => ((sizes[at] ?? 0) > 0 ? [`left: ${sizes[at]} in ${name}`] : []));
}

async function describeStuck({ database, plan, accepted, told }: Evidence): Promise<string> {
  const ended = new Set(told.map(({ text }) => Outcome.parse(JSON.parse(text)).jobId));
  const jobs = [...accepted].filter(([, id]) => !ended.has(id)).map(([name]) => name);
  const accounts = await Promise.all(
    plan.accounts.map(async ({ id }) => `${id} ${(await database.hmget(gate(`account:${id}`), "state", "why")).join(" ")}`),
  );
  const key = await database.hmget(gate("key"), "state", "reason", "closedUntil", "probe");
  return `${jobs.join(", ") || "no job"} without an outcome, ${accepted.size} of ${plan.jobs.length} accepted; accounts: ${accounts.join(", ")}; key: ${key.join(" ")}`;
}
