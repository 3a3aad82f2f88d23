/** The bench at its smallest, so that it can't rot between two runs of the whole: what it starts, counts and prints. No figure is judged. */
import { join } from "node:path";
import { because, noBrowser, spawnProcess, testBrowser } from "@linkup-queue/testkit";
import { expect, test } from "vitest";
import { SCENARIO_NAMES } from "../src/arguments.ts";
import { newJob, registerTokens } from "../src/load/jobs.ts";
import { printTable } from "../src/measure/print-table.ts";
import { SCALED } from "../src/measure/scale.ts";
import { ONE_QUEUE_PEERS } from "../src/peers/worker-process.ts";
import { measureUnproved } from "../src/scenarios/bad-days.ts";
import { measureAddresses, measureLists, measureResent, measureTexts } from "../src/scenarios/bad-lists.ts";
import { measureBoard } from "../src/scenarios/board.ts";
import { measureBudget } from "../src/scenarios/campaign-budget.ts";
import { sqlite } from "../src/scenarios/campaign-crash.ts";
import { measureBeside, measureEqual } from "../src/scenarios/campaign-fairness.ts";
import { measureSend } from "../src/scenarios/campaign-send.ts";
import { measureCampaigns } from "../src/scenarios/campaigns.ts";
import { TROUBLES } from "../src/scenarios/chaos-troubles.ts";
import { measureConsole } from "../src/scenarios/console.ts";
import { measureCrash } from "../src/scenarios/crash-run.ts";
import { measureDoor } from "../src/scenarios/door.ts";
import { measureGrowth } from "../src/scenarios/growth.ts";
import { measureRules } from "../src/scenarios/rules.ts";
import { sideBySide, until, withSystem } from "../src/scenarios/scenario.ts";
import { soak } from "../src/scenarios/soak.ts";
import { measureUse } from "../src/scenarios/window.ts";

const browser = await testBrowser();
const SMALL = { limit: 20, windowMs: 1_000 };

test("a small window is measured for ours and for plain BullMQ, and ours stays within it", async () => {
  const { ours, plain } = await sideBySide((kind) => measureUse(kind, SMALL, 2));
  expect(ours).toMatchObject({ refused: 0 });
  expect(ours.max).toBeLessThanOrEqual(SMALL.limit);
  expect(Math.min(ours.used, plain.used)).toBeGreaterThan(0);
  expect(plain.requests).toBeGreaterThan(SMALL.limit);
});

test("the worker without the mark carries jobs to their outcomes, so that the mark's cost can be told", async () => {
  await withSystem({ kind: "unmarked", ...SMALL, workers: 1 }, async (system) => {
    await registerTokens(system.engine, ["ada"]);
    await system.add([1, 2, 3].map((number) => newJob("messages", "ada", { person: `person-${number}` })));
    await until(() => system.outcomes.length === 3, { withinMs: 20_000 });
    expect(system.outcomes.map((outcome) => outcome.status)).toEqual(["succeeded", "succeeded", "succeeded"]);
  });
});

test.each(ONE_QUEUE_PEERS)("the peer %s carries jobs to their results and logs in where a token is missing", async (kind) => {
  await withSystem({ kind, ...SMALL, workers: 1, plain: { logIn: true } }, async (system) => {
    await system.add([1, 2, 3].map((number) => newJob("messages", "ada", { person: `person-${number}` })));
    await until(() => system.outcomes.length === 3, { withinMs: 20_000 });
    expect(system.outcomes.map((outcome) => outcome.status)).toEqual(["succeeded", "succeeded", "succeeded"]);
    const paths = (await system.sandbox.journal()).map(({ operation }) => operation);
    expect(paths.filter((operation) => operation === "auth.login")).toHaveLength(1);
  });
});

const unsaid = () => undefined;
const elsewhere = because("the memory and the processor time of a process are read from Linux's /proc");
const isLinux = process.platform === "linux";

