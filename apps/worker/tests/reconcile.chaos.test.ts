/** Workers killed while writes that may have been done are looked for: no write is ever sent again, whatever step the kill falls on. */
import { jobDigest } from "@linkup-queue/queue";
import { seededRandom } from "@linkup-queue/sandbox";
import { type SpawnedProcess, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type System, startSystem } from "./fixture.ts";
import { Victims } from "./victims.ts";
import { spawnWorker } from "./worker-process.ts";

let system: System;
const victims = new Victims();
const running = new Set<SpawnedProcess>();
afterEach(async () => {
  await Promise.all([...running].map((worker) => worker.kill("SIGKILL")));
  running.clear();
  await victims.close();
  await system.close();
});

const RECONCILE = { onUnknown: "reconcile" } as const;
/** A whole run beside other work: no figure of speed. */
const RUN_MS = 300_000;

type Row = { step: string; command: (job: { id: string; digest: string }) => RegExp };
const asks =
  (operation: string) =>
  ({ digest }: { digest: string }) =>
    new RegExp(`"digest":"${digest}","callId":"[^"]+","queue":[^}]*"operation":"${operation}"`);
const settles =
  (operation: string) =>
  ({ digest }: { digest: string }) =>
    new RegExp(`"digest":"${digest}","callId":"[^"]+","settlementId":[^}]*"operation":"${operation}"`);
const STEPS: readonly Row[] = [
  { step: "settling the write, to be looked for", command: settles("message.send") },
  { step: "asking for the account's name", command: asks("profile.me") },
  { step: "settling the account's name", command: settles("profile.me") },
  { step: "asking for a look", command: asks("message.conversation") },
  { step: "settling a look", command: settles("message.conversation") },
  {
    step: "going to BullMQ's delayed",
    command: ({ id }) => new RegExp(`:messages:delayed\\r\\n\\$\\d+\\r\\n[^\\r]*:messages:${id}\\r\\n`),
  },
];

test("no kill at any step of a look sends its write again: each job has one outcome, by what is there", async () => {
  const kills = STEPS.flatMap((row, at) =>
    (["before", "after"] as const).map((side) => ({ ...row, side, id: `job-${at}-${side}`, account: `acc-${at}-${side}` })),
  );
  system = await startSystem({
    workers: 0,
    settings: { timeoutMs: 1_000, lookGapMs: 500 },
    // Half of the writes are done, the others are not.
    scenario: {
      next: kills.map((_kill, at) => ({
        status: "hang" as const,
        when: at % 2 === 0 ? ("after" as const) : ("before" as const),
        operation: "message.send",
      })),
    },
  });
  const logins = await system.startWorker();
  await system.activeAccounts(kills.map(({ account }) => account));
  await logins.drain();
  const stallCheck = system.queue("messages").toKey("stalled-check");
  await system.engine.scripts.client.set(stallCheck, "0");

  for (const [number, { id, account, step, side, command }] of kills.entries()) {
    const digest = jobDigest({ queue: "messages", id, timestamp: 0 });
    const { proxy, worker } = await victims.start(system, { command: command({ id, digest }), side });
    await system.add("messages", [message(account, number, { ...RECONCILE, opts: { jobId: id } })]);
    let reached = false;
    void proxy.reached.then(() => {
      reached = true;
    });
    await waitFor(() => reached, { what: `the worker to come to ${step} (${side})`, everyMs: 1 });
    await worker.kill("SIGKILL");
  }

  await system.engine.scripts.client.del(stallCheck);
  await victims.startHeirs(system, 1);
  await system.outcomesArrive(kills.length);
  for (const [number, { id, step, side }] of kills.entries()) {
    const outcome = system.outcomes.find(({ jobId }) => jobId === id);
    const ends = number % 2 === 0 ? { status: "succeeded", code: null } : { status: "failed", code: "not_done" };
    expect(outcome, `${side} ${step}`).toMatchObject({ ...ends, reconciled: { by: "message.conversation" } });
  }
  expect(system.sandbox.journal().filter(({ operation }) => operation === "message.send")).toHaveLength(kills.length);
  await expectAgreement(system);
});

test("ten kills in mid-call over 300 sends that are looked for: none goes out twice, none is left unknown, each says what the sandbox knows", async () => {
  const JOBS = 300;
  const KILLS = 10;
  const accounts = Array.from({ length: 30 }, (_, n) => `acc-${n}`);
  system = await startSystem({
    workers: 0,
    settings: { rateLimit: 100_000, timeoutMs: 3_000, lookGapMs: 3_000 },
    scenario: { limit: null, latencyMs: { min: 100, max: 400 } },
  });
  const logins = await system.startWorker();
  await system.activeAccounts(accounts);
  await logins.drain();
  const sent = () => system.sandbox.summary().byOperation["message.send"] ?? 0;
  const start = async () => {
    const worker = await spawnWorker(system);
    running.add(worker);
    return worker;
  };
  const random = seededRandom(20_261);
  const workers = [start(), start()];
  await Promise.all(workers);
  await system.add(
    "messages",
    Array.from({ length: JOBS }, (_, n) => message(accounts[n % accounts.length] ?? "", n, RECONCILE)),
  );
  for (let kills = 1; kills <= KILLS; kills++) {
    const share = Math.floor((JOBS * (kills - random())) / (KILLS + 1));
    await waitFor(sent, { what: `${share} sends`, until: (seen) => seen >= share, everyMs: 2 });
    const victim = random() < 0.5 ? 0 : 1;
    const worker = await workers[victim];
    if (worker === undefined) throw new Error("no such worker");
    running.delete(worker);
    await worker.kill("SIGKILL");
    workers[victim] = start();
  }
  await Promise.all(workers);
  await system.outcomesArrive(JOBS, RUN_MS);

  const reconciled = system.outcomes.filter((outcome) => outcome.reconciled !== null);
  const unknown = system.outcomes.filter(({ status }) => status === "unknown");
  expect(reconciled.length, "the kills must have struck something").toBeGreaterThan(0);
  // The sandbox's own word: which messages are there.
  const done = new Set(
    system.sandbox
      .journal()
      .filter(({ operation, effect }) => operation === "message.send" && effect === "done")
      .map(({ account, target }) => `${account} ${target}`),
  );
  expect(done.size).toBe(system.outcomes.filter(({ status }) => status === "succeeded").length + unknown.length);
  await expectAgreement(system);
});
