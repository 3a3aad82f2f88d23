/** The key's own state: stopped by hand or by an answer, probed, cooling after its limit, and the outage's ring of fifty answers. */
import { testSecretsKey } from "@linkup-queue/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { PROBE_EVERY_MS, Secrets } from "../src/index.ts";
import { windowMarginMs } from "../src/redis/engine-config.ts";
import { type CallEnd, type Rig, startRig } from "./rig.ts";

const CLOSED_MS = 60_000 + windowMarginMs(60_000);
let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ maxAttempts: 3 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 1_000);
});

async function ask(): Promise<string> {
  const answer = await rig.ask(await rig.job("ada"));
  return answer.kind === "wait" ? `${answer.kind} ${answer.reason}` : answer.kind;
}
async function calls(count: number, end: CallEnd): Promise<void> {
  for (let i = 0; i < count; i++) {
    await rig.call(await rig.job("ada", { priority: 1 }), end);
  }
}
const state = async () => {
  const { state: name, reason } = await rig.engine.keys.read();
  return `${name} ${reason}`.trim();
};
/** Half of fifty answers are 500s. */
async function outage(): Promise<void> {
  await calls(25, "ok");
  await calls(25, "server_error");
}

test("the stop switch holds what is granted and what asks, until it is taken back", async () => {
  const job = await rig.job("ada");
  const callId = rig.newCall();
  await rig.ask(job, callId);
  await rig.engine.keys.pause();
  expect(await rig.gate.markLeft(job.ref, callId)).toBe(false);
  expect(await ask()).toBe("wait key_stopped");
  await rig.advance(PROBE_EVERY_MS * 3);
  expect(await ask()).toBe("wait key_stopped");
  await rig.engine.keys.resume();
  expect(await ask()).toBe("granted");
});

test("a refused key stops everything, and one probe each ten minutes may open it", async () => {
  const granted = await rig.job("ada");
  const grantedCall = rig.newCall();
  await rig.ask(granted, grantedCall);
  await calls(1, "key_refused");
  expect(await state()).toBe("stopped key_refused");
  expect(await rig.gate.markLeft(granted.ref, grantedCall)).toBe(false);
  await rig.advance(PROBE_EVERY_MS - 1);
  expect(await ask()).toBe("wait key_stopped");
  await rig.advance(1);
  await calls(1, "key_refused");
  expect(await ask()).toBe("wait key_stopped");
  await rig.advance(PROBE_EVERY_MS);
  const probe = await rig.job("ada");
  const sent = await rig.send(probe);
  expect(await ask()).toMatch(/^wait/);
  await rig.settle(probe, sent, "ok");
  expect(await state()).toBe("open");
  expect(await ask()).toBe("granted");
});

test("a probe whose answer says nothing about the key leaves it stopped until the next", async () => {
  await calls(1, "key_refused");
  await rig.advance(PROBE_EVERY_MS);
  await calls(1, "server_error");
  expect(await state()).toBe("stopped key_refused");
  expect(await ask()).toBe("wait key_stopped");
});

test("the stop switch holds against a probe: it may not leave, and its answer opens nothing", async () => {
  await calls(1, "key_refused");
  await rig.advance(PROBE_EVERY_MS);
  const early = await rig.job("ada");
  const earlyCall = rig.newCall();
  expect((await rig.ask(early, earlyCall)).kind).toBe("granted");
  await rig.engine.keys.pause();
  expect(await rig.gate.markLeft(early.ref, earlyCall)).toBe(false);
  await rig.settle(early, { callId: earlyCall, epoch: 1 }, "not_left");

  await rig.engine.keys.resume();
  await calls(1, "key_refused");
  await rig.advance(PROBE_EVERY_MS);
  const out = await rig.job("ada");
  const sent = await rig.send(out);
  await rig.engine.keys.pause();
  await rig.settle(out, sent, "ok");
  expect(await state()).toBe("stopped by_hand");
});

