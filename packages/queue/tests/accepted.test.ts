/**
 * Jobs that a door accepted and that somebody took out of BullMQ before they came to the gate: each ends with an outcome, once, and a note of it
 * is kept no longer than until the ledger knows the job.
 */
import { JobData, PRIORITIES, personKey } from "@linkup-queue/contracts";
import type { Queue } from "bullmq";
import { beforeEach, expect, test } from "vitest";
import { Redrives } from "../src/again/redrive.ts";
import type { DoorAnswer, DoorJob, JobDoor } from "../src/door/job-door.ts";
import { noteAccepted } from "../src/door/note-accepted.ts";
import { jobDigest } from "../src/job/job-ref.ts";
import type { CallQueues } from "../src/redis/call-queues.ts";
import { doorForAllTests } from "./door-rig.ts";
import type { Rig } from "./rig.ts";

const DAY_MS = 86_400_000;
let rig: Rig;
let queues: CallQueues;
let door: JobDoor;
doorForAllTests((of) => {
  ({ rig, queues, door } = of);
});
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada");
});

const INPUT = { linkedin_url: "https://www.linkedin.com/in/x", message_text: "Hello" };

function hello(key: string, changes: Partial<DoorJob> = {}): DoorJob {
  const data = JobData.parse({ accountId: "ada", campaignId: "spring", recipientId: "somebody", input: INPUT });
  const priority = PRIORITIES.normal;
  return { queue: "messages", operation: "message.send", data, priority, runAtMs: null, key: { caller: "crm", text: key }, ...changes };
}

async function accept(...jobs: DoorJob[]): Promise<string[]> {
  return (await door.add(jobs)).map((answer: DoorAnswer) => {
    if (answer.kind !== "accepted") throw new Error(`expected it to be accepted, not ${JSON.stringify(answer)}`);
    return answer.jobId;
  });
}

/** An hour and more of sweeps: no bucket waits longer. */
async function sweepOn(rounds = 3): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    await rig.advance(61 * 60_000);
    await rig.swept();
  }
}