test.runIf(isLinux)("a small batch goes through the door, and its speed, memory and the others' waits are told", elsewhere, async () => {
  const rows = await measureDoor({ lines: 500, rounds: 1, large: 2_000 }, unsaid);
  const [speed, memory, waits] = rows.map(({ ours }) => ours);
  expect(speed).toMatch(/^\d+\.\d\d \(\d+ lines\/s\)$/);
  expect(memory).toMatch(/^\d+ MB/);
  expect(waits).toMatch(/^\d+ ms \(median \d+ ms/);
});

test.runIf(isLinux)("a small campaign is uploaded, paused and cancelled, and each is told", elsewhere, async () => {
  const rows = await measureCampaigns({ count: 5_000, plain: 500 }, unsaid);
  expect(rows.map(({ figure }) => figure)).toEqual(expect.arrayContaining(["api peak memory", "Redis memory", "pause", "cancel"]));
  expect(rows[0]?.ours).toMatch(/^\d+\.\d s \(\d+ a second\)$/);
});

test("rules of accounts and a list of people are measured beside calls without any", async () => {
  const rows = await measureRules({ rounds: 1, waiting: 200, jobs: 400, people: 1_000, idleMs: 500 }, unsaid);
  expect(rows.map(({ ours }) => ours)).toEqual([
    expect.stringMatching(/^-?\d+\.\d %, all of Redis -?\d+\.\d % \(\d+(\.5)? us without\)$/),
    expect.stringMatching(/^-?\d+\.\d\d % \(\d/),
    expect.stringMatching(/^-?\d+\.\d %, all of Redis /),
    expect.stringMatching(/^\d+\.\d MB$/),
    expect.stringMatching(/^\d+$/),
  ]);
});

test("the board's pages hold the jobs that were put into the queue, and each page's time is told", async () => {
  const rows = await measureBoard({ count: 200, runs: 2 }, unsaid);
  expect(rows.map(({ ours }) => ours)).toEqual(rows.map(() => expect.stringMatching(/^median \d+ ms, longest \d+ ms$/)));
  expect(rows).toHaveLength(4);
});

test.skipIf(browser === null)(
  "the console's first page is painted, follows what changes, and is followed by others, and each is told",
  because(noBrowser()),
  async () => {
    const size = { accounts: 4, campaigns: 2, recipients: 10, visits: 1, rounds: 1, onlookers: 2, looksForMs: 3_000 };
    const rows = await measureConsole({ ...size, limit: SMALL, browserPath: browser ?? "" }, unsaid);
    expect(rows.map(({ figure }) => figure)).toEqual([
      "first paint of Now; 4 accounts, 2 campaigns, 20 jobs",
      "its stream is open after",
      "the key is stopped or opened: on the page after",
      "2 open consoles: of a core of the api",
    ]);
    for (const { ours } of rows) expect(ours).toMatch(/^(median )?[\d.]+ /);
  },
);

test("a campaign is sent to its end, and so are the same jobs of plain BullMQ, while their memory is watched", async () => {
  const size = { recipients: 150, accounts: 10 };
  const { ours, plain } = await sideBySide((kind) => measureSend(kind, size));
  for (const sent of [ours, plain]) {
    expect(sent).toMatchObject({ outcomes: 150, succeeded: 150 });
    expect(sent.perSecond).toBeGreaterThan(0);
    expect(sent.samples.at(-1)?.mb).toMatchObject({ worker: expect.any(Number), redis: expect.any(Number) });
  }
});

test("campaigns that share a window are counted by campaign, and urgent jobs beside them by their waits", async () => {
  const size = { ...SMALL, big: 100, small: 10, equal: 50, windows: 2, urgentEveryMs: 300 };
  const [beside, equal] = await Promise.all([measureBeside("ours", size), measureEqual("ours", size)]);
  expect(Math.min(beside.doneMs, beside.onHalfMs)).toBeGreaterThan(0);
  expect(equal.shares).toHaveLength(4);
  expect(Math.min(...equal.shares)).toBeGreaterThan(0);
  expect(equal.waitsMs).toHaveLength(equal.sent);
});

test("a campaign's credits are counted by the provider's meter", async () => {
  const spent = await measureBudget({ workers: 1, accounts: 10, campaigns: 1, recipients: 40, maxCredits: 15 });
  expect(spent).toMatchObject({ overspent: 0, unspent: 0, exhausted: 1 });
  expect(spent.mostInFlight).toBeGreaterThan(1);
});

test("an upload is struck, and four places are asked what came of every recipient", async () => {
  const backend = await sqlite();
  const size = { campaigns: 1, recipients: 60, uploadKills: 1, workerKills: 0 };
  const crashed = await measureCrash(size, { backend, seed: 1 }).finally(backend.close);
  const none = { export: 0, archive: 0, webhooks: 0, results: 0 };
  expect(crashed).toMatchObject({ ended: true, sentTwice: 0, kills: { api: 1, worker: 0, feeder: 0 } });
  expect(crashed.evidence).toEqual({ recipients: 60, without: 0, withMore: 0, missing: none, twice: none });
});

test("of bad days it is counted what was told as sent, and who was written to though no row names them", async () => {
  const unproved = await sideBySide((kind) => measureUnproved(kind));
  expect(unproved.ours.told).toBe(0);
  expect(unproved.plain.told).toBeGreaterThan(0);
  const lists = await sideBySide((kind) => measureLists(kind));
  expect(lists.ours).toMatchObject({ strangers: 0, misnamed: 0 });
  expect(Math.min(lists.plain.strangers, lists.plain.misnamed)).toBeGreaterThan(0);
});

test("of texts, addresses and a list that is sent again the calls and the people are counted for both", async () => {
  const texts = await sideBySide((kind) => measureTexts(kind, 2));
  expect(texts).toEqual({ ours: { calls: 0, people: 0 }, plain: { calls: 12, people: 12 } });
  const addresses = await sideBySide((kind) => measureAddresses(kind));
  expect(addresses.ours.wrong).toBe(0);
  expect(addresses.plain.wrong).toBeGreaterThan(0);
  const resent = await sideBySide((kind) => measureResent(kind, 6));
  expect(resent).toEqual({ ours: { calls: 6, people: 6, twice: 0, never: 0 }, plain: { calls: 6, people: 6, twice: 1, never: 1 } });
});

test("a run under fire counts what was sent and told, and processes that were killed", async () => {
  const trouble = TROUBLES.find(({ name }) => name.startsWith("kill -9"));
  const figures = await trouble?.run(20);
  expect(figures).toMatchObject({ sends: 20, kills: 15, failovers: 0, doubled: 0, lost: 0, conflicting: 0 });
  expect(figures?.mostInWindow).toBeGreaterThan(0);
});

test.runIf(isLinux)("a soak prints the memory of each process, and gives no verdict on a short one", elsewhere, async () => {
  const printed: string[] = [];
  const rows = await soak({
    scale: SCALED,
    say: unsaid,
    print: (table) => void printed.push(table),
    record: false,
    troubles: [],
    forMs: 4_000,
  });
  expect(printed.join()).toMatch(/worker 1.*worker 2.*api.*redis/s);
  expect(rows.map(({ met }) => met)).toEqual(rows.map(() => null));
});

test("the command line starts and names every scenario", async () => {
  const main = join(import.meta.dirname, "../src/main.ts");
  const child = await spawnProcess({ args: [main, "--help"], readyLine: (line) => String(line["raw"]).includes("--only") });
  expect(String(child.ready["raw"])).toContain(SCENARIO_NAMES.join(", "));
  expect(await child.exited).toMatchObject({ code: 0 });
});

test("a missed target is told as plainly as a met one", () => {
  const row = { scenario: "s", figure: "f", target: "1", ours: "2", plain: "3" };
  const table = printTable([
    { ...row, met: true },
    { ...row, met: false },
    { ...row, met: null },
  ]);
  expect(table.match(/\bmet\b/g)).toHaveLength(1);
  expect(table.match(/\bMISSED\b/g)).toHaveLength(1);
});

test("a job's cost is measured as jobs, accounts, campaigns and workers grow, at each size", async () => {
  const sizes = { "waiting jobs": [50, 100], accounts: [5, 10], campaigns: [1, 4], workers: [1, 2] };
  const curves = await measureGrowth({ measured: 60, rounds: 1, sizes }, unsaid);
  expect(curves.map(({ axis, ours }) => [axis, ours.map(({ size }) => size)])).toEqual(Object.entries(sizes));
  expect(curves.map(({ plain }) => plain?.length ?? null)).toEqual([2, null, null, 2]);
  for (const { us, commands } of curves.flatMap(({ ours, plain }) => [...ours, ...(plain ?? [])])) {
    expect(us).toBeGreaterThan(0);
    expect(commands).toBeGreaterThan(20);
  }
});
