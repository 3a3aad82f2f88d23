/** From a settled job to the archive: everything, once, whatever dies or is away in between. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Archive, openArchive } from "@linkup-queue/archive";
import { type ArchiveAddress, type Outcome, personKey } from "@linkup-queue/contracts";
import { acquirePostgres, because, fromNow, NO_POSTGRES, type SpawnedProcess, type TestPostgres, waitFor } from "@linkup-queue/testkit";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { message, type NewJob, type System, scrape, startSystem } from "./fixture.ts";
import { spawnWorker } from "./worker-process.ts";

const postgres: TestPostgres | null = await acquirePostgres();
const folder = await mkdtemp(join(tmpdir(), "linkup-archive-"));

let system: System;
let archive: Archive;
const processes: SpawnedProcess[] = [];
afterEach(async () => {
  await Promise.all(processes.splice(0).map((one) => one.kill("SIGKILL")));
  await archive.close();
  await system.close();
});
afterAll(async () => {
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

const sqlite = (): ArchiveAddress => ({ kind: "sqlite", path: join(folder, `${Math.random().toString(36).slice(2)}.db`) });
function withEach(suite: (addressOf: () => ArchiveAddress) => void): void {
  describe("with SQLite", () => suite(sqlite));
  const inPostgres = (): ArchiveAddress => ({ kind: "postgres", url: postgres?.url ?? "" });
  describe.skipIf(postgres === null)("with PostgreSQL", because(NO_POSTGRES), () => suite(inPostgres));
}

/** Jobs that end at once, free: no such account. */
const quick = (count: number, from = 0): NewJob[] =>
  Array.from({ length: count }, (_, n) => ({ ...message("nobody", from + n), opts: { jobId: `quick-${from + n}` } }));

const byId = (outcomes: readonly Outcome[]) => [...outcomes].sort((one, other) => (one.outcomeId < other.outcomeId ? -1 : 1));

/** All there is, by every page; an archive without tables yet has none. */
async function archived(): Promise<Outcome[]> {
  const found: Outcome[] = [];
  for (let after: Parameters<Archive["list"]>[1]["after"]; ; ) {
    const page = await archive.list({}, { after, limit: 1_000 }).catch(() => ({ items: [], next: null }));
    found.push(...page.items);
    if (page.next === null) return found;
    after = page.next;
  }
}

const archivedAre = (count: number) =>
  waitFor(async () => (await archived()).length, {
    what: `${count} archived outcomes`,
    until: (seen) => seen >= count,
    everyMs: 100,
  });

const keysLike = async (pattern: string) => await system.engine.scripts.client.keys(system.engine.scripts.key(pattern));

function open(address: ArchiveAddress): void {
  archive = openArchive(address, { keyId: system.settings.keyId });
}

withEach((addressOf) => {
  test("every outcome is archived as it was delivered, and with LINKUP_OUTCOME_DAYS=0 Redis keeps none after that", async () => {
    const address = addressOf();
    system = await startSystem({ settings: { archive: address, outcomeDays: 0 } });
    open(address);
    await system.activeAccounts(["ada"]);
    await system.add("messages", [message("ada", 1, { recipientId: "r-1" }), message("ada", 2), ...quick(20)]);
    await system.add("profiles", [scrape("ada", 3)]);
    await system.outcomesArrive(23);
    await archivedAre(23);
    expect(byId(await archived())).toEqual(byId(system.outcomes));
    await waitFor(async () => (await keysLike("outcome:*")).length, { what: "Redis to keep no outcome", until: (seen) => seen === 0 });
    expect(await keysLike("owed")).toEqual([]);
    expect(await system.engine.scripts.client.xlen(system.engine.scripts.key("to-archive"))).toBe(0);
  });

  test("a person whom a job was about is known to the archive, though the outcome does not name them", async () => {
    const address = addressOf();
    system = await startSystem({ settings: { archive: address } });
    open(address);
    await system.activeAccounts(["ada"]);
    await system.add("messages", [message("ada", 1, { recipientId: "crm-1" }), message("ada", 2)]);
    await archivedAre(2);
    expect(await archive.forgetPerson(personKey("https://www.linkedin.com/in/person-1"), fromNow(0).getTime())).toBe(1);
    expect((await archived()).filter(({ recipientId }) => recipientId === "crm-1")).toEqual([]);
  });

  test("the ledger's credits of the day are archived, log-ins included", async () => {
    const address = addressOf();
    system = await startSystem({ workers: 0, settings: { archive: null } });
    const before = await system.startWorker();
    await system.activeAccounts(["ada"]);
    await system.add("messages", [message("ada", 1)]);
    await system.outcomesArrive(1);
    await before.drain();
    open(address);
    processes.push(await spawnWorker(system, { ARCHIVE_URL: urlOf(address) }));
    const days = { fromDay: "0001-01-01", toDay: "9999-12-31" };
    const rows = await waitFor(
      async () => {
        const found = await archive.creditsByDay(days).catch(() => []);
        return found.length > 0 ? found : null;
      },
      { what: "credits in the archive" },
    );
    const { total } = await system.credits();
    const sumOf = (kind: string) => rows.filter((row) => row.kind === kind && row.operation === "" && row.campaignId === "");
    expect(sumOf("charged").reduce((sum, { amount }) => sum + amount, 0)).toBe(total.charged);
    expect(rows.some(({ operation }) => operation === "auth.login")).toBe(true);
  });

  test("kill -9 of the archiving worker at any point: the archive is complete, nothing is in it twice", async () => {
    const address = addressOf();
    system = await startSystem({ workers: 0 });
    open(address);
    const env = { ARCHIVE_URL: urlOf(address), LINKUP_OUTCOME_DAYS: "0" };
    const total = 2_400;
    let from = 0;
    for (let round = 0; round < 6; round++) {
      const worker = await spawnWorker(system, env);
      await system.add("messages", quick(total / 6, from));
      from += total / 6;
      // It dies in the middle of whatever it is archiving then.
      const goal = (await archived()).length + 1 + 70 * round;
      await waitFor(async () => (await archived()).length, {
        what: "some outcomes",
        until: (seen) => seen >= Math.min(goal, from),
        everyMs: 20,
      });
      await worker.kill("SIGKILL");
      await leaseEnds();
    }
    processes.push(await spawnWorker(system, env), await spawnWorker(system, env));
    await archivedAre(total);
    const found = await archived();
    expect(found).toHaveLength(total);
    expect(new Set(found.map(({ outcomeId }) => outcomeId)).size).toBe(total);
    await system.outcomesArrive(total);
    expect(byId(found)).toEqual(byId(system.outcomes));
    await waitFor(async () => (await keysLike("outcome:*")).length, { what: "Redis to keep no outcome", until: (seen) => seen === 0 });
  });
});

