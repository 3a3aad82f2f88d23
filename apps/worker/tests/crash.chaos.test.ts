/** Workers killed, frozen and drained in mid-run, Redis killed under them: no send twice, one outcome each, nothing lost, the money accounted for. */
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { CALL_QUEUES } from "@linkup-queue/contracts";
import { seededRandom } from "@linkup-queue/sandbox";
import { type SpawnedProcess, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type System, type SystemOptions, startSystem } from "./fixture.ts";
import { type Environment, spawnWorker } from "./worker-process.ts";

let system: System;
const running = new Set<SpawnedProcess>();
afterEach(async () => {
  await Promise.all([...running].map((worker) => worker.kill("SIGKILL")));
  running.clear();
  await system.close();
});

const ACCOUNTS = Array.from({ length: 30 }, (_, n) => `acc-${n}`);
const sends = (count: number) => Array.from({ length: count }, (_, n) => message(ACCOUNTS[n % ACCOUNTS.length] ?? "", n));

/** A system with thirty active accounts and no worker, the limit lifted. */
async function startBusySystem({ settings, scenario, ...options }: SystemOptions = {}): Promise<void> {
  system = await startSystem({
    ...options,
    workers: 0,
    settings: { rateLimit: 100_000, timeoutMs: 3_000, ...settings },
    scenario: { limit: null, ...scenario },
  });
  const logins = await system.startWorker();
  await system.activeAccounts(ACCOUNTS);
  await logins.drain();
}

async function start(changes: Environment = {}): Promise<SpawnedProcess> {
  const worker = await spawnWorker(system, changes);
  running.add(worker);
  return worker;
}

async function kill(worker: SpawnedProcess | undefined, signal: NodeJS.Signals): Promise<number | null> {
  if (worker === undefined) throw new Error("no such worker");
  running.delete(worker);
  return (await worker.kill(signal)).code;
}

const sent = () => system.sandbox.summary().byOperation["message.send"] ?? 0;
/** Calls that arrived and still wait for their answer. */
const unanswered = () => system.sandbox.journal().filter(({ answeredMs, abandoned }) => answeredMs === null && !abandoned).length;
/** A whole run beside other work: no figure of speed. */
const RUN_MS = 300_000;
const sendsReach = (count: number) => waitFor(() => sent(), { what: `${count} sends`, until: (seen) => seen >= count, everyMs: 2 });
const nothingActive = async () => {
  const counts = await Promise.all(CALL_QUEUES.map((name) => system.queue(name).getActiveCount()));
  return counts.every((count) => count === 0);
};

