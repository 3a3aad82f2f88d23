/** The worker as an operator meets it: a clear refusal for everything that is wrong at its start, one JSON line each, health, a clean end. */
import { connectRedis } from "@linkup-queue/queue";
import { LAYOUT } from "@linkup-queue/queue/inside";
import {
  acquireRedis,
  freePort,
  type LogLine,
  type SpawnedProcess,
  spawnProcess,
  testPrefix,
  testSecretsKey,
  waitFor,
} from "@linkup-queue/testkit";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { message, type System, startSystem } from "./fixture.ts";
import { type Environment, refusedStart, spawnWorker, WORKER_MAIN, workerEnvironment } from "./worker-process.ts";

let system: System;
const running: SpawnedProcess[] = [];
beforeAll(async () => {
  system = await startSystem({ workers: 0 });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((worker) => worker.kill("SIGKILL")));
});
afterAll(async () => system.close());

async function start(changes: Environment = {}): Promise<SpawnedProcess> {
  const worker = await spawnWorker(system, changes);
  running.push(worker);
  return worker;
}

const allJson = (lines: readonly LogLine[]) =>
  lines.length > 0 && lines.every((line) => !("raw" in line) && typeof line.level === "number");

describe("a start is refused with exit code 1 and one line that says what to do", () => {
  async function refused(env: Environment): Promise<{ code: unknown; msg: string }> {
    const { code, fatal, lines } = await refusedStart(env);
    expect(code).toBe(1);
    expect(allJson(lines)).toBe(true);
    expect(fatal.err, "an expected refusal has no stack").toBeUndefined();
    for (const secret of [env.LINKUP_API_KEY, env.LINKUP_SECRETS_KEY].filter((value) => value)) {
      expect(JSON.stringify(lines)).not.toContain(secret);
    }
    return { code: fatal.code, msg: String(fatal.msg) };
  }

  // It waits ten seconds for a Redis that may still be starting, while the other tests run.
  let withoutRedis: { port: number; refusal: Promise<{ code: unknown; msg: string }> };
  beforeAll(async () => {
    const port = await freePort();
    const env = { ...workerEnvironment(system), REDIS_URL: `redis://:hidden-password@127.0.0.1:${port}` };
    withoutRedis = { port, refusal: refused(env) };
    withoutRedis.refusal.catch(() => undefined);
  });

  test("all wrong settings at once, an unknown one with the nearest that is", async () => {
    const env = { ...workerEnvironment(system), LINKUP_SECRETS_KEY: "dG9vIHNob3J0", LINKUP_RATE_LIMTI: "10", LINKUP_TIMEOUT_MS: "soon" };
    const { code, msg } = await refused(env);
    expect(code).toBe("configuration_invalid");
    expect(msg).toMatch(/3 problems/);
    expect(msg).toMatch(/LINKUP_SECRETS_KEY: .*32 bytes/);
    expect(msg).toMatch(/LINKUP_RATE_LIMTI: .*did you mean LINKUP_RATE_LIMIT\?/);
    expect(msg).toMatch(/LINKUP_TIMEOUT_MS/);
  });

  test("no secrets key and no API key", async () => {
    const { LINKUP_SECRETS_KEY: _secrets, LINKUP_API_KEY: _key, ...env } = workerEnvironment(system);
    const { msg } = await refused(env);
    expect(msg).toMatch(/LINKUP_SECRETS_KEY: is required; make one with/);
    expect(msg).toMatch(/LINKUP_API_KEY: is required/);
  });

  test("development values beside LinkUp's own address, all at once, before anything is asked of anybody", async () => {
    const { LINKUP_BASE_URL: _sandbox, ...env } = workerEnvironment(system);
    const api = { API_TOKENS: "development:admin:development-admin" };
    const { code, msg } = await refused({ ...env, ...api, REDIS_URL: `redis://127.0.0.1:${await freePort()}` });
    expect(code).toBe("configuration_invalid");
    const told = ["LINKUP_FRESH_KEY", "LINKUP_ALLOW_VOLATILE_REDIS", "LINKUP_LOOK_GAP_MS", "API_TOKENS"];
    expect(msg.split("\n").slice(1)).toEqual(told.map((name) => expect.stringMatching(`^${name}: .+ leads to api.linkupapi.com; .+`)));
    expect(msg).not.toContain("development-admin");
  });

  test("a looser worker beside a live one under LINKUP_STRICT=1; without it both tell that they differ, and which setting holds", async () => {
    const first = await start();
    const { code, msg } = await refused({ ...workerEnvironment(system), LINKUP_RATE_LIMIT: "400", LINKUP_STRICT: "1" });
    expect(code).toBe("configuration_invalid");
    expect(msg).toContain("LINKUP_RATE_LIMIT is 400 here and 300 there");
    const looser = await start({ LINKUP_RATE_LIMIT: "400" });
    const told = "the workers of this key have different settings, and the strictest hold: LINKUP_RATE_LIMIT is 300 and 400: 300 holds";
    for (const worker of [looser, first]) await worker.waitForLine((line) => line.msg === told, { what: "the difference to be told" });
  });

  test("a Redis without persistence that may evict, each with the command that repairs it", async () => {
    const redis = await acquireRedis({ durable: false, fresh: true, args: ["--maxmemory-policy", "allkeys-lru"] });
    try {
      const { code, msg } = await refused({ ...workerEnvironment(system), REDIS_URL: redis.url, LINKUP_ALLOW_VOLATILE_REDIS: "0" });
      expect(code).toBe("redis_unsuitable");
      expect(msg).toContain("config set maxmemory-policy noeviction");
      expect(msg).toContain("config set appendonly yes");
      expect(msg).toContain("config set appendfsync always");
    } finally {
      await redis.stop();
    }
  });

  test("a log level that is none, named; one left empty is none given", async () => {
    const { code, msg } = await refused({ ...workerEnvironment(system), LOG_LEVEL: "chatty" });
    expect(code).toBe("configuration_invalid");
    expect(msg).toContain("LOG_LEVEL");
    expect((await start({ LOG_LEVEL: "" })).ready.msg).toBe("ready");
  });

  test("a health port that another process has, named; the refused worker is announced no longer", async () => {
    const { WORKER_HEALTH_PORT: _off, ...env } = workerEnvironment(system);
    const port = String(await freePort());
    await start({ WORKER_HEALTH_PORT: port });
    const announced = async () => await system.engine.scripts.client.zrange(system.engine.scripts.key("workers"), "0", "-1");
    const before = await announced();
    const { code, msg } = await refused({ ...env, WORKER_HEALTH_PORT: port });
    expect(code).toBe("configuration_invalid");
    expect(msg).toContain(`127.0.0.1:${port} (EADDRINUSE); set WORKER_HEALTH_PORT`);
    // Others, of earlier tests, may be forgotten meanwhile.
    expect((await announced()).filter((worker) => !before.includes(worker))).toEqual([]);
  });

  test("a Redis whose layout a later version wrote, named with the one that this version knows", async () => {
    const { client } = system.engine.scripts;
    const key = system.engine.scripts.key("key");
    await client.hset(key, "layout", "9");
    try {
      const { code, msg } = await refused(workerEnvironment(system));
      expect(code).toBe("layout_conflict");
      expect(msg).toMatch(
        /has layout 9, written by a later version .*; this version works with layout 3\. .*start the version that wrote it/,
      );
    } finally {
      await client.hset(key, "layout", String(LAYOUT.version));
    }
  });

  test("another secrets key than the one that wrote what is stored", async () => {
    await start();
    const { code, msg } = await refused({ ...workerEnvironment(system), LINKUP_SECRETS_KEY: testSecretsKey() });
    expect(code).toBe("secrets_key_wrong");
    expect(msg).toContain("LINKUP_SECRETS_KEY");
  });

  test("another API key while workers with the first are running", async () => {
    await start();
    const { code, msg } = await refused({ ...workerEnvironment(system), LINKUP_API_KEY: "another-key-of-somebody" });
    expect(code).toBe("key_conflict");
    expect(msg).toContain(system.settings.keyId);
  });

  test("one API key under a second id", async () => {
    await start();
    const { code, msg } = await refused({ ...workerEnvironment(system), LINKUP_KEY_ID: testPrefix("second") });
    expect(code).toBe("key_conflict");
    expect(msg).toContain(`LINKUP_KEY_ID=${system.settings.keyId}`);
  });

  test("a Redis that is not there, named by its address", async () => {
    const { code, msg } = await withoutRedis.refusal;
    expect(code).toBe("redis_unreachable");
    expect(msg).toContain(`127.0.0.1:${withoutRedis.port}`);
    expect(msg).toContain("ECONNREFUSED");
    expect(msg).not.toContain("hidden-password");
  });
});

