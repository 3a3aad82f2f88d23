/**
 * Workers (one of them the feeder) and the api killed at random points of upload, feeding and publishing: one outcome for each recipient, none
 * sent twice, the same by its id in export, archive, webhooks and on the results queue.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type Archive, openArchive } from "@linkup-queue/archive";
import type { Outcome } from "@linkup-queue/contracts";
import { CampaignDefinition, type UnsentPlace } from "@linkup-queue/queue";
import { seededRandom } from "@linkup-queue/sandbox";
import { freePort, type SpawnedProcess, spawnProcess, waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { type System, startSystem } from "./fixture.ts";
import { type Receiver, startReceiver } from "./webhook-receiver.ts";
import { type Environment, spawnWorker, workerEnvironment } from "./worker-process.ts";

const API_MAIN = fileURLToPath(new URL("../../api/src/main.ts", import.meta.url));
const SECRET = "producer-secret-of-the-test";

let system: System;
const running = new Set<SpawnedProcess>();
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all([...running].map((one) => one.kill("SIGKILL")));
  running.clear();
  for (const close of closing.splice(0)) await close();
  await system.close();
});

async function start(begin: Promise<SpawnedProcess>): Promise<SpawnedProcess> {
  const one = await begin;
  running.add(one);
  return one;
}

async function kill(one: SpawnedProcess): Promise<void> {
  running.delete(one);
  await one.kill("SIGKILL");
}

async function startApi(port: number, more: Environment = {}): Promise<SpawnedProcess> {
  const { LINKUP_API_KEY: _key, WORKER_HEALTH_PORT: _port, SHUTDOWN_GRACE_MS: _grace, ...shared } = workerEnvironment(system);
  const env = { ...shared, API_PORT: String(port), API_TOKENS: `test:producer:${SECRET}`, ...more };
  return await start(spawnProcess({ args: [API_MAIN], env }));
}

const RECIPIENTS = 600;
const UPLOAD_KILLS = 2;
const WORKER_KILLS = 10;
const accountIds = Array.from({ length: 20 }, (_none, n) => `acc-${n}`);
const definition = CampaignDefinition.parse({
  name: "Chaos",
  operation: "message.send",
  accountIds,
  input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello {{first_name}}" },
});
const line = (n: number) => JSON.stringify({ linkedin_url: `https://www.linkedin.com/in/person-${n}`, first_name: `P${n}` });

type Taken = { accepted: number; duplicates: number; rejectedCount: number };

type Upload = { count: number; atOnce?: number; pauseMs?: number; onSent?: (rows: number) => void; lastAfter?: Promise<void> };

/** Sends recipients, so many at once with a pause before each, and the last when it may; null when the api was gone before its answer. */
async function upload(
  port: number,
  campaignId: string,
  { count, atOnce = 200, pauseMs = 0, onSent, lastAfter }: Upload,
): Promise<Taken | null> {
  async function* body() {
    for (let n = 0; n < count; n += atOnce) {
      if (pauseMs > 0) await sleep(pauseMs);
      onSent?.(n);
      if (n + atOnce >= count) await lastAfter;
      yield Buffer.from(`${Array.from({ length: Math.min(atOnce, count - n) }, (_none, more) => line(n + more)).join("\n")}\n`);
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
  const campaigns = system.engine.campaigns;
  await campaigns.create("upload", definition);
  const port = await freePort();
  const UPLOADED = 30_000;
  const random = seededRandom(99);
  const accepted = async () => (await campaigns.read("upload"))?.recipients.accepted ?? 0;
  let struck = 0;
  for (const reach of [1, 9_000, 17_000, 25_000]) {
    const api = await startApi(port);
    const uploading = upload(port, "upload", { count: UPLOADED });
    await waitFor(() => accepted(), { what: `${reach} accepted`, until: (seen) => seen >= reach + random() * 3_000, everyMs: 1 });
    await kill(api);
    if ((await uploading) === null) struck += 1;
  }
  expect(struck, "the kills must have struck uploads").toBeGreaterThan(1);
  const before = await accepted();
  await startApi(port);
  expect(await upload(port, "upload", { count: UPLOADED })).toMatchObject({
    accepted: UPLOADED - before,
    duplicates: before,
    rejectedCount: 0,
  });
  const ids = new Set<string>();
  let count = 0;
  const campaign = await campaigns.read("upload");
  if (campaign === null) throw new Error("the campaign is gone");
  for (let after: UnsentPlace | undefined; ; ) {
    const { items, next } = await campaigns.unsent(campaign, { after, limit: 1_000 });
    count += items.length;
    for (const { id } of items) ids.add(id);
    if (next === null) break;
    after = next;
  }
  expect([count, ids.size, await accepted()]).toEqual([UPLOADED, UPLOADED, UPLOADED]);
});

/** The worker that fed last: it says so at the level of debug. */
function feederOf(workers: readonly SpawnedProcess[]): number {
  const fedAtMs = workers.map(({ lines }) => Number(lines.findLast(({ msg }) => String(msg).startsWith("put recipients"))?.["time"] ?? 0));
  return fedAtMs.indexOf(Math.max(...fedAtMs));
}

async function exported(port: number, campaignId: string): Promise<Outcome[]> {
  const headers = { authorization: `Bearer ${SECRET}` };
  const response = await fetch(`http://127.0.0.1:${port}/v1/campaigns/${campaignId}/results?format=ndjson`, { headers });
  return (await response.text())
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text) as Outcome);
}

