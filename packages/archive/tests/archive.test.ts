/** The archive against a real PostgreSQL and a real file: the same promises by the same code. */
import { chmod, chown, lchown, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ArchiveAddress, type LinkupError, type Outcome, personKey } from "@linkup-queue/contracts";
import { acquirePostgres, because, freePort, NO_POSTGRES, type TestPostgres, waitFor } from "@linkup-queue/testkit";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Archive, openArchive } from "../src/index.ts";

const JANE = "https://www.linkedin.com/in/jane-doe";
const START = Date.parse("2026-11-22T10:00:00.000Z");
const HOUR_MS = 3_600_000;

let sequence = 0;

/** Outcomes end a millisecond apart unless told otherwise. */
function outcome(more: Partial<Outcome> = {}): Outcome {
  sequence += 1;
  return {
    v: 1,
    outcomeId: `o-${String(sequence).padStart(8, "0")}`,
    queue: "messages",
    jobId: `j-${sequence}`,
    operation: "message.send",
    accountId: "acc-1",
    campaignId: null,
    recipientId: null,
    step: null,
    status: "succeeded",
    code: null,
    message: "Done",
    httpStatus: 200,
    output: null,
    calls: 1,
    credits: { charged: 1, uncertain: 0 },
    redriveOf: null,
    reconciled: null,
    resolved: null,
    enqueuedAt: new Date(START).toISOString(),
    startedAt: null,
    finishedAt: new Date(START + sequence).toISOString(),
    ...more,
  };
}

const bare = (outcomes: readonly Outcome[]) => outcomes.map((one) => ({ outcome: one, about: [] }));

async function allOf(archive: Archive, campaignId: string, limit: number): Promise<Outcome[]> {
  const found: Outcome[] = [];
  let after: Awaited<ReturnType<Archive["byCampaign"]>>["next"] = null;
  do {
    const page: Awaited<ReturnType<Archive["byCampaign"]>> = await archive.byCampaign(campaignId, { after: after ?? undefined, limit });
    found.push(...page.items);
    after = page.next;
  } while (after !== null);
  return found;
}

async function refusal(work: Promise<unknown>): Promise<LinkupError> {
  return (await work.then(
    () => expect.unreachable("was not refused"),
    (error: unknown) => error,
  )) as LinkupError;
}

const postgres: TestPostgres | null = await acquirePostgres();
const folder = await mkdtemp(join(tmpdir(), "linkup-archive-"));
afterAll(async () => {
  await postgres?.stop();
  await rm(folder, { recursive: true, force: true });
});

function inEach(suite: (address: ArchiveAddress) => void): void {
  describe("in SQLite", () => suite({ kind: "sqlite", path: join(folder, "archive.db") }));
  const inPostgres = () => suite({ kind: "postgres", url: postgres?.url ?? "" });
  describe.skipIf(postgres === null)("in PostgreSQL", because(NO_POSTGRES), inPostgres);
}

