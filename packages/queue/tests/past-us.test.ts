/** Jobs that somebody took out of BullMQ past us: each that the ledger knows, or that BullMQ still shows, ends with an outcome that says so. */
import { Queue, Worker } from "bullmq";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
let queue: Queue;
let theirs: Worker;
beforeAll(async () => {
  rig = await startRig();
  const at = { connection: rig.client, prefix: rig.engine.scripts.tag };
  queue = new Queue("messages", at);
  theirs = new Worker("messages", null, { ...at, autorun: false });
  await theirs.waitUntilReady();
});
afterAll(async () => {
  await theirs.close();
  await queue.close();
  await rig.close();
});
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada");
});

/** A job in BullMQ, and as the gate is asked for it. */
async function added(id: string): Promise<RigJob> {
  await queue.add("message.send", { accountId: "ada" }, { jobId: id, priority: 10 });
  const job = await rig.job("ada", { id: `${id}-shape` });
  await rig.client.del(rig.bull("messages", `${id}-shape`));
  return { ...job, ref: { ...job.ref, id } };
}

async function finishedByAnother(): Promise<void> {
  const job = await theirs.getNextJob("theirs", { block: false });
  await job?.moveToCompleted("done", "theirs", false);
}

async function codes(): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const id of await rig.client.lrange(rig.bull("results", "wait"), 0, -1)) {
    const data = JSON.parse((await rig.client.hget(rig.bull("results", id), "data")) ?? "{}") as Record<string, string>;
    found[String(data["jobId"])] = `${data["status"]} ${data["code"]}`;
  }
  return found;
}

async function sweepLater(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    await rig.advance(61_000);
    await rig.swept();
  }
}

test("a job that somebody's own worker completed ends internal_error, whether it ever came to the gate or not", async () => {
  await added("never-seen");
  await finishedByAnother();
  const parked = await added("parked");
  await rig.engine.accounts.pause("ada");
  expect((await rig.ask(parked)).kind).toBe("parked");
  await finishedByAnother();
  await sweepLater();
  expect(await codes()).toEqual({ "never-seen": "failed internal_error", parked: "failed internal_error" });
});

test("jobs that our own workers completed are not taken for another's", async () => {
  const job = await added("ours");
  const fetched = await theirs.getNextJob("ours", { block: false });
  await rig.call(job);
  await fetched?.moveToCompleted({ status: "succeeded" }, "ours", false);
  await sweepLater();
  expect(await codes()).toEqual({ ours: "succeeded null" });
});

test.each(["drain", "obliterate"] as const)(
  "parked jobs that a %s took away end cancelled, though their account stays away",
  async (how) => {
    const jobs = [await added("first"), await added("second")];
    await rig.engine.accounts.pause("ada");
    for (const job of jobs) expect((await rig.ask(job)).kind).toBe("parked");
    if (how === "drain") await queue.drain(true);
    else await queue.obliterate({ force: true });
    await sweepLater();
    expect(await codes()).toEqual({ first: "cancelled cancelled", second: "cancelled cancelled" });
    expect(await rig.client.zcard(rig.key("lane:ada"))).toBe(0);
  },
);

test("jobs that wait behind a brake or for their campaign, and are taken away, end cancelled while that lasts", async () => {
  const braked = await added("braked");
  await rig.call(braked, "service_refused");
  const held = await added("held");
  expect((await rig.ask(braked)).kind).toBe("parked");
  await rig.client.hset(rig.key("campaign:spring"), "state", "paused");
  await rig.client.zadd(rig.key("campaigns"), 0, "spring");
  const ofCampaign = { ...held, meta: { ...held.meta, campaignId: "spring", operation: "profile.scrape" } };
  expect((await rig.ask(ofCampaign)).kind).toBe("parked");
  await queue.obliterate({ force: true });
  await sweepLater();
  expect(await codes()).toEqual({ braked: "cancelled cancelled", held: "cancelled cancelled" });
});

test("a parked job whose account is edited leaves the place of its former account, which goes to the next in line", async () => {
  await rig.account("bob");
  const [first, second] = [await added("first"), await added("second")];
  const busy = await added("busy");
  const sent = await rig.send(busy);
  for (const job of [first, second]) await rig.park(job);
  await rig.settle(busy, sent, "ok");
  expect(await rig.stateOf(first)).toBe("released");
  const edited = { ...first, accountId: "bob", meta: { ...first.meta, accountId: "bob" } };
  expect((await rig.ask(edited)).kind).toBe("granted");
  expect(await rig.stateOf(second)).toBe("released");
  expect(await rig.client.smembers(rig.key("next:ada"))).toHaveLength(1);
});

test("a lost job is found in the lane of any account among hundreds that are idle", async () => {
  const idle = Array.from({ length: 300 }, (_, at) => `idle-${at}`);
  await rig.client.zadd(rig.key("accounts"), ...idle.flatMap((id) => [0, id]));
  for (const account of ["idle-150", "idle-99", "zoe"]) {
    await rig.account(account);
    await rig.engine.accounts.pause(account);
    const job = await added(`of-${account}`);
    expect((await rig.ask({ ...job, accountId: account, meta: { ...job.meta, accountId: account } })).kind).toBe("parked");
  }
  await queue.obliterate({ force: true });
  await sweepLater();
  expect(Object.keys(await codes()).sort()).toEqual(["of-idle-150", "of-idle-99", "of-zoe"]);
});

test("places and calls that the ledger knows nothing of are dropped by the sweep, and the line goes on", async () => {
  const [job] = [await added("waits")];
  await rig.client.sadd(rig.key("flying:ada"), "abcdefghijklmnopqrst");
  await rig.client.sadd(rig.key("next:ada"), "tsrqponmlkjihgfedcba");
  expect((await rig.ask(job)).kind).toBe("parked");
  await rig.moveToDelayed(job);
  await rig.swept();
  expect(await rig.stateOf(job)).toBe("released");
  expect((await rig.ask(job)).kind).toBe("granted");
});