test("the answer of an outage's probe opens no key that was refused meanwhile", async () => {
  const other = await rig.job("ada");
  const otherSent = await rig.send(other);
  await outage();
  await rig.advance(5_000);
  const probe = await rig.job("ada");
  const sent = await rig.send(probe);
  await rig.settle(other, otherSent, "key_refused");
  await rig.settle(probe, sent, "ok");
  expect(await state()).toBe("stopped key_refused");
});

test("the key's own 429 closes it for one window", async () => {
  await calls(1, "rate_limited");
  expect(await state()).toBe("cooling rate_limited");
  await rig.advance(CLOSED_MS - 1);
  expect(await ask()).toBe("wait key_cooling");
  await rig.advance(1);
  expect(await ask()).toBe("granted");
  await calls(1, "ok");
  expect(await state()).toBe("open");
});

test("half of the last fifty answers 500 is an outage: 5 s, doubling to 5 min with each failed probe, one probe at a time", async () => {
  await calls(20, "ok");
  await calls(25, "server_error");
  await calls(4, "ok");
  expect(await state()).toBe("open");
  await calls(1, "ok");
  for (const pauseMs of [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]) {
    expect(await state()).toBe("cooling server_errors");
    await rig.advance(pauseMs - 1);
    expect(await ask()).toBe("wait key_cooling");
    await rig.advance(1);
    const probe = await rig.job("ada");
    const sent = await rig.send(probe);
    expect(await ask()).toBe("wait probe_out");
    expect(await rig.settle(probe, sent, "server_error")).toEqual({ kind: "retry" });
  }
  await rig.advance(300_000);
  await calls(1, "ok");
  expect(await state()).toBe("open");
  // The ring begins anew.
  await calls(25, "server_error");
  expect(await state()).toBe("open");
});

test("a failure during an outage is not held against a job", async () => {
  await outage();
  const job = await rig.job("ada");
  for (let probe = 0; probe < 6; probe++) {
    await rig.advance(300_000);
    expect(await rig.call(job, "server_error")).toEqual({ kind: "retry" });
  }
  await rig.advance(300_000);
  const answer = await rig.ask(job);
  expect(answer).toMatchObject({ kind: "granted", history: { attempts: 0, calls: 6 } });
});

test("a probe whose worker died gives way to the next", async () => {
  await outage();
  await rig.advance(5_000);
  await rig.send(await rig.job("ada"));
  expect(await ask()).toBe("wait probe_out");
  await rig.advance(10_000 + 2_000);
  await rig.swept();
  expect(await ask()).toBe("granted");
});

test("a key that was never answered goes alone until its first answer", async () => {
  await rig.reset();
  await rig.open({ proven: false });
  await rig.account("ada", 10);
  const first = await rig.job("ada");
  const sent = await rig.send(first);
  expect(await ask()).toBe("wait probe_out");
  await rig.settle(first, sent, "ok");
  expect(await ask()).toBe("granted");
  expect(await ask()).toBe("granted");
});

test("another key under live workers is refused; one key under two ids too, whatever their secrets keys, until it is given free", async () => {
  const { keys, secrets } = rig.engine;
  await expect(keys.start({ worker: "x", apiKey: "another", secrets, fresh: true })).rejects.toMatchObject({ code: "key_conflict" });
  const other = rig.withConfig({ keyId: "other-id" });
  await rig.client.set(`${other.scripts.tag}:test-clock`, rig.nowMs);
  const foreign = new Secrets(Buffer.from(testSecretsKey(), "base64"));
  const elsewhere = { worker: "x", apiKey: "rig-api-key", secrets: foreign, fresh: true };
  await expect(other.keys.start(elsewhere)).rejects.toMatchObject({
    code: "key_conflict",
    message: expect.stringMatching(/redis-cli hdel linkup-queue:keys [\w-]{22}$/),
  });
  await rig.engine.keys.leave("rig");
  await keys.start({ worker: "x", apiKey: "another", secrets, fresh: true });
  await keys.release("rig-api-key");
  expect(await other.keys.start(elsewhere)).toMatchObject({ state: "open" });
  await other.close();
});
