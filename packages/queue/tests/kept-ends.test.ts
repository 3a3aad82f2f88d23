/**
 * Ends that a worker told in a time that Redis has lost: it settles them again, whatever the older state holds of the jobs, and until all workers have, nobody ends
 * a doubtful one.
 */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { EndLine, type Engine, KeptEnds } from "../src/index.ts";
import { campaignJobId } from "../src/job/recipient-job-id.ts";
import { type CallEnd, type Rig, type RigJob, startRig } from "./rig.ts";

let rig: Rig;
let worker: Engine;
let keptEnds: KeptEnds;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 5);
  keptEnds = new KeptEnds();
  worker = rig.withConfig({}, { keptEnds });
});

const ALIVE_MS = 15_000;
const WINDOW_MS = 61_000;

const ask = async (job: RigJob, callId?: string) => await worker.gate.ask(rig.request(job, callId));
const see = async () => worker.seen.learn((await rig.engine.keys.read()).seen);

/** The call of a job that this worker makes, told as it ends. */
async function call(job: RigJob, end: CallEnd = "ok"): Promise<void> {
  const sent = await rig.send(job);
  const answer = await worker.gate.settle(rig.publishing(rig.settlement(job, sent, end)));
  expect(answer).toMatchObject({ kind: "ended" });
}

/** The loss is noticed, what this worker settled is settled again, and a person says that nothing may go out twice. */
async function lost(goBack: () => Promise<void>): Promise<number> {
  const { seen } = await rig.engine.keys.read();
  worker.seen.learn({ ...seen, marks: seen.marks + 10 });
  await goBack();
  await rig.advance(1_000);
  await worker.keys.beat("worker", null, { seen: worker.seen.value, settledIn: "" });
  expect((await rig.engine.keys.read()).reason).toBe("state_lost");
  const count = await keptEnds.settleAgain(worker, fail);
  await worker.keys.restore("unknown");
  await see();
  return count;
}

function fail(error: unknown): never {
  throw error;
}

async function viewOf({ ref }: RigJob) {
  const [found] = await rig.engine.jobs.views.find(ref.id, "messages");
  return found?.view;
}

const results = async () => await rig.client.lrange(rig.bull("results", "wait"), 0, -1);

/** The state that came back holds this of the job, which has ended since. */
const OLDER: Record<string, (job: RigJob) => Promise<void>> = {
  "nothing but its place in the queue": async () => undefined,
  "a call that was out": async (job) => void (await rig.send(job)),
  "a grant": async (job) => void (await rig.ask(job, "earlier")),
  "an attempt that failed": async (job) => void (await rig.call(job, "server_error")),
  "its parking": async (job) => {
    await rig.client.sadd(rig.key("flying:ada"), "a", "b", "c", "d", "e");
    await rig.park(job);
    await rig.client.del(rig.key("flying:ada"));
  },
  "not even the job": async (job) => void (await rig.client.del(rig.bull("messages", job.ref.id))),
};

describe("a job that was told succeeded in the time that is lost", () => {
  test.each(Object.entries(OLDER))("has that outcome again where the older state holds %s", async (_what, older) => {
    const job = await rig.job("ada");
    // The way from there to its end is not of interest, only that it was told.
    const begin = await rig.keepState();
    await older(job);
    const goBack = await rig.keepState();
    await begin();
    await call(job);
    expect(await lost(goBack)).toBe(1);
    await rig.advance(WINDOW_MS);
    expect(await ask(job)).toMatchObject({ kind: "settled" });
    await rig.swept();
    expect(await viewOf(job)).toMatchObject({ outcome: { status: "succeeded" } });
    expect(await results()).toHaveLength(1);
    const { charged, held = 0 } = await rig.credits();
    expect({ charged, held }).toEqual({ charged: 1, held: 0 });
    for (const key of ["open", "outbox", "flying:ada", "next:ada", "lane:ada"]) {
      expect(await rig.client.exists(rig.key(key)), key).toBe(0);
    }
  });

  test("is told in the same words", async () => {
    const job = await rig.job("ada");
    const goBack = await rig.keepState();
    await call(job);
    const data = async () => await rig.client.hget(rig.bull("results", (await results())[0] ?? ""), "data");
    const before = await data();
    await lost(goBack);
    expect(await data()).toBe(before);
    expect(before).not.toBeNull();
  });

  test("is settled again once, however often it is tried", async () => {
    const job = await rig.job("ada");
    const goBack = await rig.keepState();
    await call(job);
    await lost(goBack);
    expect(await keptEnds.settleAgain(worker, fail)).toBe(0);
    expect(await rig.credits()).toMatchObject({ charged: 1 });
  });

  test("neither stops the key again nor has its account rest anew", async () => {
    const job = await rig.job("ada");
    const goBack = await rig.keepState();
    await call(job, "account_restricted");
    await lost(goBack);
    await rig.advance(WINDOW_MS);
    expect((await ask(await rig.job("ada"))).kind).toBe("granted");
  });
});

