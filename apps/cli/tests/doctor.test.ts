/** Findings of `linkup doctor`: in a healthy system, in one that is in trouble, and on a Redis that is set up badly. */
import { LAYOUT } from "@linkup-queue/queue/inside";
import { acquireRedis, testPrefix, testSecretsKey, waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type CliRun, runCli } from "./run-cli.ts";
import { API_KEY, type CliSystem, startCliSystem } from "./system.ts";

type Finding = { check: string; level: string; found: string; remedy: string };

function findings(run: CliRun): Map<string, Finding> {
  return new Map((run.json() as { findings: Finding[] }).findings.map((finding) => [finding.check, finding]));
}

describe("a system", () => {
  let system: CliSystem;
  beforeAll(async () => {
    system = await startCliSystem({ scenario: { badPassword: ["carol@example.com"] } });
    Object.assign(system.env, { LINKUP_API_KEY: API_KEY, API_TOKENS: "me:admin:0123456789abcdef" });
    await system.activeAccounts(["ada"]);
  });
  afterAll(() => system?.close());

  test("that is well has status 0 and one line for each check", async () => {
    const run = await system.linkup(["doctor"]);
    expect(run, run.stdout).toMatchObject({ status: 0, stderr: "" });
    for (const check of [
      "redis version",
      "persistence",
      "eviction",
      "memory",
      "clock",
      "provider",
      "layout",
      "key",
      "workers",
      "queues",
      "accounts",
    ]) {
      expect(run.stdout).toMatch(new RegExp(`^ok +${check} `, "m"));
    }
    expect(run.stdout).toMatch(/^\d+ ok, 0 to look at, 0 broken$/m);
  });

  test("with accounts and jobs that wait for a person has status 10, and says what to do", async () => {
    const { engine } = system;
    const need = await engine.accounts.register("carol", { email: "carol@example.com", password: "wrong" });
    if (need !== null) await engine.authJobs.add(need);
    await system.accountIs("carol", "needs_attention");
    await system.linkup(["enqueue", "profile.me", "--account", "carol", "--input", "{}"]);
    await waitFor(async () => (await engine.accounts.read("carol"))?.parked, { what: "its job to be parked", until: (seen) => seen === 1 });
    const run = await system.linkup(["doctor", "--json"]);
    expect(run.status).toBe(10);
    const found = findings(run);
    expect(found.get("accounts")).toMatchObject({ level: "warn", found: expect.stringContaining("carol (needs_attention, 1 parked)") });
    expect(found.get("parked jobs")).toMatchObject({ level: "warn", remedy: expect.stringContaining("linkup account add carol") });
  });

  test("that was stopped by hand has status 11 until it is opened", async () => {
    const { engine } = system;
    await engine.keys.pause();
    const run = await system.linkup(["doctor", "--json"]);
    expect(run.status).toBe(11);
    expect(findings(run).get("key")).toMatchObject({ level: "fail", remedy: expect.stringContaining("linkup key resume") });
    await engine.keys.resume();
    expect((await system.linkup(["doctor"])).status).toBe(10);
  });

  test("whose Redis came back older has status 11 until it is restored, with the word of a person", async () => {
    const { engine } = system;
    const { seen } = await engine.keys.read();
    expect((await system.linkup(["restore"])).stderr).toMatch(/Nothing is to be restored/);
    await engine.keys.beat("w", null, { seen: { ...seen, line: "a state that is gone", marks: 3 } });
    const run = await system.linkup(["doctor", "--json"]);
    expect(run.status).toBe(11);
    expect(findings(run).get("key")).toMatchObject({
      level: "fail",
      found: expect.stringContaining("3 calls that left are missing"),
      remedy: expect.stringContaining("linkup restore"),
    });
    expect(await system.linkup(["restore", "--doubtful", "perhaps"])).toMatchObject({ status: 2 });
    const restored = await system.linkup(["restore"]);
    expect(restored, restored.stderr).toMatchObject({ status: 0, stdout: expect.stringContaining("ends unknown (state_lost)") });
    await engine.scripts.client.hdel(engine.scripts.keys.state, "closedUntil", "doubtUntil", "gatheringUntil");
    expect((await system.linkup(["doctor"])).status).toBe(10);
  });

  test("whose Redis another version has taken over is told, and no command works on it", async () => {
    const { scripts } = system.engine;
    await scripts.client.hset(scripts.key("key"), "layout", "9");
    try {
      const run = await system.linkup(["doctor", "--json"]);
      expect(run.status).toBe(11);
      expect(findings(run).get("layout")).toMatchObject({
        level: "fail",
        found: expect.stringMatching(/layout 9, written by a later version/),
      });
      for (const command of [
        ["account", "list"],
        ["key", "pause"],
        ["enqueue", "profile.me", "--account", "ada", "--input", "{}"],
      ]) {
        expect(await system.linkup(command)).toMatchObject({ status: 7, stdout: "", stderr: expect.stringContaining("layout 9") });
      }
      expect(await scripts.client.hget(scripts.key("key"), "state")).toBe("open");
    } finally {
      await scripts.client.hset(scripts.key("key"), "layout", String(LAYOUT.version));
    }
  });

  test("with another secrets key is told", async () => {
    Object.assign(system.env, { LINKUP_SECRETS_KEY: testSecretsKey() });
    const run = await system.linkup(["doctor", "--json"]);
    expect(run.status).toBe(11);
    expect(findings(run).get("secrets key")).toMatchObject({ level: "fail", remedy: "Set the former LINKUP_SECRETS_KEY" });
    expect(await system.linkup(["account", "list"])).toMatchObject({ status: 3 });
  });
});

