/** Workers (one of them the feeder) and the api killed at random points of upload, feeding and publishing: one outcome for each recipient, none sent twice. */
import { fileURLToPath } from "node:url";
import { CampaignDefinition, Campaigns } from "@linkup-queue/queue";
import { freePort, type SpawnedProcess, spawnProcess, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { type System, startSystem } from "./fixture.ts";
import { spawnWorker, workerEnvironment } from "./worker-process.ts";

const API_MAIN = fileURLToPath(new URL("../../api/src/main.ts", import.meta.url));
const SECRET = "producer-secret-of-the-test";

let system: System;
const running = new Set<SpawnedProcess>();
afterEach(async () => {
  await Promise.all([...running].map((one) => one.kill("SIGKILL")));
  running.clear();
  await system.close();
});

/** Dice that fall the same way each time (mulberry32). */
function seededDice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

async function start(begin: Promise<SpawnedProcess>): Promise<SpawnedProcess> {
  const one = await begin;
  running.add(one);
  return one;
}

async function kill(one: SpawnedProcess): Promise<void> {
  running.delete(one);
  await one.kill("SIGKILL");
}

async function startApi(port: number): Promise<SpawnedProcess> {
  const { LINKUP_API_KEY: _key, WORKER_HEALTH_PORT: _port, SHUTDOWN_GRACE_MS: _grace, ...shared } = workerEnvironment(system);
  const env = { ...shared, API_PORT: String(port), API_TOKENS: `test:producer:${SECRET}` };
  return await start(spawnProcess({ args: [API_MAIN], env }));
}

const RECIPIENTS = 600;
const KILLS = 12;
const accountIds = Array.from({ length: 20 }, (_none, n) => `acc-${n}`);
const definition = CampaignDefinition.parse({
  name: "Chaos",
  operation: "message.send",
  accountIds,
  input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello {{first_name}}" },
});
const line = (n: number) => JSON.stringify({ linkedin_url: `https://www.linkedin.com/in/person-${n}`, first_name: `P${n}` });

type Taken = { accepted: number; duplicates: number; rejectedCount: number };

/** Sends recipients; null when the api was gone before its answer. */
async function upload(port: number, campaignId: string, count: number): Promise<Taken | null> {
  function* body() {
    for (let n = 0; n < count; n += 200) {
      yield Buffer.from(`${Array.from({ length: Math.min(200, count - n) }, (_none, more) => line(n + more)).join("\n")}\n`);
    }
  }
  try {
    const response = await fetch(`http://127.0.0.1:${port}/v1/campaigns/${campaignId}/recipients`, {
      method: "POST",
      headers: { authorization: `Bearer ${SECRET}`, "content-type": "application/x-ndjson" },
      body: ReadableStream.from(body()),
      duplex: "half",
    } as RequestInit);
    return response.ok ? ((await response.json()) as Taken) : null;
  } catch {
    return null;
  }
}

test("an upload whose api is killed again and again takes each recipient once when it is sent again", async () => {
  system = await startSystem({ workers: 0 });
  const campaigns = new Campaigns(system.engine.scripts);
  await campaigns.create("upload", definition);
  const port = await freePort();
  const UPLOADED = 30_000;
  const dice = seededDice(99);
  const accepted = async () => (await campaigns.read("upload"))?.recipients.accepted ?? 0;
  let struck = 0;
  for (const reach of [1, 9_000, 17_000, 25_000]) {
    const api = await startApi(port);
    const uploading = upload(port, "upload", UPLOADED);
    await waitFor(async () => (await accepted()) >= reach + dice() * 3_000, { timeoutMs: 20_000, what: `${reach} accepted`, everyMs: 1 });
    await kill(api);
    if ((await uploading) === null) struck += 1;
  }
  expect(struck, "the kills must have struck uploads").toBeGreaterThan(1);
  const before = await accepted();
  await startApi(port);
  expect(await upload(port, "upload", UPLOADED)).toMatchObject({ accepted: UPLOADED - before, duplicates: before, rejectedCount: 0 });
  const ids = new Set<string>();
  let count = 0;
  for await (const recipients of campaigns.unsent("upload", accountIds)) {
    count += recipients.length;
    for (const { id } of recipients) ids.add(id);
  }
  expect([count, ids.size, await accepted()]).toEqual([UPLOADED, UPLOADED, UPLOADED]);
}, 120_000);

test("kills of workers and feeder at random points leave every recipient one outcome in the export, and send to none twice", async () => {
  system = await startSystem({
    workers: 0,
    settings: { rateLimit: 100_000, timeoutMs: 3_000 },
    scenario: { limit: null, latencyMs: { min: 20, max: 120 } },
  });
  for (const id of accountIds) await system.account(id, { loginToken: `token-of-${id}` });
  const campaigns = new Campaigns(system.engine.scripts);
  await campaigns.create("chaos", definition);
  await campaigns.change("chaos", "start");
  const dice = seededDice(4_711);
  const workers = await Promise.all([start(spawnWorker(system)), start(spawnWorker(system))]);

  const port = await freePort();
  await startApi(port);
  expect(await upload(port, "chaos", RECIPIENTS)).toEqual({
    accepted: RECIPIENTS,
    duplicates: 0,
    rejected: [],
    rejectedCount: 0,
    ignoredColumns: [],
  });

  const ended = async () => (await campaigns.read("chaos"))?.recipients.ended ?? 0;
  for (let kills = 1; kills <= KILLS; kills++) {
    const reach = Math.floor((RECIPIENTS * (kills - dice())) / (KILLS + 1));
    await waitFor(async () => (await ended()) >= reach, { timeoutMs: 60_000, what: `${reach} ended`, everyMs: 2 });
    const victim = dice() < 0.5 ? 0 : 1;
    const one = workers[victim];
    if (one !== undefined) await kill(one);
    workers[victim] = await start(spawnWorker(system));
  }
  await waitFor(async () => (await campaigns.read("chaos"))?.state === "ended", { timeoutMs: 90_000, what: "the campaign to end" });
  await system.outcomesArrive(RECIPIENTS, 30_000);

  expect(await campaigns.read("chaos")).toMatchObject({
    recipients: { accepted: RECIPIENTS, fed: RECIPIENTS, ended: RECIPIENTS, unsent: 0 },
  });
  const exported: { outcomeId: string; recipientId: string | null }[] = [];
  for await (const outcome of campaigns.outcomes("chaos")) exported.push(outcome);
  expect(exported).toHaveLength(RECIPIENTS);
  expect(new Set(exported.map(({ recipientId }) => recipientId)).size).toBe(RECIPIENTS);
  expect(new Set(exported.map(({ outcomeId }) => outcomeId))).toEqual(new Set(system.outcomes.map(({ outcomeId }) => outcomeId)));
  expect(system.outcomes).toHaveLength(RECIPIENTS);
  expect(system.outcomes.every(({ status }) => status === "succeeded" || status === "unknown")).toBe(true);
  const { repeated, effects } = system.sandbox.summary();
  expect(repeated).toBe(0);
  expect(effects.done).toBeLessThanOrEqual(RECIPIENTS);
  expect(effects.done).toBeGreaterThanOrEqual(system.outcomes.filter(({ status }) => status === "succeeded").length);
}, 240_000);
