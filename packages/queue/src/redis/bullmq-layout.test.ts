/**
 * Holds the scripts to the layout of the installed BullMQ: what they write into its keys is what it writes itself, apart from a job's
 * position, and what they read is where it puts it. Fails when BullMQ's layout changes.
 */
import type { Outcome } from "@linkup-queue/contracts";
import { fromNow } from "@linkup-queue/testkit";
import { DelayedError, Queue, UnrecoverableError, Worker } from "bullmq";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Rig, type RigJob, startRig } from "../../tests/rig.ts";
import { CallWorker, jobDigest, NO_HISTORY } from "../index.ts";
import { outcomeIdOf } from "../job/job-ref.ts";
import { outcomeOf } from "../job/outcome.ts";

/** As the rig ends a call that worked. */
const OK = { status: "succeeded", code: null, message: "succeeded", httpStatus: null, output: null } as const;
const DONE = { status: "succeeded", code: null, message: "Done", httpStatus: 200, output: null } as const;
let rig: Rig;
let ours: Queue;
let theirs: Queue;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  ours = new Queue("messages", { connection: rig.client, prefix: rig.engine.scripts.tag });
  theirs = new Queue("messages", { connection: rig.client, prefix: "{theirs}" });
  await Promise.all([ours.waitUntilReady(), theirs.waitUntilReady()]);
});
afterEach(async () => await Promise.all([ours.close(), theirs.close()]));

/** All keys of a queue with their content; of the event stream its fields without their ids. */
async function dump(queue: Queue): Promise<Record<string, unknown>> {
  const { client } = rig;
  const base = `${queue.opts.prefix}:${queue.name}:`;
  const content: Record<string, unknown> = {};
  for (const key of (await client.keys("*")).filter((name) => name.startsWith(base)).sort()) {
    const name = key.slice(base.length);
    const type = await client.type(key);
    if (type === "hash") content[name] = await client.hgetall(key);
    else if (type === "list") content[name] = await client.lrange(key, 0, -1);
    else if (type === "zset") content[name] = await client.zrange(key, "0", "-1", "WITHSCORES");
    else if (type === "stream") content[name] = (await client.xrange(key, "-", "+")).map(([, fields]) => fields);
    else content[name] = await client.get(key);
  }
  return content;
}

async function promoteOurs(id: string, priority: number): Promise<void> {
  const ref = { queue: "messages", id, timestamp: 1 } as const;
  await rig.client.hset(rig.key(`job:${jobDigest(ref)}`), { state: "released", queue: "messages", id, priority });
  expect(await rig.gate.confirmPark(ref)).toBe("released");
}

/** Both queues with the same jobs, one of them delayed; then that one promoted in each, by us and by BullMQ. */
async function promoteInBoth(priority: number, prepare: (queue: Queue) => Promise<unknown>) {
  for (const queue of [ours, theirs]) {
    await prepare(queue);
    await queue.add("message.send", { n: 0 }, { jobId: "held", priority, delay: 1_000_000, timestamp: 1 });
  }
  expect(await dump(ours)).toEqual(await dump(theirs));
  await promoteOurs("held", priority);
  await (await theirs.getJob("held"))?.promote();
  return { our: await dump(ours), their: await dump(theirs) };
}

const others = (priority: number) => async (queue: Queue) => {
  for (const id of ["first", "second"]) await queue.add("message.send", {}, { jobId: id, priority, timestamp: 1 });
};
const STATES: [string, (queue: Queue) => Promise<unknown>][] = [
  ["a queue without other jobs", async () => undefined],
  ["a paused queue", async (queue) => await queue.pause()],
  [
    "a queue at its global concurrency",
    async (queue) => {
      await queue.setGlobalConcurrency(1);
      await queue.add("message.send", {}, { jobId: "busy", timestamp: 1 });
      const worker = new Worker(queue.name, null, { connection: rig.client, prefix: queue.opts.prefix ?? "", autorun: false });
      await worker.getNextJob("token", { block: false });
      await worker.close(true);
      // Names of moments and workers differ between the two.
      await rig.client.hdel(`${queue.opts.prefix}:${queue.name}:busy`, "processedOn");
      await rig.client.del(`${queue.opts.prefix}:${queue.name}:busy:lock`);
    },
  ],
  ["a queue below its global concurrency", async (queue) => await queue.setGlobalConcurrency(2)],
];

for (const priority of [0, 1, 10]) {
  test.each(STATES)(
    `promoting a job of priority ${priority} in %s leaves every key as BullMQ's own promote does`,
    async (_what, prepare) => {
      const { our, their } = await promoteInBoth(priority, prepare);
      expect(our).toEqual(their);
    },
  );
}

