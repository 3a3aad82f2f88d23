/**
 * A Redis as an earlier version left it in the middle of everything, opened by this version's api and workers and run to its end: nothing is
 * lost, nothing is done twice. The fixture is of a past day, so this is also the return from a stop of months or years.
 */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openArchive } from "@linkup-queue/archive";
import { CALL_QUEUES, type Outcome } from "@linkup-queue/contracts";
import { CallQueues, LAYOUT } from "@linkup-queue/queue/inside";
import type { JournalEntry } from "@linkup-queue/sandbox";
import { acquireRedis, fromNow, waitFor, writeRedisText } from "@linkup-queue/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LineAnswer, sendLines } from "./upgrade-requests.ts";
import { type RowOf, readRows, rowsOf } from "./upgrade-rows.ts";
import { CODE, HOOK_SECRET, startUpgradeSystem, UPGRADE_KEY_ID, type UpgradeSystem } from "./upgrade-system.ts";

const DAY_MS = 86_400_000;
/** BullMQ's delayed jobs are scored by their time and a place among those of one millisecond. */
const SCORE_OF_MS = 0x1000;
const FIXTURES = join(import.meta.dirname, "fixtures");
const endOf = ({ status, code }: Outcome) => (code === null ? status : `${status} ${code}`);
const lineOf = (text: string, part: string) => text.split("\n").find((line) => line.includes(part)) ?? "";
const sumOf = (rows: readonly RowOf<"job">[], count: (row: RowOf<"job">) => number) => rows.reduce((sum, row) => sum + count(row), 0);

/** How long nobody worked before the fixture is opened. */
export type Stop = "so long that parked jobs are let go by BullMQ itself" | "shorter than parked jobs sleep";