test("it says ready once, answers its health, tells why it is not ready, and ends with 0 on SIGTERM", async () => {
  const worker = await start({ WORKER_HEALTH_PORT: String(await freePort()) });
  const address = `http://127.0.0.1:${String(worker.ready.healthPort)}`;
  const get = async (path: string) => {
    const response = await fetch(address + path, { headers: { connection: "close" } });
    return { status: response.status, body: await response.text() };
  };
  const provider = new URL(system.sandbox.url).host;
  expect(worker.ready).toMatchObject({ msg: "ready", level: 30, keyId: system.settings.keyId, provider });
  expect(await get("/healthz")).toEqual({ status: 200, body: '{"status":"ok"}' });
  expect(await get("/readyz")).toEqual({ status: 200, body: `{"ready":true,"why":[],"provider":"${provider}"}` });
  await system.engine.keys.pause();
  const stopped = `{"ready":false,"why":["the API key is stopped: by_hand"],"provider":"${provider}"}`;
  expect(await get("/readyz")).toEqual({ status: 503, body: stopped });
  expect(await get("/healthz")).toMatchObject({ status: 200 });
  await system.engine.keys.resume();
  expect((await get("/metrics")).body).toContain("linkup_window_share");
  expect(await get("/elsewhere")).toMatchObject({ status: 404 });
  expect(await worker.kill("SIGTERM")).toEqual({ code: 0, signal: null });
  expect(allJson(worker.lines)).toBe(true);
  expect(worker.lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(["ready", "draining", "stopped"]));
  expect(worker.stderr()).toBe("");
});