inEach((address) => {
  let archive: Archive;
  let keyId = "";

  beforeAll(async () => {
    // As when several workers start at the same moment.
    const starting = [1, 2, 3].map(() => openArchive(address, { keyId: "start" }));
    if (address.kind === "postgres") await Promise.all(starting.map((one) => one.migrate()));
    else for (const one of starting) await one.migrate();
    await Promise.all(starting.map((one) => one.close()));
  });
  beforeEach(async () => {
    sequence = 0;
    keyId = `k${Math.random().toString(36).slice(2)}`;
    archive = openArchive(address, { keyId });
    await archive.migrate();
  });
  afterEach(async () => {
    await archive.close();
  });

  test("an outcome comes back as it was, text of any kind included", async () => {
    const one = outcome({
      recipientId: JANE,
      accountId: "nul\0 and half \ud83d",
      jobId: "x".repeat(2_000),
      message: "\u0000 \ud800 é 👍 'quoted' \\",
      output: { id: "92233720368547758070", list: [1.5, null, { deep: "\u0000" }] },
    });
    await archive.append(bare([one]));
    expect(await archive.read(one.outcomeId)).toEqual(one);
    expect(await archive.read("o-nothing")).toBeNull();
  });

  test("appending again changes nothing, however the batches overlap", async () => {
    const all = Array.from({ length: 1_203 }, () => outcome({ campaignId: "c1" }));
    await archive.append(bare(all.slice(0, 800)));
    await archive.append(bare(all.slice(300)));
    await archive.append(bare([{ ...(all[0] as Outcome), message: "another word" }]));
    expect(await allOf(archive, "c1", 1_000)).toEqual(all);
  });

  test("a person's word is added to an outcome that is kept, also beside it in one batch, and is not taken back", async () => {
    const unknown = outcome({ status: "unknown", code: "timed_out", campaignId: "spring" });
    const resolved = { ...unknown, resolved: { happened: true, by: "ada", at: unknown.finishedAt } };
    const [other, both] = [outcome({ campaignId: "spring" }), outcome({ status: "unknown", code: "timed_out" })];
    const bothResolved = { ...both, resolved: { happened: false, by: "ada", at: both.finishedAt } };
    await archive.append(bare([unknown, other]));
    await archive.append(bare([resolved, both, bothResolved]));
    await archive.append(bare([unknown]));
    expect(await archive.read(unknown.outcomeId)).toEqual(resolved);
    expect(await archive.read(both.outcomeId)).toEqual(bothResolved);
    expect(await allOf(archive, "spring", 10)).toEqual([resolved, other]);
  });

  test("all that is about a person or names them is read back from the latest, each once, and nothing of others or of who was forgotten", async () => {
    const [key, finishedAt] = [personKey(JANE), new Date(START + 900_000).toISOString()];
    expect(await archive.reachesBackToMs()).toBeNull();
    const mine = Array.from({ length: 7 }, (_one, n) => outcome({ recipientId: JANE, ...(n < 3 ? { finishedAt } : {}) }));
    const search = outcome({ operation: "profile.search", output: { profiles: [{ profile_url: JANE }, { name: "Omar" }] } });
    const contact = outcome({ operation: "profile.contact", recipientId: "crm 1" });
    const other = outcome({ recipientId: "https://www.linkedin.com/in/omar" });
    await archive.append([...bare([...mine, search, other]), { outcome: contact, about: [key] }]);
    const latestFirst = [...mine, search, contact].sort(
      (a, b) => Date.parse(b.finishedAt) - Date.parse(a.finishedAt) || (a.outcomeId < b.outcomeId ? 1 : -1),
    );
    for (const limit of [1, 2, 4, 100]) {
      const found: Outcome[] = [];
      let before: Awaited<ReturnType<Archive["byPerson"]>>["next"] = null;
      do {
        const page: Awaited<ReturnType<Archive["byPerson"]>> = await archive.byPerson(key, { before: before ?? undefined, limit });
        found.push(...page.items);
        before = page.next;
      } while (before !== null);
      expect(found).toEqual(latestFirst);
    }
    expect(await archive.reachesBackToMs()).toBe(Math.min(...[...mine, search, contact, other].map((one) => Date.parse(one.finishedAt))));
    await archive.forgetPerson(key, START + HOUR_MS);
    expect((await archive.byPerson(key, { limit: 10 })).items).toEqual([]);
  });

  test("a person's word does not bring back who was forgotten", async () => {
    const unknown = outcome({ status: "unknown", code: "timed_out", recipientId: JANE });
    await archive.append(bare([unknown]));
    await archive.forgetPerson(personKey(JANE), START + HOUR_MS);
    await archive.append(bare([{ ...unknown, resolved: { happened: true, by: "ada", at: unknown.finishedAt } }]));
    expect(await archive.read(unknown.outcomeId)).toMatchObject({ recipientId: null, resolved: { happened: true } });
  });

  test("a job's id that was used again after the ledger's days is another outcome", async () => {
    const first = outcome({ outcomeId: "o-again", message: "first" });
    const second = outcome({ outcomeId: "o-again", message: "second" });
    await archive.append(bare([second, first]));
    expect(await archive.read("o-again")).toEqual(second);
    expect((await archive.list({}, { limit: 10 })).items).toEqual([first, second]);
  });

  test("pages give each outcome of a campaign once and in order, also those of one millisecond, while others arrive", async () => {
    const times = [0, 0, 0, 1, 1, 2, 3, 3, 3, 3];
    const all = times.map((ms) => outcome({ campaignId: "c1", finishedAt: new Date(START + ms).toISOString() }));
    const others = Array.from({ length: 20 }, () => outcome({ campaignId: "c2" }));
    await archive.append(bare([...others, ...all].reverse()));
    for (const limit of [1, 2, 3, 10, 100]) expect(await allOf(archive, "c1", limit)).toEqual(all);
    const page = await archive.byCampaign("c1", { limit: 4 });
    const late = outcome({ campaignId: "c1", finishedAt: new Date(START + 9).toISOString() });
    await archive.append(bare([late]));
    const rest = await archive.byCampaign("c1", { after: page.next ?? undefined, limit: 100 });
    expect([...page.items, ...rest.items]).toEqual([...all, late]);
  });

  test("outcomes are found by account, operation and time", async () => {
    const all = Array.from({ length: 12 }, (_, at) =>
      outcome({ accountId: `acc-${at % 2}`, operation: at % 3 === 0 ? "invitation.send" : "message.send" }),
    );
    await archive.append(bare(all));
    const found = await archive.list(
      { accountId: "acc-0", operation: "invitation.send", fromMs: START + 2, toMs: START + 13 },
      { limit: 100 },
    );
    expect(found.items).toEqual([all[6]]);
    expect(found.next).toBeNull();
  });

  test("keys that share an archive don't see each other's outcomes, credits and people", async () => {
    const other = openArchive(address, { keyId: `${keyId}x` });
    await other.migrate();
    const one = outcome({ outcomeId: "o-same", recipientId: JANE });
    await archive.append(bare([one]));
    await other.append(bare([{ ...one, message: "the other's" }]));
    expect(await other.forgetPerson(personKey(JANE), START + HOUR_MS)).toBe(1);
    expect(await archive.read("o-same")).toEqual(one);
    await other.close();
  });

  test("credits of a day are as the ledger said last", async () => {
    const row = { kind: "charged", operation: "auth.login", campaignId: "" };
    await archive.keepCredits("2026-11-22", [{ ...row, amount: 3 }]);
    await archive.keepCredits("2026-11-22", [
      { ...row, amount: 5 },
      { kind: "wasted", operation: "", campaignId: "c1", amount: 1 },
    ]);
    await archive.keepCredits("2026-11-23", [{ ...row, amount: 1 }]);
    expect(await archive.creditsByDay({ fromDay: "2026-11-22", toDay: "2026-11-22" })).toEqual([
      { day: "2026-11-22", ...row, amount: 5 },
      { day: "2026-11-22", kind: "wasted", operation: "", campaignId: "c1", amount: 1 },
    ]);
    expect(await archive.lastCreditDay()).toBe("2026-11-23");
  });

  test("a forgotten person is nowhere in the archive any more, whoever was asked for them, and others stay", async () => {
    const mine = Array.from({ length: 450 }, () => outcome({ campaignId: "c1", recipientId: JANE, output: { said: "Hi Jane" } }));
    const others = Array.from({ length: 5 }, (_, at) => outcome({ campaignId: "c1", recipientId: `https://www.linkedin.com/in/o${at}` }));
    const contact = outcome({ operation: "profile.contact", output: { phone: "+1 555 0100" } });
    const search = outcome({ operation: "profile.search", output: { profiles: [{ profile_url: JANE, name: "Jane" }, { name: "Omar" }] } });
    await archive.append([...bare([...mine, ...others, search]), { outcome: contact, about: [personKey(JANE)] }]);
    expect(await archive.forgetPerson(personKey("linkedin.com/in/JANE-DOE/"), START + HOUR_MS)).toBe(452);
    const left = (await archive.list({}, { limit: 1_000 })).items;
    expect(left).toHaveLength(457);
    expect(JSON.stringify(left)).not.toMatch(/jane|555 0100/i);
    expect(left.filter(({ recipientId }) => recipientId !== null)).toEqual(others);
    expect(await archive.read(search.outcomeId)).toMatchObject({ output: { profiles: [{ name: "Omar" }] } });
    expect(left.reduce((sum, { credits }) => sum + credits.charged, 0)).toBe(457);
    expect(await archive.forgetPerson(personKey(JANE), START + HOUR_MS)).toBe(0);
  });

  test("an outcome that ended before a person was forgotten comes without them, one that ended after it with them", async () => {
    const before = outcome({ recipientId: JANE, output: { said: "Hi Jane" } });
    const after = outcome({ recipientId: JANE, output: { said: "Hello again" } });
    await archive.forgetPerson(personKey(JANE), Date.parse(before.finishedAt));
    await archive.append(bare([before, after]));
    expect(await archive.read(before.outcomeId)).toMatchObject({ recipientId: null, output: null });
    expect(await archive.read(after.outcomeId)).toEqual(after);
  });

  test("appending and forgetting at the same time leave nothing of the person", async () => {
    const all = Array.from({ length: 600 }, () => outcome({ recipientId: JANE }));
    const second = openArchive(address, { keyId });
    // SQLite refuses a second writer after a moment; the caller comes again.
    const patiently = async (work: () => Promise<unknown>) => {
      const attempt = () =>
        work().then(
          () => true,
          (thrown: LinkupError) => {
            if (thrown.code !== "archive_unreachable") throw thrown;
            // The other writer lives in this very process, which waiting blocked.
            return false;
          },
        );
      await waitFor(attempt, { what: "the other writer to be done", everyMs: 5 });
    };
    await Promise.all([
      ...Array.from({ length: 12 }, (_, at) => patiently(() => archive.append(bare(all.slice(at * 50, at * 50 + 50))))),
      patiently(() => second.forgetPerson(personKey(JANE), START + 1_000_000)),
    ]);
    await second.close();
    const left = (await archive.list({}, { limit: 1_000 })).items;
    expect(left).toHaveLength(600);
    expect(left.filter(({ recipientId }) => recipientId !== null)).toEqual([]);
  });

  test("no text of a producer can keep an outcome out", async () => {
    const text = fc.string({ unit: "binary", maxLength: 300 });
    await fc.assert(
      fc.asyncProperty(text, text, fc.option(text), async (jobId, accountId, campaignId) => {
        const one = outcome({ jobId, accountId, campaignId });
        await archive.append(bare([one]));
        expect(await archive.read(one.outcomeId)).toEqual(one);
        if (campaignId !== null) expect((await archive.byCampaign(campaignId, { limit: 1_000 })).items).toContainEqual(one);
      }),
      { numRuns: 40 },
    );
  });
});

