/** Promises to an operator when a process starts: every default, every value in its place, and a page that tells each. */
import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { developmentValues, parseApiSettings, parseCliSettings, parseWorkerSettings } from "./settings.ts";
import { PUBLIC_SECRETS_KEY, PUBLIC_TOKEN_SECRET, SANDBOX_API_KEYS } from "./settings-development.ts";
import type { Environment } from "./settings-names.ts";
import { settingsPage } from "./settings-page.ts";
import { SETTINGS } from "./settings-table.ts";

const DEVELOPMENT = { ...parseEnv(readFileSync(new URL("../../../../infra/development.env", import.meta.url), "utf8")) };
const KEY = Buffer.alloc(32, 7).toString("base64");
const WORKER: Environment = { LINKUP_API_KEY: "live-key", LINKUP_SECRETS_KEY: KEY };
const API: Environment = { LINKUP_SECRETS_KEY: KEY, API_TOKENS: "crm:producer:0123456789abcdef" };

const ENGINE_DEFAULTS = {
  keyId: "default",
  baseUrl: "https://api.linkupapi.com",
  redis: { kind: "single", url: "redis://127.0.0.1:6379" },
  redisReplicas: 0,
  rateLimit: 300,
  rateWindowMs: 60_000,
  timeoutMs: 60_000,
  transitMs: null,
  maxAttempts: 5,
  backoffMs: 1_000,
  lookGapMs: 300_000,
  retryWritesOn500: true,
  accountConcurrency: 1,
  accountPolicy: "none",
  contactGapDays: 0,
  secretsKey: new Uint8Array(32).fill(7),
  secretsKeyOld: null,
  maxCreditsPerDay: null,
  ledgerDays: 30,
  outcomeDays: 7,
  archive: null,
  resultsMax: 100_000,
  freshKey: false,
  allowVolatileRedis: false,
  trustRedisDurability: false,
  strict: false,
  webhookAllowPrivate: false,
  logLevel: "info",
};

describe("settings that are left out", () => {
  test("a worker gets every default", () => {
    expect(parseWorkerSettings(WORKER)).toEqual({
      ...ENGINE_DEFAULTS,
      apiKey: "live-key",
      stateDir: null,
      workerConcurrency: null,
      healthHost: "127.0.0.1",
      healthPort: 3001,
      healthPortChosen: false,
      shutdownGraceMs: 65_000,
    });
  });

  test("the api gets every default, and needs no API key", () => {
    expect(parseApiSettings(API)).toEqual({
      ...ENGINE_DEFAULTS,
      host: "127.0.0.1",
      port: 3000,
      tokens: [{ name: "crm", role: "producer", secret: "0123456789abcdef" }],
      trustedProxies: [],
    });
  });

  test("the command line gets every default, and needs neither an API key nor tokens", () => {
    expect(parseCliSettings({ LINKUP_SECRETS_KEY: KEY })).toEqual({
      ...ENGINE_DEFAULTS,
      apiHost: "127.0.0.1",
      apiPort: 3000,
    });
  });

  test("an empty value counts as left out, and white space around one is dropped", () => {
    expect(parseWorkerSettings({ ...WORKER, LINKUP_RATE_LIMIT: "", LINKUP_MAX_CREDITS_PER_DAY: " " })).toEqual(parseWorkerSettings(WORKER));
    expect(parseWorkerSettings({ ...WORKER, LINKUP_API_KEY: "live-key\n" }).apiKey).toBe("live-key");
    expect(() => parseWorkerSettings({ ...WORKER, LINKUP_API_KEY: "  " })).toThrow(/^LINKUP_API_KEY: is required/m);
  });

  test("the time to shut down follows the call's deadline until it is set", () => {
    expect(parseWorkerSettings({ ...WORKER, LINKUP_TIMEOUT_MS: "3000" }).shutdownGraceMs).toBe(8_000);
    expect(parseWorkerSettings({ ...WORKER, LINKUP_TIMEOUT_MS: "3000", SHUTDOWN_GRACE_MS: "100" }).shutdownGraceMs).toBe(100);
  });
});