test("among others, a promoted job stands at the front of its priority; all else is as BullMQ's own promote leaves it", async () => {
  const { our, their } = await promoteInBoth(0, others(0));
  expect(their["wait"]).toEqual(["held", "second", "first"]);
  // BullMQ takes from the end of the list.
  expect(our["wait"]).toEqual(["second", "first", "held"]);
  expect({ ...our, wait: 0 }).toEqual({ ...their, wait: 0 });
});

test("among others of its priority, a prioritized job shares the place of the first and comes before the next priority", async () => {
  const { our, their } = await promoteInBoth(10, async (queue) => {
    await others(10)(queue);
    await queue.add("message.send", {}, { jobId: "bulk", priority: 100, timestamp: 1 });
    await queue.add("message.send", {}, { jobId: "urgent", priority: 1, timestamp: 1 });
  });
  const members = (content: Record<string, unknown>) => (content["prioritized"] as string[]).filter((_, index) => index % 2 === 0);
  expect(members(their)).toEqual(["urgent", "first", "second", "held", "bulk"]);
  expect(members(our)).toEqual(["urgent", "first", "held", "second", "bulk"]);
  expect({ ...our, prioritized: 0, pc: 0 }).toEqual({ ...their, prioritized: 0, pc: 0 });
});

test("a job that is not delayed is not moved", async () => {
  await ours.add("message.send", {}, { jobId: "held", timestamp: 1 });
  const before = await dump(ours);
  await promoteOurs("held", 0);
  expect(await dump(ours)).toEqual(before);
});

test("a job that BullMQ moved to `delayed` is found there, runs when we promote it, and wakes a worker that waits", async () => {
  await ours.add("message.send", {}, { jobId: "held", priority: 10, timestamp: 1 });
  let runs = 0;
  const ran = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const worker = new Worker(
    "messages",
    async (job, token) => {
      runs += 1;
      if (runs > 1) return ran.resolve();
      await job.moveToDelayed(fromNow(1_000_000).getTime(), token);
      held.resolve();
      throw new DelayedError();
    },
    { connection: rig.client, prefix: rig.engine.scripts.tag },
  );
  try {
    await held.promise;
    await promoteOurs("held", 10);
    await ran.promise;
  } finally {
    await worker.close();
  }
});

test("the failed set is scored by finish times, and `finishedOn` is on a job that is over and on no other", async () => {
  const job = await ours.add("message.send", {}, { jobId: "bad" });
  const waiting = await ours.add("message.send", {}, { jobId: "good", delay: 1_000_000 });
  const worker = new Worker("messages", async () => Promise.reject(new UnrecoverableError("no")), {
    connection: rig.client,
    prefix: rig.engine.scripts.tag,
  });
  const failed = Promise.withResolvers<void>();
  worker.on("failed", () => failed.resolve());
  await failed.promise;
  await worker.close();
  const finishedOn = await rig.client.hget(rig.bull("messages", job.id ?? ""), "finishedOn");
  expect(Number(finishedOn)).toBeGreaterThan(0);
  expect(await rig.client.zrange(rig.bull("messages", "failed"), "0", "-1", "WITHSCORES")).toEqual(["bad", finishedOn]);
  expect(await rig.client.hexists(rig.bull("messages", waiting.id ?? ""), "finishedOn")).toBe(0);
});

test("held jobs cost no tokens of BullMQ's limiter, and those that call cost one each", async () => {
  await rig.account("busy");
  for (const id of ["ada", "bob", "cyd"]) await rig.account(id);
  await rig.send(await rig.job("busy"));
  const bulk = Array.from({ length: 12 }, (_, n) => ({ name: "busy", data: {}, opts: { jobId: `held-${n}`, priority: 10 } }));
  await ours.addBulk([...bulk, ...["ada", "bob", "cyd"].map((name) => ({ name, data: {}, opts: { jobId: `of-${name}`, priority: 10 } }))]);
  const called: string[] = [];
  const all = Promise.withResolvers<void>();
  const worker = new CallWorker({
    queue: "messages",
    config: { ...rig.engine.config, rateLimit: 3, rateWindowMs: 600_000 },
    connection: rig.client,
    gate: rig.gate,
    processor: async ({ ref, name, priority }) => {
      const job = { ...(await rig.job(name)), ref, priority };
      const answer = await rig.ask(job);
      if (answer.kind === "parked") return { kind: "park", expiresAtMs: null };
      called.push(name);
      if (called.length === 3) all.resolve();
      return { kind: "complete", value: {} };
    },
    onError: (error) => all.reject(error),
    onFailedByBullmq: () => undefined,
  });
  await worker.start();
  await all.promise;
  await worker.close();
  expect(called.sort()).toEqual(["ada", "bob", "cyd"]);
  expect(await ours.getDelayedCount()).toBe(12);
  expect(await rig.client.get(rig.bull("messages", "limiter"))).toBe("3");
  expect(await ours.getRateLimitTtl(3), "BullMQ itself counts three of three").toBeGreaterThan(0);
  expect(await ours.getRateLimitTtl(4)).toBe(0);
});

