/**
 * Writes the fixture of this version's Redis, and the table beside it, into the folder `fixtures`: run once by the code that is to be upgraded
 * from, before the layout changes. It takes a minute, and needs a C compiler: the fixture is of a past day wherever a test opens it.
 * `node apps/api/tests/upgrade/write-redis-fixture-main.ts`
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { LAYOUT } from "@linkup-queue/queue/inside";
import { acquireRedis, fromNow, givenClock, readRedisText } from "@linkup-queue/testkit";
import { FixtureBook } from "./fixture-book.ts";
import { allGoesWell, muchIsAway, nobodyWorks, processesDie } from "./fixture-scenes.ts";
import { runOnPastDay } from "./past-day.ts";
import { type Row, type RowOf, writeRows } from "./upgrade-rows.ts";
import { startUpgradeSystem, type UpgradeSystem } from "./upgrade-system.ts";

/** A person's action on a campaign when the fixture is opened, and how it ends. */
const CAMPAIGNS: Readonly<Record<string, Pick<RowOf<"campaign">, "person" | "ends">>> = {
  "all-done": { person: null, ends: "ended all_done" },
  spent: { person: "allow more credits", ends: "ended all_done" },
  cancelled: { person: null, ends: "cancelled by_hand" },
  "cancelled-late": { person: null, ends: "cancelled by_hand" },
  expiring: { person: null, ends: "ended expired" },
  scheduled: { person: null, ends: "ended all_done" },
  draft: { person: "start", ends: "ended all_done" },
  paused: { person: "resume", ends: "ended all_done" },
  running: { person: null, ends: "ended all_done" },
  "feeder-died": { person: null, ends: "ended all_done" },
};

async function otherRows({ api: { engine }, settings }: UpgradeSystem): Promise<Row[]> {
  const accounts = await engine.accounts.list({ limit: 100 });
  const { campaigns } = await engine.campaigns.list({ limit: 100 });
  const { schedules } = await engine.schedules.list({ limit: 100 });
  const webhooks = await engine.webhooks.list({ limit: 100 });
  const { total } = await engine.credits.read({ days: 2, nowMs: (await engine.keys.read()).nowMs });
  return [
    {
      kind: "taken",
      at: fromNow(0).toISOString(),
      layout: LAYOUT.version,
      keyId: settings.keyId,
      charged: total.charged,
      uncertain: total.uncertain,
    },
    ...accounts.map(({ id, state, why }): Row => ({ kind: "account", id, was: state, why })),
    ...campaigns.map(({ id, state, why, recipients }): Row => {
      const { accepted, fed, ended } = recipients;
      const after = CAMPAIGNS[id];
      if (after === undefined) throw new Error(`the end of campaign ${id} is not said`);
      return { kind: "campaign", id, was: state, why, recipients: accepted, fed, ended, ...after };
    }),
    ...schedules.map(({ id, lastJob }): Row => ({ kind: "schedule", id, lastJob: lastJob?.jobId ?? null })),
    ...webhooks.map(({ id, waiting, dead, delivered }): Row => ({ kind: "webhook", id, waiting, dead, delivered })),
  ];
}

async function writeFixture(): Promise<void> {
  const redis = await acquireRedis({ durable: false, fresh: true });
  const system = await startUpgradeSystem(redis);
  const book = new FixtureBook(system);
  for (const scene of [allGoesWell, muchIsAway, processesDie, nobodyWorks]) {
    console.log(scene.name);
    await scene(book);
  }
  const rows = [...(await otherRows(system)), ...(await book.rows())];
  const folder = join(import.meta.dirname, "fixtures");
  await mkdir(folder, { recursive: true });
  // Failed jobs keep their stacks: where this project lies is nobody's business.
  const text = (await readRedisText(redis.url)).replaceAll(join(import.meta.dirname, "../../../.."), "/srv/linkup-queue");
  await writeFile(join(folder, `redis-layout-${LAYOUT.version}.ndjson`), text);
  await writeFile(join(folder, `redis-layout-${LAYOUT.version}.rows.ndjson`), writeRows(rows));
  await book.queues.close();
  await system.close();
}

if (givenClock() !== null) await writeFixture();
else await runOnPastDay(import.meta.filename);