test("a job that was told as not sent is so again", async () => {
  const job = await rig.job("ada");
  const goBack = await rig.keepState();
  expect(await worker.gate.settle(rig.publishing(rig.uncalled(job)))).toMatchObject({ kind: "ended" });
  expect(await lost(goBack)).toBe(1);
  await rig.advance(WINDOW_MS);
  expect(await ask(job)).toMatchObject({ kind: "settled" });
  expect(await viewOf(job)).toMatchObject({ outcome: { status: "cancelled" } });
});

test("nothing is settled again of what the state knows", async () => {
  const job = await rig.job("ada");
  await call(job);
  expect(await keptEnds.settleAgain(worker, fail)).toBe(0);
  expect(await results()).toHaveLength(1);
});

test("the answer of a call that was out while the state was lost is its job's, also where an older state knows nothing of the call", async () => {
  const job = await rig.job("ada");
  await rig.call(job, "server_error");
  const goBack = await rig.keepState();
  await rig.advance(WINDOW_MS);
  const sent = await rig.send(job);
  await lost(goBack);
  expect(await worker.gate.settle(rig.settlement(job, sent, "ok"))).toMatchObject({ kind: "ended", status: "succeeded" });
});

describe("until the workers have settled again what they settled", () => {
  const beats = async (name: string, settledIn?: string) => await rig.engine.keys.beat(name, null, { settledIn });
  const line = async () => (await rig.engine.keys.read()).seen.line;
  /** A job whose call left before, and one that only waited. */
  async function doubtful(): Promise<RigJob[]> {
    const out = await rig.job("ada");
    await rig.send(out);
    const waiting = await rig.job("ada");
    await lost(await rig.keepState());
    return [out, waiting];
  }

  test("a doubtful job waits, whoever asks, and the sweep ends none", async () => {
    const [out, waiting] = (await doubtful()) as [RigJob, RigJob];
    await rig.advance(ALIVE_MS - 1);
    await rig.swept();
    for (const job of [out, waiting]) {
      expect(await rig.ask(job)).toMatchObject({ kind: "wait", reason: "fresh_state" });
      expect((await viewOf(job))?.outcome).toBeNull();
    }
    await rig.advance(1);
    for (const job of [out, waiting]) expect(await rig.ask(job)).toMatchObject({ kind: "interrupted" });
  });

  test("nobody who judged a job before the loss was noticed ends it in doubt: another outcome of it may have been told", async () => {
    const [, waiting] = (await doubtful()) as [RigJob, RigJob];
    expect(await rig.endUncalled(waiting, "unknown")).toMatchObject({ kind: "already", state: "state_lost" });
    await rig.advance(ALIVE_MS);
    await rig.swept();
    expect(await rig.endUncalled(waiting, "unknown")).toMatchObject({ kind: "ended", status: "unknown" });
  });

  test("a worker that beats and has not done so is waited for, until it has or is gone", async () => {
    const [out] = (await doubtful()) as [RigJob];
    await rig.advance(ALIVE_MS);
    await beats("slow", "another line");
    expect(await rig.ask(out)).toMatchObject({ kind: "wait" });
    await beats("slow", await line());
    await beats("gone", "");
    expect(await rig.ask(out)).toMatchObject({ kind: "wait" });
    await rig.advance(ALIVE_MS + 1);
    expect(await rig.ask(out)).toMatchObject({ kind: "interrupted" });
  });

  test("a worker that keeps none is not waited for", async () => {
    const [out] = (await doubtful()) as [RigJob];
    await rig.advance(ALIVE_MS);
    await beats("earlier version");
    expect(await rig.ask(out)).toMatchObject({ kind: "interrupted" });
  });
});