describe("an error is told, without user and password", () => {
  const open = (address: ArchiveAddress) => openArchive(address, { keyId: "k" });

  async function refusedBy(address: ArchiveAddress, work: (archive: Archive) => Promise<unknown> = (archive) => archive.migrate()) {
    const archive = open(address);
    const error = await refusal(work(archive));
    await archive.close();
    expect(error.message).not.toContain("s3cret");
    return `${error.code}: ${error.message}`;
  }

  test("a server that does not answer", async () => {
    const port = await freePort();
    expect(await refusedBy({ kind: "postgres", url: `postgres://me:s3cret@127.0.0.1:${port}/linkup` })).toBe(
      `archive_unreachable: The archive at postgres://127.0.0.1:${port}/linkup does not answer (ECONNREFUSED)`,
    );
  });

  test("a folder that is not there, a file that is no database, a file that is a folder", async () => {
    expect(await refusedBy({ kind: "sqlite", path: join(folder, "none/archive.db") })).toMatch(/^archive_unsuitable: .* can't be opened/);
    await writeFile(join(folder, "text.db"), "this is no database, it only looks like one from afar".repeat(100));
    expect(await refusedBy({ kind: "sqlite", path: join(folder, "text.db") })).toMatch(/^archive_unsuitable: .* is no SQLite database/);
    await chmod(folder, 0o700);
    expect(await refusedBy({ kind: "sqlite", path: folder })).toMatch(/^archive_unsuitable: .* can't be opened/);
  });

  test("tables that nobody made yet", async () => {
    const path = join(folder, "empty.db");
    expect(await refusedBy({ kind: "sqlite", path }, (archive) => archive.read("o-1"))).toMatch(/^archive_unsuitable: .* no tables yet/);
  });

  test.skipIf(postgres === null)("a database that is not there, and a user who may do nothing", because(NO_POSTGRES), async () => {
    const url = new URL(postgres?.url ?? "");
    url.password = "s3cret";
    url.pathname = "/nothing";
    expect(await refusedBy({ kind: "postgres", url: url.href })).toMatch(/^archive_unsuitable: .* has no such database/);
    url.pathname = "/postgres";
    url.username = "nobody_here";
    expect(await refusedBy({ kind: "postgres", url: url.href })).toMatch(/^archive_unsuitable: .* refuses the log-in/);
  });

  test.skipIf(postgres === null)("a server that comes back serves again, with what it had", because(NO_POSTGRES), async () => {
    const archive = openArchive({ kind: "postgres", url: postgres?.url ?? "" }, { keyId: "restart" });
    await archive.migrate();
    const one = outcome();
    await archive.append(bare([one]));
    await postgres?.kill();
    expect((await refusal(archive.read(one.outcomeId))).code).toBe("archive_unreachable");
    await postgres?.restart();
    expect(await archive.read(one.outcomeId)).toEqual(one);
    await archive.close();
  });
});

describe("the file of an archive", () => {
  let own: string;
  beforeAll(async () => {
    own = await mkdtemp(join(tmpdir(), "linkup-archive-"));
  });
  afterAll(async () => rm(own, { recursive: true }));
  const open = async (path: string, work: (archive: Archive) => Promise<unknown> = (archive) => archive.migrate()) => {
    const archive = openArchive({ kind: "sqlite", path }, { keyId: "default" });
    try {
      return await work(archive);
    } finally {
      await archive.close();
    }
  };
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

  test("and those that SQLite puts beside it are readable by its owner alone, also one of before", async () => {
    const path = join(own, "new.db");
    await open(path, async (archive) => {
      await archive.migrate();
      for (const name of [path, `${path}-wal`, `${path}-shm`]) expect(await modeOf(name), name).toBe(0o600);
    });
    await chmod(path, 0o644);
    await open(path);
    expect(await modeOf(path)).toBe(0o600);
  });

  test("is never reached over a link, nor in a folder that others may write into or own", async () => {
    const elsewhere = join(own, "elsewhere");
    await writeFile(elsewhere, "mine");
    await symlink(elsewhere, join(own, "link.db"));
    expect((await refusal(open(join(own, "link.db")))).message).toMatch(/link\.db is a link/);
    await symlink(join(own, "not-there"), join(own, "dangling.db"));
    expect(await refusal(open(join(own, "dangling.db")))).toMatchObject({ code: "archive_unsuitable" });
    expect(await readFile(elsewhere, "utf8")).toBe("mine");
    const shared = join(own, "shared");
    await mkdir(shared);
    await chmod(shared, 0o777);
    expect((await refusal(open(join(shared, "archive.db")))).message).toMatch(/can be written to by others/);
  });

  test("is not opened beside a log of SQLite's that is a link", async () => {
    const elsewhere = join(own, "precious");
    await writeFile(elsewhere, "mine");
    for (const end of ["-wal", "-shm", "-journal"]) {
      const path = join(own, `beside${end}.db`);
      await symlink(elsewhere, path + end);
      expect((await refusal(open(path))).message).toMatch(/is a link; name the file itself/);
    }
    expect(await readFile(elsewhere, "utf8")).toBe("mine");
  });

  test.runIf(process.getuid?.() === 0)(
    "is not reached over a link in its way that another user laid, nor beside another's log",
    async () => {
      const target = join(own, "target");
      await mkdir(target);
      const link = join(own, "way");
      await symlink(target, link);
      await open(join(link, "over-our-own-link.db"));
      await lchown(link, 65_534, 65_534);
      await mkdir(join(target, "deeper"));
      for (const way of [link, join(link, "deeper")]) {
        expect((await refusal(open(join(way, "archive.db")))).message).toMatch(/way belongs to another user/);
      }
      const path = join(own, "log-of-another.db");
      await writeFile(`${path}-wal`, "");
      await chown(`${path}-wal`, 65_534, 65_534);
      expect((await refusal(open(path))).message).toMatch(/-wal belongs to another user/);
    },
  );

  test.runIf(process.getuid?.() === 0)("in another user's folder is refused", async () => {
    const foreign = join(own, "foreign");
    await mkdir(foreign);
    await chown(foreign, 65_534, 65_534);
    expect(await refusal(open(join(foreign, "archive.db")))).toMatchObject({
      code: "archive_unsuitable",
      message: expect.stringMatching(/belongs to another user/),
    });
  });
});