describe("settings that are given", () => {
  test("every setting of a worker reaches its place", () => {
    const settings = parseWorkerSettings({
      ...WORKER,
      REDIS_URL: "rediss://me:pw@redis.example:6380/2",
      LINKUP_REDIS_REPLICAS: "1",
      LINKUP_BASE_URL: "http://127.0.0.1:4010/",
      LINKUP_KEY_ID: "eu-1",
      LINKUP_RATE_LIMIT: "60",
      LINKUP_RATE_WINDOW_MS: "6000",
      LINKUP_TIMEOUT_MS: "3000",
      LINKUP_TRANSIT_MS: "250",
      LINKUP_MAX_ATTEMPTS: "12",
      LINKUP_BACKOFF_MS: "50",
      LINKUP_LOOK_GAP_MS: "400000",
      LINKUP_RETRY_WRITES_ON_500: "false",
      LINKUP_ACCOUNT_CONCURRENCY: "2",
      LINKUP_ACCOUNT_POLICY: "careful",
      LINKUP_CONTACT_GAP_DAYS: "90",
      LINKUP_MAX_CREDITS_PER_DAY: "1000",
      LINKUP_LEDGER_DAYS: "3",
      LINKUP_OUTCOME_DAYS: "2",
      ARCHIVE_URL: "postgres://me:pw@db.example:5433/linkup?sslmode=require",
      LINKUP_RESULTS_MAX: "10",
      LINKUP_FRESH_KEY: "1",
      LINKUP_ALLOW_VOLATILE_REDIS: "true",
      LINKUP_TRUST_REDIS_DURABILITY: "TRUE",
      LINKUP_STATE_DIR: "/var/lib/linkup",
      WORKER_CONCURRENCY: "20",
      WORKER_HEALTH_HOST: "::",
      WORKER_HEALTH_PORT: "0",
      LOG_LEVEL: "debug",
    });
    expect(settings).toMatchObject({
      redis: { kind: "single", url: "rediss://me:pw@redis.example:6380/2" },
      redisReplicas: 1,
      baseUrl: "http://127.0.0.1:4010",
      keyId: "eu-1",
      rateLimit: 60,
      rateWindowMs: 6_000,
      timeoutMs: 3_000,
      transitMs: 250,
      maxAttempts: 12,
      backoffMs: 50,
      lookGapMs: 400_000,
      retryWritesOn500: false,
      accountConcurrency: 2,
      accountPolicy: "careful",
      contactGapDays: 90,
      maxCreditsPerDay: 1_000,
      ledgerDays: 3,
      outcomeDays: 2,
      archive: { kind: "postgres", url: "postgres://me:pw@db.example:5433/linkup?sslmode=require" },
      resultsMax: 10,
      freshKey: true,
      allowVolatileRedis: true,
      trustRedisDurability: true,
      stateDir: "/var/lib/linkup",
      workerConcurrency: 20,
      healthHost: "::",
      healthPort: 0,
      healthPortChosen: true,
      logLevel: "debug",
    });
  });

  test("the api's host and port reach their place", () => {
    expect(parseApiSettings({ ...API, API_HOST: "0.0.0.0", API_PORT: "8080" })).toMatchObject({ host: "0.0.0.0", port: 8_080 });
  });

  test("the api's trusted proxies are addresses and ranges", () => {
    expect(parseApiSettings({ ...API, API_TRUSTED_PROXIES: "10.0.0.0/8, 192.0.2.7,fd00::/8,::1" })).toMatchObject({
      trustedProxies: ["10.0.0.0/8", "192.0.2.7", "fd00::/8", "::1"],
    });
  });

  test.each([
    ["sqlite:archive.db", "archive.db"],
    ["sqlite:/var/lib/linkup/archive.db", "/var/lib/linkup/archive.db"],
    ["sqlite:///var/lib/linkup/archive.db", "/var/lib/linkup/archive.db"],
  ])("an archive in a file is named by its path: %s", (text, path) => {
    expect(parseWorkerSettings({ ...WORKER, ARCHIVE_URL: text }).archive).toEqual({ kind: "sqlite", path });
  });

  test.each(["standard", "URL-safe", "unpadded"])("a %s base64 secrets key is read byte for byte", (form) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const text = Buffer.from(bytes).toString(form === "standard" ? "base64" : "base64url");
        const key = parseWorkerSettings({ ...WORKER, LINKUP_SECRETS_KEY: form === "URL-safe" ? `${text}=` : text }).secretsKey;
        expect(key).toEqual(bytes);
      }),
    );
  });

  test("the settings that ship for development are accepted", () => {
    expect(parseWorkerSettings(DEVELOPMENT).freshKey).toBe(true);
    expect(parseApiSettings(DEVELOPMENT).tokens).toHaveLength(1);
  });

  test("a value that everybody can read in them is known as such, to the last value", () => {
    const { REDIS_URL: _redis, LINKUP_BASE_URL: _sandbox, LINKUP_STATE_DIR: _folder, ...values } = DEVELOPMENT;
    expect(values).toEqual({
      LINKUP_API_KEY: SANDBOX_API_KEYS.compose,
      LINKUP_SECRETS_KEY: PUBLIC_SECRETS_KEY,
      LINKUP_FRESH_KEY: "1",
      API_TOKENS: `development:admin:${PUBLIC_TOKEN_SECRET}`,
    });
    expect(developmentValues({ ...DEVELOPMENT, LINKUP_BASE_URL: undefined })).toHaveLength(Object.keys(values).length);
  });
});

describe("the page of settings", () => {
  test("every setting is told with its meaning, its form and its default", () => {
    expect(new Set(SETTINGS.map(({ name }) => name)).size).toBe(SETTINGS.length);
    for (const { name, meaning, must, required, whenAbsent } of SETTINGS) {
      expect(settingsPage()).toContain(`| \`${name}\` | ${required ? "**required**" : whenAbsent} | ${meaning} | ${must} |`);
      expect([meaning, must]).not.toContain("");
    }
  });
});