/** As when the time of a dead archiver's lease is over. */
const leaseEnds = async () => await system.engine.scripts.client.del(system.engine.scripts.key("archiver"));

const urlOf = (address: ArchiveAddress) => (address.kind === "sqlite" ? `sqlite:${address.path}` : address.url);

test("kill -9 while it can't write, and while it goes on: nothing is lost, nothing is twice", async () => {
  const address: ArchiveAddress = { kind: "sqlite", path: join(folder, "killed.db") };
  system = await startSystem({ workers: 0 });
  open(address);
  await archive.migrate();
  const env = { ARCHIVE_URL: urlOf(address), LINKUP_OUTCOME_DAYS: "0" };
  const writer = new DatabaseSync(address.path);
  const tells = { what: "it tells" };
  let added = 0;
  const add = async (count: number) => {
    await system.add("messages", quick(count, added));
    added += count;
  };
  for (const diesWhen of ["it can't write", "it goes on"]) {
    const worker = await spawnWorker(system, env);
    await add(10);
    await archivedAre(added);
    writer.exec("BEGIN IMMEDIATE");
    await add(640);
    await worker.waitForLine(({ msg }) => String(msg).startsWith("the archive takes no outcomes"), tells);
    await system.outcomesArrive(added);
    if (diesWhen === "it can't write") await worker.kill("SIGKILL");
    writer.exec("COMMIT");
    if (diesWhen === "it goes on") {
      await archivedAre(added - 639);
      await worker.kill("SIGKILL");
    }
    await leaseEnds();
    processes.push(await spawnWorker(system, env));
    await archivedAre(added);
    await processes.pop()?.kill();
  }
  writer.close();
  processes.push(await spawnWorker(system, env));
  await archivedAre(1_300);
  await waitFor(async () => (await keysLike("outcome:*")).length, { what: "Redis to keep no outcome", until: (seen) => seen === 0 });
  expect(byId(await archived())).toEqual(byId(system.outcomes));
});

test("of several workers one archives at a time, and another goes on when it leaves", async () => {
  const address = sqlite();
  system = await startSystem({ settings: { archive: address }, workers: 3 });
  open(address);
  const { client } = system.engine.scripts;
  const holder = await waitFor(() => client.get(system.engine.scripts.key("archiver")), { what: "an archiver" });
  const more = await system.startWorker();
  await system.add("messages", quick(50));
  await archivedAre(50);
  expect(await client.get(system.engine.scripts.key("archiver"))).toBe(holder);
  await more.drain();
  await client.del(system.engine.scripts.key("archiver"));
  await system.add("messages", quick(50, 50));
  await archivedAre(100);
  expect(await archived()).toHaveLength(100);
});

test("without an archive nothing is handed over", async () => {
  system = await startSystem();
  open(sqlite());
  await system.add("messages", quick(5));
  await system.outcomesArrive(5);
  expect([...(await keysLike("to-archive")), ...(await keysLike("owed")), ...(await keysLike("archiving"))]).toEqual([]);
});

test.skipIf(postgres === null)(
  "an archive that is away loses nothing: jobs go on, and it is told and caught up with",
  because(NO_POSTGRES),
  async () => {
    const address: ArchiveAddress = { kind: "postgres", url: postgres?.url ?? "" };
    system = await startSystem({ workers: 0 });
    open(address);
    const worker = await spawnWorker(system, { ARCHIVE_URL: urlOf(address), LINKUP_OUTCOME_DAYS: "0" });
    processes.push(worker);
    await system.add("messages", quick(20, 1_200));
    await archivedAre(20);
    await postgres?.kill();
    await system.add("messages", quick(1_200));
    await system.outcomesArrive(1_220);
    const told = await worker.waitForLine(({ msg }) => String(msg).startsWith("the archive takes no outcomes"), { what: "it tells" });
    expect(told).toMatchObject({ level: 50, code: "archive_unreachable" });
    expect(JSON.stringify(told)).not.toContain("linkup@");
    await postgres?.restart();
    await worker.waitForLine(({ msg }) => msg === "the archive takes outcomes again", { what: "it goes on" });
    await archivedAre(1_220);
    expect(byId(await archived())).toEqual(byId(system.outcomes));
  },
);