test("a badly configured Redis: every setting is told with its remedy; work is refused there", async () => {
  const args = ["--maxmemory", "20mb", "--maxmemory-policy", "allkeys-lru"];
  const redis = await acquireRedis({ durable: false, fresh: true, args });
  const env = {
    REDIS_URL: redis.url,
    LINKUP_SECRETS_KEY: testSecretsKey(),
    LINKUP_KEY_ID: testPrefix("cli"),
    LINKUP_BASE_URL: "http://127.0.0.1:1",
  };
  try {
    const [run, refused, volatile] = await Promise.all([
      runCli(["doctor", "--json"], { env }),
      runCli(["enqueue", "profile.me", "--account", "ada", "--input", "{}"], { env }),
      runCli(["doctor", "--json"], { env: { ...env, LINKUP_ALLOW_VOLATILE_REDIS: "1" } }),
    ]);
    expect(run.status).toBe(11);
    const found = findings(run);
    expect(found.get("persistence")).toMatchObject({
      level: "fail",
      remedy: expect.stringContaining("redis-cli config set appendonly yes"),
    });
    expect(found.get("eviction")).toMatchObject({ level: "fail", remedy: expect.stringContaining("maxmemory-policy noeviction") });
    expect(found.get("memory")?.found).toContain("of 20 MB (maxmemory) used");
    expect(found.get("provider")).toMatchObject({ level: "fail", found: "http://127.0.0.1:1: ECONNREFUSED" });
    expect(found.get("workers")).toMatchObject({ level: "warn" });
    expect(found.get("settings")).toMatchObject({ level: "warn", found: expect.stringContaining("LINKUP_API_KEY (workers)") });
    expect(findings(volatile).get("eviction")).toMatchObject({ level: "warn" });
    expect(refused).toMatchObject({ status: 7, stdout: "" });
    expect(refused.stderr).toContain("can lose or forget what was sent");
  } finally {
    await redis.stop();
  }
});

test("a Redis that is full is told with all that can still be seen of it", async () => {
  const redis = await acquireRedis({ durable: true, fresh: true, args: ["--maxmemory", "1kb"] });
  onTestFinished(() => redis.stop());
  const env = { LINKUP_SECRETS_KEY: testSecretsKey(), REDIS_URL: redis.url, LINKUP_BASE_URL: "http://127.0.0.1:1" };
  const run = await runCli(["doctor", "--json"], { env });
  expect(run.status).toBe(11);
  const found = findings(run);
  expect(found.get("memory")).toMatchObject({ level: "fail" });
  expect(found.get("persistence")).toMatchObject({ level: "ok" });
  expect(found.get("redis")).toMatchObject({ level: "fail", found: expect.stringContaining("can't be read: Redis is full") });
});

test("development values beside LinkUp's own address are a finding, and the other commands go on", async () => {
  const redis = await acquireRedis({ durable: true, fresh: true });
  onTestFinished(() => redis.stop());
  const env = {
    LINKUP_SECRETS_KEY: testSecretsKey(),
    LINKUP_FRESH_KEY: "1",
    LINKUP_API_KEY: "sandbox-key",
    REDIS_URL: redis.url,
  };
  const run = await runCli(["doctor", "--json"], { env: { ...env, LINKUP_BASE_URL: "https://linkup.invalid" } });
  expect(run.status).toBe(11);
  expect(findings(run).get("development")).toMatchObject({
    level: "fail",
    found: expect.stringMatching(/LINKUP_FRESH_KEY: .* leads to linkup\.invalid; .*LINKUP_API_KEY: /),
  });
  const sandbox = await runCli(["doctor", "--json"], { env: { ...env, LINKUP_BASE_URL: "http://127.0.0.1:1" } });
  expect(findings(sandbox).has("development")).toBe(false);
  expect((await runCli(["board"], { env })).status).toBe(0);
});

test("settings that are wrong are a finding, not an error", async () => {
  const run = await runCli(["doctor", "--json"], { env: { LINKUP_SECRETS_KEY: "short" } });
  expect(run.status).toBe(11);
  expect(findings(run).get("settings")).toMatchObject({
    level: "fail",
    found: expect.stringContaining("LINKUP_SECRETS_KEY: must be exactly 32 bytes"),
  });
});