const WAYS = {
  "in the step that settles it": async (job: RigJob) => {
    const answer = await rig.gate.settle(rig.publishing(rig.settlement(job, await rig.send(job), "ok")));
    expect(answer).toMatchObject({ kind: "ended", published: true });
  },
  "by a step of its own": async (job: RigJob) => {
    await rig.call(job);
    expect(await rig.engine.outbox.publish(jobDigest(job.ref), outcomeOf(job.ref, job.meta, { ending: OK, history: NO_HISTORY }))).toBe(
      true,
    );
  },
};
test.each(Object.entries(WAYS))(
  "an outcome published %s leaves every key of the results queue as BullMQ's own add does, also where it is there already",
  async (_way, publish) => {
    const results = {
      theirs: new Queue("results", { connection: rig.client, prefix: "{theirs}" }),
      ours: new Queue("results", { connection: rig.client, prefix: rig.engine.scripts.tag }),
    };
    await Promise.all(Object.values(results).map((queue) => queue.waitUntilReady()));
    await rig.account("ada", 10);
    const [there, paused, last] = await rig.jobs(3, "ada");
    if (there === undefined || paused === undefined || last === undefined) throw new Error("no jobs");
    const jobOf = ({ ref, meta }: RigJob) => {
      const data = outcomeOf(ref, meta, { ending: OK, history: NO_HISTORY });
      const opts = { jobId: data.outcomeId, removeOnComplete: { age: 3_600 }, removeOnFail: { age: 7 * 86_400 } };
      return { name: data.status, data, opts };
    };
    const both = async (job: RigJob) => {
      await publish(job);
      const { name, data, opts } = jobOf(job);
      await results.theirs.add(name, data, opts);
      expect(await read(results.ours)).toEqual(await read(results.theirs));
    };
    const read = async (queue: Queue) => {
      const content = await dump(queue);
      for (const { ref } of [there, paused, last]) {
        const id = outcomeIdOf(jobDigest(ref));
        const { data = "", opts = "", ...job } = (content[id] ?? {}) as Record<string, string>;
        if (data === "") continue;
        const outcome = { ...(JSON.parse(data) as object), startedAt: "", finishedAt: "" };
        content[id] = { ...job, timestamp: "", data: outcome, opts: JSON.parse(opts) as unknown };
      }
      return content;
    };
    for (const queue of Object.values(results)) await queue.addBulk([jobOf(there)]);
    await both(there);
    for (const queue of Object.values(results)) await queue.pause();
    await both(paused);
    for (const queue of Object.values(results)) await queue.resume();
    await both(last);
    await Promise.all(Object.values(results).map((queue) => queue.close()));
  },
);

test("a published outcome leaves every key of the results queue as BullMQ's own addBulk does, also where some of it is there already", async () => {
  const results = {
    theirs: new Queue("results", { connection: rig.client, prefix: "{theirs}" }),
    ours: new Queue("results", { connection: rig.client, prefix: rig.engine.scripts.tag }),
  };
  await Promise.all(Object.values(results).map((queue) => queue.waitUntilReady()));
  await rig.account("ada", 10);
  const outcomes: { digest: string; outcome: Outcome }[] = [];
  for (const job of await rig.jobs(4, "ada")) {
    await rig.call(job);
    outcomes.push({ digest: jobDigest(job.ref), outcome: outcomeOf(job.ref, job.meta, { ending: DONE, history: NO_HISTORY }) });
  }
  const jobs = outcomes.map(({ outcome }) => ({
    name: outcome.status,
    data: outcome,
    opts: { jobId: outcome.outcomeId, removeOnComplete: { age: 3_600 }, removeOnFail: { age: 7 * 86_400 } },
  }));
  for (const queue of Object.values(results)) await queue.addBulk(jobs.slice(2, 3));
  await results.theirs.addBulk(jobs);
  await Promise.all(outcomes.map(({ digest, outcome }) => rig.engine.outbox.publish(digest, outcome)));
  const read = async (queue: Queue) => {
    const content = await dump(queue);
    for (const { outcomeId } of outcomes.map(({ outcome }) => outcome)) {
      const job = content[outcomeId] as Record<string, string>;
      content[outcomeId] = { ...job, timestamp: "", opts: JSON.parse(job["opts"] ?? "") as unknown };
    }
    return content;
  };
  expect(await read(results.ours)).toEqual(await read(results.theirs));
  await Promise.all(Object.values(results).map((queue) => queue.close()));
});
