/**
 * Redis flushed, or brought back with an older file, under running workers and with all of them down: nothing leaves until a person said what may be sent, no
 * send goes out twice, and no job that was sent is told as not sent.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type SpawnedProcess, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, type TestContext, test } from "vitest";
import { message, type System, startSystem } from "./fixture.ts";
import { ACCOUNTS, JOBS, sendsReach, underFire } from "./under-fire.ts";
import { spawnWorker } from "./worker-process.ts";

const WORKERS = 2;
const RUN_MS = 180_000;
const NO_SERVER = "the data of a Redis is taken back, which needs one on this machine, not in a container";

let system: System | null = null;
let folder = "";
let processes: SpawnedProcess[] = [];
afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.kill("SIGKILL")));
  await system?.close();
  await rm(folder, { recursive: true, force: true });
  system = null;
});

/** As producers do that give ids of their own: they may add them again. */
async function addSends(to: System, numbers: readonly number[] = Array.from({ length: JOBS }, (_, n) => n)): Promise<void> {
  const jobs = numbers.map((n) => message(ACCOUNTS[n % ACCOUNTS.length] ?? "", n, { opts: { jobId: `send-${n}` } }));
  await to.add("messages", jobs);
}

type File = "aof" | "rdb";

async function start({ skip, task }: TestContext, { inProcess, file }: { inProcess: boolean; file: File }): Promise<System> {
  folder = await mkdtemp(join(tmpdir(), "linkup-state-"));
  const { settings, ...options } = underFire({ stateDir: folder });
  system = await startSystem({
    ...options,
    ...(settings === undefined ? {} : { settings }),
    durable: file === "aof",
    workers: inProcess ? WORKERS : 0,
  });
  if (system.redis.pid === null) {
    task.meta.whySkipped = NO_SERVER;
    return skip(NO_SERVER);
  }
  if (!inProcess) await startProcesses(system);
  await system.activeAccounts(ACCOUNTS);
  await addSends(system);
  await sendsReach(system, 60);
  return system;
}

async function startProcesses(to: System): Promise<void> {
  processes = await Promise.all(Array.from({ length: WORKERS }, () => spawnWorker(to)));
}

async function killProcesses(): Promise<void> {
  await Promise.all(processes.splice(0).map((one) => one.kill("SIGKILL")));
}

async function keepData(of: System, file: File): Promise<() => Promise<void>> {
  if (file === "rdb") await of.engine.scripts.client.save();
  return await of.redis.keepData();
}

/** The most marks that any worker noted. */
async function notedMarks(): Promise<number> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".json"));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return Math.max(0, ...texts.map((text) => (JSON.parse(text) as { marks: number }).marks));
}

const isLost = async (of: System) => (await of.engine.keys.read().catch(() => null))?.reason === "state_lost";
const sent = ({ sandbox }: System) => sandbox.summary().byOperation["message.send"] ?? 0;

/** Holds the run to the promises from the moment on at which the loss was noticed. */
async function expectRestored(of: System, what: string): Promise<void> {
  await waitFor(() => isLost(of), { what: "the lost state to be noticed" });
  const sentBefore = sent(of);
  expect(of.outcomes.filter(({ status }) => status === "failed" || status === "cancelled")).toEqual([]);
  const answered = new Set(of.outcomes.map(({ jobId }) => jobId)).size;
  await of.engine.keys.restore("unknown");
  const told = () => new Set(of.outcomes.map(({ jobId }) => jobId)).size;
  await waitFor(told, { what: "an outcome for each job", until: (count) => count >= JOBS, timeoutMs: RUN_MS });
  await addSends(of, [JOBS, JOBS + 1]);
  await waitFor(told, { what: "what was handed over afterwards", until: (count) => count >= JOBS + 2, timeoutMs: RUN_MS });
  const { repeated, maxInWindow, journal } = { ...of.sandbox.summary(), journal: of.sandbox.journal() };
  const unknown = of.outcomes.filter(({ status }) => status === "unknown");
  const figures = {
    doubled: repeated,
    lost: JOBS + 2 - told(),
    conflicting: of.outcomes.length - told(),
    toldAsNotSent: of.outcomes.filter(({ status }) => status === "failed" || status === "cancelled").length,
    sentBefore,
    sentAfter: sent(of) - sentBefore,
    answeredBefore: answered,
    unknown: unknown.length,
    stateLost: unknown.filter(({ code }) => code === "state_lost").length,
    mostInWindow: maxInWindow,
    calls: journal.length,
  };
  console.info(what, figures);
  expect(figures).toMatchObject({ doubled: 0, lost: 0, conflicting: 0, toldAsNotSent: 0, sentAfter: 2 });
  expect(figures.stateLost).toBeGreaterThan(0);
  expect(figures.mostInWindow).toBeLessThanOrEqual(100);
}

/** Producers and operators hand over to the empty Redis what it lost. */
async function handOverAgain(to: System): Promise<void> {
  await waitFor(() => isLost(to), { what: "the lost state to be noticed" });
  await Promise.all(ACCOUNTS.map((id) => to.account(id)));
  await addSends(to);
}

test("a FLUSHALL under running workers sends nothing twice that is handed over again, and nobody is told anything else than before", async (context) => {
  const started = await start(context, { inProcess: true, file: "aof" });
  await sendsReach(started, 120);
  await started.engine.scripts.client.flushall();
  await handOverAgain(started);
  await expectRestored(started, "FLUSHALL, running");
});

test("a FLUSHALL while all workers are down sends nothing twice that is handed over again, and nobody is told anything else than before", async (context) => {
  const started = await start(context, { inProcess: false, file: "aof" });
  await sendsReach(started, 120);
  await killProcesses();
  await started.engine.scripts.client.flushall();
  await startProcesses(started);
  await handOverAgain(started);
  await expectRestored(started, "FLUSHALL, restarted");
});

test.for(["aof", "rdb"] as const)(
  "an older file (%s) under running workers sends nothing twice, and nobody is told that nothing was sent, or anything else than before",
  async (file, context) => {
    const started = await start(context, { inProcess: true, file });
    const goBack = await keepData(started, file);
    await sendsReach(started, 150);
    await goBack();
    await expectRestored(started, `older ${file}, running`);
  },
);

test.for(["aof", "rdb"] as const)(
  "an older file (%s) while all workers are down sends nothing twice, and nobody is told that nothing was sent, or anything else than before",
  async (file, context) => {
    const started = await start(context, { inProcess: false, file });
    const goBack = await keepData(started, file);
    const marks = await notedMarks();
    await waitFor(notedMarks, { what: "a note behind the kept file", until: (noted) => noted > Math.max(marks, 60) });
    await killProcesses();
    await goBack();
    await startProcesses(started);
    await expectRestored(started, `older ${file}, restarted`);
  },
);