async function archived(archive: Archive, campaignId: string): Promise<Outcome[]> {
  const found: Outcome[] = [];
  for (let after: Parameters<Archive["list"]>[1]["after"]; ; ) {
    const page = await archive.list({ campaignId }, { after, limit: 200 });
    found.push(...page.items);
    if (page.next === null) return found;
    after = page.next;
  }
}

async function openPlaces(): Promise<{ archive: Archive; archiveUrl: string; receiver: Receiver }> {
  const folder = await mkdtemp(join(tmpdir(), "linkup-chaos-"));
  const path = join(folder, "archive.db");
  const archive = openArchive({ kind: "sqlite", path }, { keyId: system.settings.keyId });
  const receiver = await startReceiver();
  closing.push(
    () => archive.close(),
    () => rm(folder, { recursive: true }),
    () => receiver.close(),
  );
  return { archive, archiveUrl: `sqlite:${path}`, receiver };
}

test("kills of api, worker and feeder at random points leave every recipient one outcome, the same in export, archive, webhooks and results, and send to none twice", async () => {
  system = await startSystem({
    workers: 0,
    settings: { rateLimit: 100_000, timeoutMs: 3_000 },
    scenario: { limit: null, latencyMs: { min: 20, max: 120 } },
  });
  for (const id of accountIds) await system.account(id, { loginToken: `token-of-${id}` });
  const { archive, archiveUrl, receiver } = await openPlaces();
  await system.engine.webhooks.put("chaos", { url: receiver.url, secret: receiver.secret, events: ["outcome"] });
  const more = { ARCHIVE_URL: archiveUrl, LINKUP_WEBHOOK_ALLOW_PRIVATE: "1" };
  const startWorker = () => start(spawnWorker(system, { ...more, LOG_LEVEL: "debug" }));
  const campaigns = system.engine.campaigns;
  await campaigns.create("chaos", definition);
  await campaigns.change("chaos", "start");
  const random = seededRandom(4_711);
  const workers = [await startWorker(), await startWorker()];

  const port = await freePort();
  const ended = async () => (await campaigns.read("chaos"))?.recipients.ended ?? 0;
  const slowly = { count: RECIPIENTS, atOnce: 20, pauseMs: 20 };
  for (let kills = 0; kills < UPLOAD_KILLS; kills++) {
    const api = await startApi(port, more);
    const killed = Promise.withResolvers<void>();
    let sent = 0;
    const onSent = (rows: number) => {
      sent = rows;
    };
    const uploading = upload(port, "chaos", { ...slowly, onSent, lastAfter: killed.promise });
    const reach = Math.floor((RECIPIENTS * (kills + random())) / (UPLOAD_KILLS + 1));
    await waitFor(() => sent, { what: `${reach} rows to be sent`, until: (seen) => seen >= reach, everyMs: 1 });
    await kill(api);
    killed.resolve();
    expect(await uploading, "the kill must have struck the upload").toBeNull();
  }
  await startApi(port, more);
  const uploading = upload(port, "chaos", slowly);
  for (let kills = 0; kills < WORKER_KILLS; kills++) {
    const reach = Math.floor((RECIPIENTS * (kills + random())) / (WORKER_KILLS + 1));
    await waitFor(() => ended(), { what: `${reach} to have ended`, until: (seen) => seen >= reach, everyMs: 1 });
    const feeder = feederOf(workers);
    const victim = random() < 0.5 ? feeder : 1 - feeder;
    const one = workers[victim];
    if (one !== undefined) await kill(one);
    workers[victim] = await startWorker();
  }
  const taken = await uploading;
  expect([taken?.rejectedCount, (taken?.accepted ?? 0) + (taken?.duplicates ?? 0)]).toEqual([0, RECIPIENTS]);
  await waitFor(async () => (await campaigns.read("chaos"))?.state, {
    what: "the campaign to end",
    until: (seen) => seen === "ended",
    timeoutMs: 300_000,
  });
  await system.outcomesArrive(RECIPIENTS);
  await waitFor(() => receiver.taken().length, { what: "every outcome to be posted", until: (seen) => seen === RECIPIENTS });
  await waitFor(async () => (await archived(archive, "chaos")).length, {
    what: "all to be archived",
    until: (seen) => seen === RECIPIENTS,
  });

  expect(await campaigns.read("chaos")).toMatchObject({
    recipients: { accepted: RECIPIENTS, fed: RECIPIENTS, ended: RECIPIENTS, unsent: 0 },
  });
  const lines = await exported(port, "chaos");
  expect(new Set(lines.map(({ recipientId }) => recipientId)).size).toBe(RECIPIENTS);
  const ids = lines.map(({ outcomeId }) => outcomeId).sort();
  expect(new Set(ids).size).toBe(RECIPIENTS);
  expect((await archived(archive, "chaos")).map(({ outcomeId }) => outcomeId).sort()).toEqual(ids);
  expect(system.outcomes.map(({ outcomeId }) => outcomeId).sort()).toEqual(ids);
  expect(
    receiver
      .taken()
      .map(({ messageId }) => messageId)
      .sort(),
  ).toEqual(ids);
  expect(receiver.unverified).toBe(0);
  expect(system.outcomes.every(({ status }) => status === "succeeded" || status === "unknown")).toBe(true);
  const { repeated, effects } = system.sandbox.summary();
  expect(repeated).toBe(0);
  expect(effects.done).toBeLessThanOrEqual(RECIPIENTS);
  expect(effects.done).toBeGreaterThanOrEqual(system.outcomes.filter(({ status }) => status === "succeeded").length);
});