describe("an end that was noted by a worker that is gone", () => {
  const lines: EndLine[] = [];
  beforeEach(() => {
    lines.splice(0);
    keptEnds = new KeptEnds((line) => lines.push(line));
    worker = rig.withConfig({}, { keptEnds });
  });
  /** Another worker, which has the notes alone. */
  function startAnew(): void {
    keptEnds = new KeptEnds();
    keptEnds.take(lines.map((line) => EndLine.parse(JSON.parse(JSON.stringify(line)))));
  }

  test.each(Object.entries(OLDER))("is kept and told to nobody again, where the older state holds %s", async (_what, older) => {
    const job = await rig.job("ada");
    const begin = await rig.keepState();
    await older(job);
    const goBack = await rig.keepState();
    await begin();
    await call(job);
    startAnew();
    expect(await lost(goBack)).toBe(1);
    await rig.advance(WINDOW_MS);
    expect(await ask(job)).toMatchObject({ kind: "settled", published: true });
    await rig.swept();
    expect(await viewOf(job)).toMatchObject({
      outcome: {
        status: "succeeded",
        code: null,
        output: null,
        message: expect.stringContaining("older than it was"),
        credits: { charged: 1 },
      },
    });
    expect(await results()).toEqual([]);
    for (const key of ["open", "outbox", "flying:ada", "next:ada", "lane:ada"]) {
      expect(await rig.client.exists(rig.key(key)), key).toBe(0);
    }
  });

  test("is told where its worker died before it knew whether it was settled", async () => {
    const job = await rig.job("ada");
    const goBack = await rig.keepState();
    const sent = await rig.send(job);
    keptEnds.begin(rig.settlement(job, sent, "ok"));
    startAnew();
    expect(await lost(goBack)).toBe(1);
    expect([...(await rig.results())]).toEqual([[job.ref.id, "succeeded"]]);
  });

  test("counts in its campaign", async () => {
    await rig.client.hset(rig.key("campaign:c"), { state: "running", createdAt: rig.nowMs, rev: 1, maxCredits: "", total: 9, fed: 9 });
    const made = await rig.job("ada", { id: campaignJobId("c", "r-1"), campaignId: "c" });
    const job = { ...made, meta: { ...made.meta, recipientId: "r-1" } };
    const goBack = await rig.keepState();
    await call(job);
    startAnew();
    await lost(goBack);
    expect(await rig.client.hmget(rig.key("campaign:c"), "ended", "status:succeeded", "charged")).toEqual(["1", "1", "1"]);
  });

  test("names no recipient, and holds nothing of output and message", async () => {
    const made = await rig.job("ada", { to: "https://www.linkedin.com/in/somebody" });
    await call({ ...made, meta: { ...made.meta, recipientId: "somebody" } });
    expect(JSON.stringify(lines)).not.toMatch(/somebody|output|"message"|about/);
    expect(lines).toMatchObject([{ id: made.ref.id, status: "succeeded", isTold: false }, { became: "told" }]);
  });

  test("is noted before it is settled, once, and taken back where its job ended otherwise", async () => {
    const job = await rig.job("ada");
    const sent = await rig.send(job);
    await rig.settle(job, sent, "timed_out");
    const late = rig.settlement(job, sent, "ok");
    keptEnds.begin(late);
    expect(lines).toMatchObject([{ status: "succeeded" }]);
    expect(await worker.gate.settle(late)).toMatchObject({ kind: "already" });
    expect(lines).toMatchObject([{ status: "succeeded" }, { became: "untold" }]);
    startAnew();
    expect(await keptEnds.settleAgain(worker, fail)).toBe(0);
  });

  test("of more than a day ago is none", async () => {
    await call(await rig.job("ada"));
    const goBack = await rig.keepState();
    await goBack();
    await rig.advance(86_400_000 + WINDOW_MS);
    startAnew();
    await rig.client.flushall();
    await rig.setClock(rig.nowMs);
    expect(await keptEnds.settleAgain(worker, fail)).toBe(0);
  });
});

describe("a worker's memory", () => {
  test("keeps the latest ends, in 16 MB", async () => {
    const goBack = await rig.keepState();
    const jobs = await rig.jobs(3, "ada");
    for (const job of jobs) {
      const settlement = rig.uncalled(job);
      const { next } = settlement;
      if (next.kind !== "end" || next.outcome === null) throw new Error("it ends");
      const outcome = Buffer.concat([next.outcome, Buffer.alloc(6 * 1_048_576)]);
      keptEnds.end({ ...settlement, next: { ...next, outcome } }, { isEnded: true, atMs: 0 });
    }
    await goBack();
    expect(await keptEnds.settleAgain(worker, () => undefined)).toBe(2);
  });

  test("is that of the ends alone, whatever else was made beside them", async () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const settlement = rig.uncalled(await rig.job("ada"));
    const { next } = settlement;
    if (next.kind !== "end" || next.outcome === null) throw new Error("it ends");
    const { length } = next.outcome;
    collect();
    const before = process.memoryUsage().arrayBuffers;
    const beside: Buffer[] = [];
    for (let id = 0; id < 5_000; id++) {
      const outcome = Buffer.from(next.outcome);
      // Small buffers share one of 8 KB: here each outcome has another.
      for (let other = 0; other < 4; other++) beside[other] = Buffer.from("x".repeat(2_000));
      keptEnds.end({ ...settlement, ref: { ...settlement.ref, id: `job-${id}` }, next: { ...next, outcome } }, { isEnded: true, atMs: id });
    }
    const held = () => {
      collect();
      return process.memoryUsage().arrayBuffers - before;
    };
    await waitFor(held, { what: "all but the ends to be collected", until: (bytes) => bytes < 5_000 * length + 1_000_000 });
  });

  test("keeps none for more than a day", async () => {
    const [first, second] = (await rig.jobs(2, "ada")) as [RigJob, RigJob];
    keptEnds.end(rig.uncalled(first), { isEnded: true, atMs: 0 });
    keptEnds.end(rig.uncalled(second), { isEnded: true, atMs: 86_400_001 });
    expect(await keptEnds.settleAgain(worker, fail)).toBe(1);
    expect([...(await rig.results()).keys()]).toEqual([second.ref.id]);
  });
});