test("a running worker whose Redis another version has taken over says so, ends with 1, sends nothing more and settles nothing", async () => {
  const own = await startSystem({ workers: 0, scenario: { latencyMs: 1_500 } });
  try {
    const { client } = own.engine.scripts;
    const key = own.engine.scripts.key("key");
    for (const id of ["ada", "bob"]) await own.account(id, { loginToken: `AQED-brought-along-by-${id}` });
    const worker = await spawnWorker(own);
    running.push(worker);
    await own.add("messages", [message("bob", 1)]);
    await waitFor(() => own.sandbox.journal().length === 1, { timeoutMs: 10_000, what: "a call to be out" });
    await client.hset(key, "layout", "9");
    await own.add("messages", [message("ada", 2)]);
    expect((await worker.exited).code).toBe(1);
    const fatal = worker.lines.find(({ level }) => level === 60);
    expect(fatal).toMatchObject({ code: "layout_conflict", msg: expect.stringContaining("has layout 9, written by a later version") });
    expect(own.sandbox.journal()).toHaveLength(1);
    await client.hset(key, "layout", String(LAYOUT.version));
    await own.startWorker();
    const outcomes = await own.outcomesArrive(2);
    expect(outcomes.find(({ accountId }) => accountId === "ada")).toMatchObject({ status: "succeeded", calls: 1 });
    expect(outcomes.find(({ accountId }) => accountId === "bob")).toMatchObject({ status: "unknown", code: "interrupted", calls: 1 });
    expect(own.sandbox.summary()).toMatchObject({ repeated: 0, requests: 2 });
  } finally {
    await own.close();
  }
}, 60_000);

test("workers on one machine share the default health port: who comes second takes a free one and says which", async () => {
  const { WORKER_HEALTH_PORT: _off, ...env } = workerEnvironment(system);
  for (let started = 0; started < 2; started++) running.push(await spawnProcess({ args: [WORKER_MAIN], env }));
  const ports = running.map(({ ready }) => Number(ready.healthPort));
  expect(new Set(ports).size).toBe(2);
  for (const port of ports) {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`, { headers: { connection: "close" } });
    expect(response.status).toBe(200);
  }
});

test("when Redis's password changes under a running worker, its log tells the trouble and not the password", async () => {
  const redis = await acquireRedis({ durable: false, fresh: true });
  const admin = await connectRedis({ kind: "single", url: redis.url });
  try {
    await admin.config("SET", "requirepass", "the-first-hidden-password");
    const worker = await start({ REDIS_URL: redis.url.replace("redis://", "redis://:the-first-hidden-password@") });
    await admin.config("SET", "requirepass", "the-second-hidden-password");
    await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await worker.waitForLine(({ level, err }) => level === 50 && /WRONGPASS/.test(JSON.stringify(err ?? "")), {
      what: "the trouble to be told",
    });
    expect(JSON.stringify(worker.lines)).not.toContain("hidden-password");
    await worker.kill("SIGKILL");
    await admin.config("SET", "requirepass", "");
  } finally {
    admin.disconnect();
    await redis.stop();
  }
});

test("with a provider that does not answer it starts, warns, and its jobs fail free", async () => {
  const worker = await start({ LINKUP_BASE_URL: `http://127.0.0.1:${await freePort()}`, LINKUP_MAX_ATTEMPTS: "2" });
  await worker.waitForLine(({ level, msg }) => level === 40 && /LINKUP_BASE_URL/.test(String(msg)), { what: "the warning" });
  await system.account("ada", { loginToken: "AQED-brought-along" });
  await system.add("messages", [message("ada", 1)]);
  await system.outcomesArrive(1);
  expect(system.outcomes[0]).toMatchObject({
    status: "failed",
    code: "connection_failed",
    calls: 0,
    credits: { charged: 0, uncertain: 0 },
  });
  expect((await system.credits()).total).toEqual({ charged: 0, uncertain: 0, wasted: 0, redriven: 0 });
});