/** The digests of the jobs whose `left` mark was written, told by Redis itself. */
async function watchMarks(): Promise<{ left: Set<string>; stop: () => void }> {
  const socket = connect(system.redis.port, "127.0.0.1");
  const left = new Set<string>();
  createInterface({ input: socket }).on("line", (line) => {
    const digest = /"HSET" "[^"]*:job:([^"]+)" "left" "1"/i.exec(line)?.[1];
    if (digest !== undefined) left.add(digest);
  });
  await once(socket, "connect");
  socket.write("MONITOR\r\n");
  return { left, stop: () => socket.destroy() };
}

test("ten kills in mid-call over 300 sends: none goes out twice, each has one outcome, and unknown is only what was marked as left", async () => {
  const JOBS = 300;
  const KILLS = 10;
  await startBusySystem({ scenario: { latencyMs: { min: 100, max: 400 } } });
  const marks = await watchMarks();
  const random = seededRandom(20_260);
  const workers = [start(), start()];
  await Promise.all(workers);
  await system.add("messages", sends(JOBS));
  let restartedMs = 0;
  for (let kills = 1; kills <= KILLS; kills++) {
    await sendsReach(Math.floor((JOBS * (kills - random())) / (KILLS + 1)));
    // Calls are in flight now; how far they have got is left to chance.
    await waitFor(() => unanswered() > 0 || system.outcomes.length === JOBS, { what: "calls in flight", everyMs: 1 });
    const victim = random() < 0.5 ? 0 : 1;
    await kill(await workers[victim], "SIGKILL");
    workers[victim] = start();
    restartedMs = performance.now();
  }
  await Promise.all(workers);
  await system.outcomesArrive(JOBS, RUN_MS);
  const tookMs = performance.now() - restartedMs;
  await waitFor(nothingActive, { what: "BullMQ to be done too" });
  marks.stop();

  expect(system.outcomes).toHaveLength(JOBS);
  const unknown = system.outcomes.filter(({ status }) => status === "unknown");
  expect(system.outcomes.length - unknown.length).toBe(system.outcomes.filter(({ status }) => status === "succeeded").length);
  expect(unknown.length, "the kills must have struck something").toBeGreaterThan(0);
  for (const outcome of unknown) {
    expect(outcome).toMatchObject({ code: "interrupted", calls: 1, credits: { charged: 0, uncertain: 1 } });
    expect(marks.left.has(outcome.outcomeId.slice("o-".length))).toBe(true);
  }
  expect(sent()).toBeLessThanOrEqual(JOBS);
  // The work of one worker alone in 300 sends of 30 accounts takes far less than the ten seconds added here.
  expect(tookMs).toBeLessThan(system.settings.timeoutMs + 15_000 + 10_000);
  await expectAgreement(system);
});

test("a worker that was frozen beyond its lock and its deadlines wakes to find everything settled, and changes nothing", async () => {
  await startBusySystem({ scenario: { latencyMs: { min: 100, max: 400 } } });
  const zombie = await start();
  await system.add("messages", sends(90));
  await sendsReach(20);
  zombie.signal("SIGSTOP");
  const frozen = unanswered();
  await start();
  await system.outcomesArrive(90);
  await waitFor(nothingActive, { what: "the frozen worker's jobs to be taken over" });
  const before = structuredClone(system.outcomes);
  zombie.signal("SIGCONT");
  await zombie.waitForLine(({ msg }) => /a late answer/.test(String(msg)), { what: "the zombie to settle too late" });
  expect(await kill(zombie, "SIGTERM")).toBe(0);
  expect(frozen).toBeGreaterThan(0);
  expect(system.outcomes).toEqual(before);
  const unknown = system.outcomes.filter(({ status }) => status === "unknown").length;
  expect(unknown).toBeLessThanOrEqual(ACCOUNTS.length);
  const { repeated, effects, credits } = system.sandbox.summary();
  expect({ repeated, done: effects.done }).toEqual({ repeated: 0, done: sent() });
  // A worker that was frozen between its mark and its first byte is unknown, and must not go out on waking, past its deadline.
  expect(sent()).toBeGreaterThanOrEqual(90 - unknown);
  expect(sent()).toBeLessThanOrEqual(90);
  // The late answers told what their calls had cost: what they told is uncertain no more.
  const ledger = (await system.credits()).total;
  expect(credits.charged).toBeGreaterThanOrEqual(ledger.charged);
  expect(credits.charged).toBeLessThanOrEqual(ledger.charged + ledger.uncertain);
});

test("Redis killed in mid-run and brought back with what it had written: nothing lost, nothing doubled", async () => {
  await startBusySystem({ durable: true, settings: { allowVolatileRedis: false }, scenario: { latencyMs: { min: 50, max: 200 } } });
  await start();
  await start();
  await system.add("messages", sends(240));
  for (const count of [40, 110, 180]) {
    await sendsReach(count);
    await system.redis.kill();
    await system.redis.restart();
  }
  await system.outcomesArrive(240);
  await waitFor(nothingActive, { what: "BullMQ to be done too" });
  expect(system.outcomes).toHaveLength(240);
  expect(system.outcomes.every(({ status }) => status === "succeeded" || status === "unknown")).toBe(true);
  await expectAgreement(system);
});

test("SIGTERM in mid-run finishes what is in flight and hands the rest to the next worker: nothing unknown, exit 0", async () => {
  await startBusySystem({ scenario: { latencyMs: { min: 100, max: 400 } } });
  const first = await start();
  await system.add("messages", sends(120));
  await sendsReach(40);
  expect(await kill(first, "SIGTERM")).toBe(0);
  expect(unanswered()).toBe(0);
  expect(await nothingActive()).toBe(true);
  const sentByFirst = sent();
  expect(sentByFirst).toBeLessThan(120);
  await waitFor(() => system.outcomes.length, { what: "the first worker's outcomes", until: (seen) => seen === sentByFirst });
  await start();
  await system.outcomesArrive(120);
  expect(system.outcomes.every(({ status, calls }) => status === "succeeded" && calls === 1)).toBe(true);
  expect(first.lines.filter(({ level }) => Number(level) >= 50)).toEqual([]);
  await expectAgreement(system);
});

test("SIGTERM with a call that hangs past the grace period settles it as unknown, and exits 0", async () => {
  await startBusySystem({
    settings: { timeoutMs: 30_000, shutdownGraceMs: 500 },
    scenario: { next: [{ status: "hang", when: "after", operation: "message.send" }] },
  });
  const worker = await start();
  await system.add("messages", [message("acc-0", 1)]);
  await sendsReach(1);
  expect(await kill(worker, "SIGTERM")).toBe(0);
  await system.outcomesArrive(1);
  expect(system.outcomes[0]).toMatchObject({ status: "unknown", code: "interrupted", calls: 1, credits: { charged: 0, uncertain: 1 } });
  await expectAgreement(system);
});