async function notes(): Promise<number> {
  const keys = await rig.client.keys(rig.key("accepted:*"));
  const sizes = await Promise.all(keys.map((key) => rig.client.hlen(key)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function outcomesOf(): Promise<Record<string, unknown>[]> {
  const ids = await rig.client.lrange(rig.bull("results", "wait"), 0, -1);
  const texts = await Promise.all(ids.map((id) => rig.client.hget(rig.bull("results", id), "data")));
  return texts.map((text) => JSON.parse(text ?? "{}") as Record<string, unknown>);
}

const ways: Record<string, (queue: Queue, ids: readonly string[]) => Promise<unknown>> = {
  drain: (queue) => queue.drain(true),
  obliterate: (queue) => queue.obliterate({ force: true }),
  remove: (queue, ids) => Promise.all(ids.map((id) => queue.remove(id))),
  clean: async (queue) => [await queue.clean(0, 1_000, "prioritized"), await queue.clean(0, 1_000, "delayed")],
};

test.each(Object.keys(ways))("jobs that no worker ever met and that a %s took away end cancelled, waiting or due later", async (how) => {
  const ids = await accept(hello("now"), hello("later", { runAtMs: rig.nowMs + 30 * DAY_MS }), hello("keyless", { key: null }));
  const queue = queues.of("messages");
  await sweepOn(1);
  expect(await rig.results()).toEqual(new Map());
  await ways[how]?.(queue, ids);
  expect(await queue.getJobCounts("prioritized", "delayed")).toEqual({ prioritized: 0, delayed: 0 });
  await sweepOn();
  expect(await rig.results()).toEqual(new Map(ids.map((id) => [id, "cancelled"])));
  expect(await notes()).toBe(0);
  expect(await rig.client.exists(rig.key("accepted-looks"))).toBe(0);
});

test("the outcome tells whose job it was and of what, and when it came", async () => {
  const [id] = await accept(hello("k"));
  const made = Number(await rig.client.hget(rig.bull("messages", id ?? ""), "timestamp"));
  await queues.of("messages").drain();
  await sweepOn();
  expect(await outcomesOf()).toMatchObject([
    {
      jobId: id,
      queue: "messages",
      operation: "message.send",
      accountId: "ada",
      campaignId: "spring",
      recipientId: null,
      status: "cancelled",
      code: "cancelled",
      calls: 0,
      enqueuedAt: new Date(made).toISOString(),
    },
  ]);
});

test("a job that came to the gate is forgotten here, whatever becomes of it, and has the one outcome of its own", async () => {
  const [done = "", parked = ""] = await accept(hello("done"), hello("parked"));
  await rig.call(await rig.job("ada", { id: done }));
  await rig.engine.accounts.pause("ada");
  expect((await rig.ask(await rig.job("ada", { id: parked }))).kind).toBe("parked");
  await queues.of("messages").obliterate({ force: true });
  await sweepOn();
  expect(await rig.results()).toEqual(
    new Map([
      [done, "succeeded"],
      [parked, "cancelled"],
    ]),
  );
  expect(await notes()).toBe(0);
});

test("a job that is sent again under its key before the sweep looked runs after all, and has one outcome", async () => {
  const [id = ""] = await accept(hello("k"));
  await queues.of("messages").drain();
  expect(await accept(hello("k"))).toEqual([id]);
  expect(await queues.of("messages").getJob(id)).toBeDefined();
  expect(await notes()).toBe(1);
  await sweepOn(1);
  expect(await rig.results()).toEqual(new Map());
  await rig.call(await rig.job("ada", { id }));
  await sweepOn();
  expect(await rig.results()).toEqual(new Map([[id, "succeeded"]]));
});

test("a job that is sent again after it ended cancelled adds nothing: its outcome stands", async () => {
  const [id = ""] = await accept(hello("k"));
  await queues.of("messages").drain();
  await sweepOn();
  expect(await door.add([hello("k")])).toEqual([{ kind: "accepted", jobId: id, duplicate: true }]);
  expect(await queues.of("messages").getJob(id)).toBeUndefined();
  expect(await notes()).toBe(0);
  await sweepOn();
  expect(await rig.results()).toEqual(new Map([[id, "cancelled"]]));
});

test("a job that was added by a door that died before it was noted is noted when it is sent again", async () => {
  const [id = ""] = await accept(hello("k"));
  await rig.client.del(...(await rig.client.keys(rig.key("accepted*"))));
  expect(await accept(hello("k"))).toEqual([id]);
  await queues.of("messages").drain();
  await sweepOn();
  expect(await rig.results()).toEqual(new Map([[id, "cancelled"]]));
});

test("a key whose job was never added ends nothing: sent again, it is added", async () => {
  await door.look([hello("k")]);
  await sweepOn();
  expect(await rig.results()).toEqual(new Map());
  const [id = ""] = await accept(hello("k"));
  expect(await queues.of("messages").getJob(id)).toBeDefined();
});

test("a job that is re-driven and taken away ends cancelled, and names the one that it does again", async () => {
  const [id = ""] = await accept(hello("k"));
  const key = rig.bull("messages", id);
  const data = (await rig.client.hget(key, "data")) ?? "";
  await rig.call(await rig.job("ada", { id }), "not_found");
  await rig.client.hset(key, { data });
  const { views, pages } = rig.engine.jobs;
  const redrives = new Redrives({
    scripts: rig.engine.scripts,
    config: rig.engine.config,
    prices: rig.engine.prices,
    queues,
    views,
    pages,
  });
  expect(await redrives.redrive("messages", id, { maySendTwice: false })).toMatchObject({ kind: "redriven", jobId: `${id}~2` });
  await queues.of("messages").obliterate({ force: true });
  await sweepOn();
  expect(await outcomesOf()).toContainEqual(expect.objectContaining({ jobId: `${id}~2`, status: "cancelled", redriveOf: id }));
});

test("jobs that another worker took and finished end internal_error once, not cancelled as well", async () => {
  const [id = ""] = await accept(hello("k"));
  await rig.client.hset(rig.bull("messages", id), { finishedOn: rig.nowMs, returnvalue: '"done"' });
  await rig.client.zrem(rig.bull("messages", "prioritized"), id);
  await rig.client.zadd(rig.bull("messages", "completed"), rig.nowMs, id);
  await sweepOn();
  expect(await rig.results()).toEqual(new Map([[id, "failed"]]));
  expect(await notes()).toBe(0);
});

test("a job that BullMQ itself failed is told as that", async () => {
  const [id = ""] = await accept(hello("k"));
  await rig.client.hset(rig.bull("messages", id), { finishedOn: rig.nowMs, failedReason: "job stalled more than allowable limit" });
  await rig.client.zrem(rig.bull("messages", "prioritized"), id);
  await rig.client.zadd(rig.bull("messages", "failed"), rig.nowMs, id);
  await sweepOn();
  expect(await outcomesOf()).toMatchObject([
    { jobId: id, code: "internal_error", message: expect.stringMatching(/^BullMQ failed the job/) },
  ]);
});

test("after a time without any worker that is longer than the ledger remembers nothing is ended a second time", async () => {
  const [ended = "", waits = ""] = await accept(hello("ended"), hello("waits"));
  const job = await rig.job("ada", { id: ended });
  await rig.call(job);
  await rig.gate.markPublished(jobDigest(job.ref));
  await queues.of("messages").remove(ended);
  await rig.advance(38 * DAY_MS);
  await sweepOn();
  expect(await rig.results()).toEqual(new Map());
  // And a job that is still there is watched on.
  await queues.of("messages").remove(waits);
  await sweepOn();
  expect(await rig.results()).toEqual(new Map([[waits, "cancelled"]]));
});

test("a person is in no note, and in no outcome that comes of one; who is erased while a job waits ends it once", async () => {
  const person = "https://www.linkedin.com/in/x";
  const [erased = ""] = await accept(hello("erased"));
  await rig.engine.forgetPerson(personKey(person));
  await sweepOn();
  expect(await rig.results()).toEqual(new Map([[erased, "cancelled"]]));
  expect(await notes()).toBe(0);
  await accept(hello("taken"), hello("taken too"));
  const held = await Promise.all((await rig.client.keys(rig.key("accepted:*"))).map((key) => rig.client.hgetall(key)));
  expect(JSON.stringify(held)).not.toMatch(/linkedin|somebody|Hello/);
  await queues.of("messages").drain();
  await sweepOn();
  expect(JSON.stringify(await outcomesOf())).not.toContain(person);
  expect((await outcomesOf()).map(({ recipientId }) => recipientId)).toEqual([null, null, null]);
});

test("the sweep looks at a bounded number at a time, and comes round to all of them", async () => {
  const most = 500;
  const jobs = Array.from({ length: 3 }, (_, page) => Array.from({ length: 400 }, (_none, at) => hello(`many-${page}-${at}`)));
  for (const page of jobs) await accept(...page);
  await queues.of("messages").drain();
  await rig.advance(61_000);
  const counts: number[] = [];
  for (let sweeps = 0; sweeps < 20 && (await notes()) > 0; sweeps++) {
    const before = await notes();
    await rig.swept();
    counts.push(before - (await notes()));
  }
  expect(await notes()).toBe(0);
  expect(Math.max(...counts)).toBeLessThan(most + 50);
  for (let sweeps = 0; sweeps < 12; sweeps++) await rig.swept();
  expect((await rig.results()).size).toBe(1_200);
});

test("a door whose Redis refuses the note says that the job is to be sent again", async () => {
  const broken = { run: () => Promise.reject(new Error("ECONNRESET")) };
  await expect(
    noteAccepted(broken as never, [{ queue: "messages", id: "x", operation: "message.send", data: hello("k").data, isNew: true }]),
  ).rejects.toThrow("ECONNRESET");
  const { client } = rig;
  await accept(hello("first"));
  const looks = rig.key("accepted-looks");
  await client.set(looks, "of another type");
  try {
    expect(await door.add([hello("k")])).toMatchObject([{ kind: "failed", error: { code: "redis_unreachable" } }]);
  } finally {
    await client.del(looks);
  }
  expect(await door.add([hello("k")])).toMatchObject([{ kind: "accepted", duplicate: true }]);
  await queues.of("messages").drain();
  await sweepOn();
  expect([...(await rig.results()).values()]).toContain("cancelled");
});
