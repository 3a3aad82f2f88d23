/** Settings as people are shown them: every one of an api, as it was set, and never a secret. */
import { expect, test } from "vitest";
import { parseApiSettings } from "./settings.ts";
import { settingsInForce } from "./settings-in-force.ts";
import { SETTINGS } from "./settings-table.ts";

const MARKER = "marker-that-nobody-may-read";
const KEYS = [MARKER, `old-${MARKER}`].map((text) => Buffer.from(text.padEnd(32, "-").slice(0, 32)).toString("base64"));
const [KEY = "", OLD = ""] = KEYS;
const WITH_SECRETS = {
  REDIS_URL: `redis://user:${MARKER}@redis.internal:6379`,
  LINKUP_SECRETS_KEY: KEY,
  LINKUP_SECRETS_KEY_OLD: OLD,
  ARCHIVE_URL: `postgres://user:${MARKER}@db.internal:5432/archive`,
  API_TOKENS: `crm:admin:${MARKER}`,
};

const valuesOf = (environment: Record<string, string>) =>
  Object.fromEntries(settingsInForce(parseApiSettings(environment)).map(({ name, value }) => [name, value]));

test("every setting of an api is shown once, in the order of its page, and none of a worker alone", () => {
  const names = SETTINGS.filter(({ neededBy }) => neededBy !== "worker").map(({ name }) => name);
  expect(settingsInForce(parseApiSettings(WITH_SECRETS)).map(({ name }) => name)).toEqual(names);
});

test("a setting that may hold a secret is told to be set, and no part of any is shown", () => {
  const shown = settingsInForce(parseApiSettings(WITH_SECRETS));
  for (const part of [MARKER, ...KEYS, "user:", "internal"]) expect(JSON.stringify(shown)).not.toContain(part);
  const secret = shown.filter((one) => one.secret);
  expect(secret.map(({ name }) => name).sort()).toEqual(Object.keys(WITH_SECRETS).sort());
  for (const { name, value } of secret) expect(value, name).toBe("set");
});

test("a value that was set is shown as it was written, one that was left out as its default or as not set", () => {
  const given = {
    LINKUP_RATE_LIMIT: "120",
    LINKUP_RETRY_WRITES_ON_500: "false",
    LINKUP_ACCOUNT_POLICY: "careful",
    LINKUP_MAX_CREDITS_PER_DAY: "5000",
    LINKUP_STRICT: "1",
    API_TRUSTED_PROXIES: "10.0.0.0/8,192.168.1.1",
  };
  const required = { LINKUP_SECRETS_KEY: KEY, API_TOKENS: WITH_SECRETS.API_TOKENS };
  expect(valuesOf({ ...required, ...given })).toMatchObject(given);
  const left = valuesOf(required);
  for (const { name, whenAbsent, required: isRequired, neededBy, secret } of SETTINGS) {
    if (isRequired || secret || neededBy === "worker") continue;
    expect(left[name] ?? "none", name).toBe(whenAbsent);
  }
  expect(left["LINKUP_SECRETS_KEY_OLD"]).toBeNull();
});

test("nodes and sentinels are shown as they are written", () => {
  const required = { LINKUP_SECRETS_KEY: KEY, API_TOKENS: WITH_SECRETS.API_TOKENS };
  const cluster = { REDIS_CLUSTER_NODES: "a.internal:7000,[::1]:7001" };
  expect(valuesOf({ ...required, ...cluster })).toMatchObject({ ...cluster, REDIS_SENTINELS: null, REDIS_SENTINEL_NAME: null });
  const sentinels = { REDIS_SENTINELS: "s1:26379", REDIS_SENTINEL_NAME: "main" };
  expect(valuesOf({ ...required, ...sentinels })).toMatchObject({ ...sentinels, REDIS_CLUSTER_NODES: null });
});