/** Opens the fixture of a layout with this version, and runs it to its end. */
export function proveUpgrade(layout: number, stop: Stop): void {
  const TEXT = readFileSync(join(FIXTURES, `redis-layout-${layout}.ndjson`), "utf8");
  const ROWS = readRows(readFileSync(join(FIXTURES, `redis-layout-${layout}.rows.ndjson`), "utf8"));
  const [TAKEN] = rowsOf(ROWS, "taken");
  const JOBS = rowsOf(ROWS, "job");
  const CAMPAIGNS = rowsOf(ROWS, "campaign");
  /** Ids stay used from the fixture's day until now and longer, whenever this is run. */
  const DAYS = Math.ceil((fromNow(0).getTime() - Date.parse(TAKEN?.at ?? "")) / DAY_MS) + 30;
  const TICKS = new Set(JOBS.filter(({ id }) => id.startsWith("s-")).map(({ target }) => target));

  /** As after a stop that was shorter than the year for which parked jobs sleep in BullMQ: they sleep on, and are woken by us or not at all. */
  function parkedToday(text: string): string {
    const takenMs = Date.parse(TAKEN?.at ?? "");
    const later = (score: number) =>
      score / SCORE_OF_MS > takenMs + DAY_MS ? score + (fromNow(0).getTime() - takenMs) * SCORE_OF_MS : score;
    const lines = text.split("\n").map((line) => {
      if (!/^\{"key":"[^"]+:delayed","type":"zset"/.test(line)) return line;
      const { value, ...rest } = JSON.parse(line) as { value: [string, string][] };
      return JSON.stringify({ ...rest, value: value.map(([id, score]) => [id, String(later(Number(score)))]) });
    });
    return lines.join("\n");
  }

  let system: UpgradeSystem;
  let archivePath: string;
  /** The door's answers when all was sent again: before any worker ran, and when all had ended. */
  let doorBefore: Map<string, LineAnswer>;
  let doorAfter: Map<string, LineAnswer>;
  let journal: JournalEntry[];

  /** Outcomes of jobs that are in the table, and of those that schedules added since. */
  const outcomesOf = (outcomeId: string) => system.outcomes.filter((outcome) => outcome.outcomeId === outcomeId);
  const tickOutcomes = () => system.outcomes.filter(({ jobId }) => jobId.startsWith("s-") && !JOBS.some(({ id }) => id === jobId));

  /** A person sees to whatever account waits for one. */
  async function accountsAreBack(): Promise<boolean> {
    const { api, ask } = system;
    const accounts = await api.engine.accounts.list({ limit: 100 });
    for (const { id, state, why } of accounts) {
      if (state === "awaiting_code" && why !== "verifying") await ask("admin", `POST /v1/accounts/${id}/verify`, { code: CODE });
      if (state === "disabled") await ask("admin", `POST /v1/accounts/${id}/resume`);
      if (state === "needs_attention") await ask("admin", `PUT /v1/accounts/${id}`, { email: `${id}@example.com`, password: "another" });
    }
    return accounts.every(({ state }) => state === "active");
  }

  async function allIsQuiet(): Promise<boolean> {
    const { engine } = system.api;
    const queues = new CallQueues(engine.scripts.client, UPGRADE_KEY_ID);
    try {
      for (const name of CALL_QUEUES) {
        const counts = await queues.of(name).getJobCounts("waiting", "prioritized", "delayed", "active");
        if (Object.values(counts).some((count) => count > 0)) return false;
      }
    } finally {
      await queues.close();
    }
    const { campaigns } = await engine.campaigns.list({ limit: 100 });
    const webhooks = await engine.webhooks.list({ limit: 100 });
    const { client } = engine.scripts;
    return (
      CAMPAIGNS.every(({ id, ends }) => campaigns.some((campaign) => campaign.id === id && `${campaign.state} ${campaign.why}` === ends)) &&
      webhooks.every(({ waiting }) => waiting === 0) &&
      (await client.xlen(engine.scripts.key("to-archive"))) === 0 &&
      (await engine.keys.read()).unpublished === 0
    );
  }

  /** Everything that came over HTTP once more, under the same keys. */
  async function sendAllAgain(): Promise<Map<string, LineAnswer>> {
    const answers = new Map<string, LineAnswer>();
    const batches = Map.groupBy(
      JOBS.filter(({ door }) => door?.line != null),
      ({ door }) => door?.key ?? "",
    );
    for (const [key, rows] of batches) {
      const found = await sendLines(system, "/v1/jobs/batch", { lines: rows.map(({ door }) => door?.body), key });
      for (const [at, { name }] of rows.entries()) answers.set(name, found[at] ?? { line: 0 });
    }
    for (const { name, door } of JOBS) {
      if (door?.line === null) answers.set(name, (await system.ask("producer", "POST /v1/jobs", door.body)) as LineAnswer);
    }
    return answers;
  }

  /** An answer that was given up comes after all: its settlement knows the charge that the ledger had as uncertain. */
  async function settleLate(text: string): Promise<void> {
    const callId = /:gate:late:([^"]+)"/.exec(text)?.[1] ?? "";
    const job = JOBS.find(({ name }) => name === "timed-out");
    if (job === undefined) throw new Error("no job timed out");
    const { queue, id, operation, account } = job;
    const timestamp = Number(JSON.parse(/\["timestamp","(\d+)"\]/.exec(lineOf(text, `${queue}:${id}"`))?.[1] ?? "0"));
    const settled = await system.api.engine.gate.settle({
      ref: { queue, id, timestamp },
      callId,
      operation,
      accountId: account,
      campaignId: null,
      left: true,
      answered: true,
      serverError: false,
      charge: "yes",
      price: 1,
      next: { kind: "again" },
    });
    expect(settled).toMatchObject({ kind: "already", state: "settled" });
  }

  describe(`after a stop that was ${stop}`, () => {
    beforeAll(async () => {
      const redis = await acquireRedis({ durable: false, fresh: true });
      await writeRedisText(redis.url, stop === "so long that parked jobs are let go by BullMQ itself" ? TEXT : parkedToday(TEXT));
      system = await startUpgradeSystem(redis, { ledgerDays: DAYS, outcomeDays: DAYS });
      const { ask, sandbox, receiver, api } = system;
      sandbox.scenario({ codeRequired: ["cora@example.com", "vera@example.com"] });
      // The receivers have moved; their owner says so, and sends the dead letters again.
      await ask("admin", "PUT /v1/webhooks/crm", { url: receiver.urlOf("crm"), secret: HOOK_SECRET });
      const statuses = ["failed", "unknown", "cancelled"];
      await ask("admin", "PUT /v1/webhooks/audit", { url: receiver.urlOf("audit"), secret: HOOK_SECRET, statuses, events: ["outcome"] });
      await ask("admin", "POST /v1/webhooks/audit/redrive", {});
      doorBefore = await sendAllAgain();

      system.takeResults();
      archivePath = join(tmpdir(), `linkup-upgrade-${randomUUID()}.sqlite`);
      for (let started = 0; started < 2; started++) await system.startWorker({ archive: { kind: "sqlite", path: archivePath } });
      for (const { id, person } of CAMPAIGNS) {
        if (person === "allow more credits") await ask("producer", `PATCH /v1/campaigns/${id}`, { maxCredits: null });
        if (person !== null) await ask("producer", `POST /v1/campaigns/${id}/${person === "start" ? "start" : "resume"}`);
      }
      await waitFor(accountsAreBack, { timeoutMs: 60_000, what: "every account to be back", everyMs: 100 });

      const due = JOBS.filter(({ ends, taken }) => ends !== null && !taken);
      const missing = () => due.filter(({ outcomeId }) => outcomesOf(outcomeId).length === 0).map(({ name }) => name);
      await waitFor(() => missing().length === 0, { timeoutMs: 90_000, what: "every outcome" }).catch((thrown: unknown) => {
        throw new Error(`no outcome of ${missing().join(", ")}`, { cause: thrown });
      });
      const ticked = () => tickOutcomes().some(({ accountId }) => accountId === "tom");
      await waitFor(ticked, { timeoutMs: 30_000, what: "a schedule to tick on" });
      for (const { id } of rowsOf(ROWS, "schedule")) await ask("producer", `DELETE /v1/schedules/${id}`);
      await waitFor(allIsQuiet, { timeoutMs: 60_000, what: "all queues, debts and campaigns to come to their end", everyMs: 100 });
      doorAfter = await sendAllAgain();
      await settleLate(TEXT);
      journal = sandbox.journal();
      expect(await api.engine.keys.read()).toMatchObject({ state: "open", openGrants: 0, unpublished: 0 });
    }, 240_000);
    afterAll(async () => {
      await system.close();
      await rm(archivePath, { force: true });
    });

    test("its Redis has this version's layout now", async () => {
      expect(Number(/\["layout","(\d+)"\]/.exec(TEXT)?.[1] ?? 1)).toBe(layout);
      const { scripts } = system.api.engine;
      expect(await scripts.client.hget(scripts.key("key"), "layout")).toBe(String(LAYOUT.version));
    });

    test("every job of a Redis that an earlier version left in the middle of everything has the one outcome that it must have, told once", () => {
      const found = JOBS.map(({ name, outcomeId }) => [name, outcomesOf(outcomeId).map(endOf)]);
      expect(found).toEqual(JOBS.map(({ name, ends, taken }) => [name, ends === null || taken ? [] : [ends]]));
    });

    test("no outcome is of a job that nobody added", () => {
      const strangers = system.outcomes.filter(({ outcomeId }) => !JOBS.some((job) => job.outcomeId === outcomeId));
      expect(strangers).toEqual(tickOutcomes());
      for (const { status, calls, jobId } of tickOutcomes())
        expect({ jobId, status, calls }).toEqual({ jobId, status: "succeeded", calls: 1 });
    });

    test("each job is called as often as it still had to be, and none has its effect twice, the calls before the fixture counted", () => {
      for (const [target, rows] of Map.groupBy(JOBS, (row) => row.target)) {
        const calls = journal.filter((entry) => entry.target === target);
        const ticks = TICKS.has(target) ? tickOutcomes().filter(({ accountId }) => accountId === rows[0]?.account).length : 0;
        expect({ target, calls: calls.length }).toEqual({ target, calls: sumOf(rows, ({ callsLeft }) => callsLeft) + ticks });
        const done = rows[0]?.done ?? 0;
        expect(done + calls.filter(({ effect }) => effect === "done").length, target).toBeLessThanOrEqual(1);
      }
      const targets = new Set(JOBS.map(({ target }) => target));
      expect(journal.filter(({ target, operation }) => !operation?.startsWith("auth.") && !targets.has(target ?? ""))).toEqual([]);
      expect(system.sandbox.summary()).toMatchObject({ repeated: 0, refused429: 0 });
    });

    test("keys of the door are known before and after: each job was accepted before, under the id that it had", () => {
      for (const answers of [doorBefore, doorAfter]) {
        expect([...answers].map(([name, { jobId, duplicate }]) => ({ name, jobId, duplicate }))).toEqual(
          [...answers.keys()].map((name) => ({ name, jobId: JOBS.find((job) => job.name === name)?.id, duplicate: true })),
        );
      }
      expect(doorBefore.size).toBe(JOBS.filter(({ door }) => door !== null).length);
    });

    test("webhooks get what they are owed, each once, dead letters that were sent again too; what they had is not posted again", () => {
      const { posts } = system.receiver;
      const ended = JOBS.filter(({ ends }) => ends !== null);
      const counted = (hook: string) => (outcomeId: string) =>
        posts.filter((post) => post.hook === hook && post.messageId === outcomeId).length;
      expect(ended.map(({ name, outcomeId }) => [name, counted("crm")(outcomeId)])).toEqual(
        ended.map(({ name, posted }) => [name, posted.includes("crm") ? 0 : 1]),
      );
      expect(ended.map(({ name, outcomeId }) => [name, counted("audit")(outcomeId)])).toEqual(
        ended.map(({ name, ends }) => [name, ends === "succeeded" ? 0 : 1]),
      );
      expect(new Set(posts.map(({ hook, messageId }) => `${hook} ${messageId}`)).size).toBe(posts.length);
    });

    test("no delivery is dead or forgotten", async () => {
      const webhooks = await system.api.engine.webhooks.list({ limit: 10 });
      expect(webhooks).toMatchObject([
        { id: "audit", state: "ok", waiting: 0, dead: 0, dropped: 0 },
        { id: "crm", state: "ok", waiting: 0, dead: 0, dropped: 0 },
      ]);
    });

    test("campaigns end as they must, with every recipient counted once", async () => {
      const { campaigns: found } = await system.api.engine.campaigns.list({ limit: 100 });
      for (const { id, ends, recipients } of CAMPAIGNS) {
        const rows = JOBS.filter(({ campaign }) => campaign === id);
        const campaign = found.find((one) => one.id === id);
        const over = rows.filter((row) => row.ends !== null);
        const byStatus = Object.fromEntries(
          [...Map.groupBy(over, (row) => row.ends?.split(" ")[0] ?? "")].map(([status, some]) => [status, some.length]),
        );
        expect({ id, ends: `${campaign?.state} ${campaign?.why}`, byStatus: campaign?.byStatus, recipients: campaign?.recipients }).toEqual(
          {
            id,
            ends,
            byStatus,
            recipients: {
              accepted: recipients,
              fed: over.length,
              ended: over.length,
              unsent: recipients - over.length,
              waiting: 0,
              removed: 0,
            },
          },
        );
        expect(campaign?.credits.held, id).toBe(0);
      }
    });

    test("the ledger has every credit of before and since, those of calls that were out as uncertain", async () => {
      const { total } = await system.api.engine.credits.read({ days: DAYS, nowMs: (await system.api.engine.keys.read()).nowMs });
      // Calls of jobs, and a log-in's; one that came late is uncertain no more.
      const wereOut = JOBS.filter(({ was }) => was.startsWith("open and left")).length + 1;
      const late = 1;
      expect({ charged: total.charged, uncertain: total.uncertain }).toEqual({
        charged: (TAKEN?.charged ?? 0) + system.sandbox.summary().credits.charged + late,
        uncertain: (TAKEN?.uncertain ?? 0) + wereOut - late,
      });
    });

    test("the archive has every outcome that was owed to it", async () => {
      const owed = [...JOBS.filter(({ ends, taken }) => ends !== null && !taken), ...tickOutcomes()].map(({ outcomeId }) => outcomeId);
      const archive = openArchive({ kind: "sqlite", path: archivePath }, { keyId: UPGRADE_KEY_ID });
      try {
        expect([...(await archive.readMany(owed)).keys()].sort()).toEqual(owed.toSorted());
      } finally {
        await archive.close();
      }
    });

    test("nothing is left at its way: no place, lane, mark, hold or share of an account", async () => {
      const { client, tag } = system.api.engine.scripts;
      const names = (await client.keys(`${tag}:gate:*`)).map((key) => key.slice(`${tag}:gate:`.length));
      // `waiting` is left out: the sweep looks through it once a minute.
      const onTheWay = /^(job|flying|next|lane|held|ahead|todo|released|vanished|open|outbox|owed|orphans|refreshing)(:|$)/;
      // Who was not sent to when a campaign expired can be listed as long as its results; of a cancelled one since layout 2.
      const listed = layout === 1 ? ["todo:expiring:gwen"] : ["todo:cancelled-late:ivan", "todo:expiring:gwen"];
      expect(names.filter((name) => onTheWay.test(name)).sort()).toEqual(listed);
    });
  });
}
