/** The report to an operator whose settings are wrong: every problem at once, each by its name, what to do, and never a value. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LinkupError } from "../outcome/error.ts";
import { parseApiSettings, parseWorkerSettings } from "./settings.ts";
import type { Environment } from "./settings-names.ts";
import { SETTINGS } from "./settings-table.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");
const GOOD: Environment = { LINKUP_API_KEY: "live-key", LINKUP_SECRETS_KEY: KEY, API_TOKENS: "crm:producer:0123456789abcdef" };

type Parse = (environment: Environment) => unknown;

function parserOf(name: string): Parse {
  return SETTINGS.find((setting) => setting.name === name)?.neededBy === "api" ? parseApiSettings : parseWorkerSettings;
}

/** The refusal's message, or null when the settings were accepted. */
function refusalOf(parse: Parse, environment: Environment): string | null {
  try {
    parse(environment);
    return null;
  } catch (thrown) {
    if (thrown instanceof LinkupError && thrown.code === "configuration_invalid" && thrown.cause === undefined) return thrown.message;
    throw thrown;
  }
}

/** The problem lines of a refusal, without the sentence above them. */
function problemsOf(parse: Parse, environment: Environment): string[] {
  return refusalOf(parse, environment)?.split("\n").slice(1) ?? [];
}

const BAD: [name: string, text: string][] = [
  ["REDIS_URL", "http://127.0.0.1"],
  ["REDIS_URL", "redis://"],
  ["REDIS_URL", "127.0.0.1:6379"],
  ["REDIS_URL", "redis://127.0.0.1/first"],
  ["REDIS_URL", "redis://127.0.0.1?password=x"],
  ["REDIS_URL", "redis://:100%@127.0.0.1"],
  ["REDIS_URL", "redis://user#1@127.0.0.1"],
  ["REDIS_CLUSTER_NODES", "redis-1"],
  ["REDIS_CLUSTER_NODES", "redis-1:6379,,redis-2:6379"],
  ["REDIS_CLUSTER_NODES", "redis://redis-1:6379"],
  ["REDIS_CLUSTER_NODES", "redis-1:65536"],
  ["REDIS_SENTINELS", "::1:26379"],
  ["REDIS_SENTINEL_NAME", "my master"],
  ["LINKUP_REDIS_REPLICAS", "-1"],
  ["LINKUP_API_KEY", "two words"],
  ["LINKUP_API_KEY", "clé"],
  ["LINKUP_BASE_URL", "api.linkupapi.com"],
  ["LINKUP_BASE_URL", "ftp://api.linkupapi.com"],
  ["LINKUP_BASE_URL", "https://me:pw@api.linkupapi.com"],
  ["LINKUP_BASE_URL", "https://api.linkupapi.com?key=1"],
  ["LINKUP_BASE_URL", "https://api.linkupapi.com#"],
  ["LINKUP_KEY_ID", "EU"],
  ["LINKUP_KEY_ID", "a".repeat(41)],
  ["LINKUP_RATE_LIMIT", "0"],
  ["LINKUP_RATE_LIMIT", "100001"],
  ["LINKUP_RATE_LIMIT", "3e2"],
  ["LINKUP_RATE_LIMIT", "0x12c"],
  ["LINKUP_RATE_WINDOW_MS", "99"],
  ["LINKUP_RATE_WINDOW_MS", "3600001"],
  ["LINKUP_TIMEOUT_MS", "0"],
  ["LINKUP_TIMEOUT_MS", "60s"],
  ["LINKUP_TRANSIT_MS", "0"],
  ["LINKUP_MAX_ATTEMPTS", "0"],
  ["LINKUP_BACKOFF_MS", "0"],
  ["LINKUP_BACKOFF_MS", "60001"],
  ["LINKUP_LOOK_GAP_MS", "99"],
  ["LINKUP_LOOK_GAP_MS", "3600001"],
  ["LINKUP_RETRY_WRITES_ON_500", "no"],
  ["LINKUP_ACCOUNT_CONCURRENCY", "1.5"],
  ["LINKUP_ACCOUNT_POLICY", "strict"],
  ["LINKUP_CONTACT_GAP_DAYS", "366"],
  ["LINKUP_SECRETS_KEY", Buffer.alloc(31).toString("base64")],
  ["LINKUP_SECRETS_KEY", Buffer.alloc(33).toString("base64")],
  ["LINKUP_SECRETS_KEY", Buffer.alloc(32).toString("hex")],
  ["LINKUP_MAX_CREDITS_PER_DAY", "0"],
  ["LINKUP_LEDGER_DAYS", "366"],
  ["LINKUP_OUTCOME_DAYS", "366"],
  ["LINKUP_WEBHOOK_ALLOW_PRIVATE", "maybe"],
  ["ARCHIVE_URL", "mysql://me:pw@db/linkup"],
  ["ARCHIVE_URL", "postgres://db"],
  ["ARCHIVE_URL", "sqlite:"],
  ["LINKUP_RESULTS_MAX", "many"],
  ["LINKUP_FRESH_KEY", "2"],
  ["LINKUP_STRICT", "2"],
  ["LINKUP_ALLOW_VOLATILE_REDIS", "yes"],
  ["LINKUP_TRUST_REDIS_DURABILITY", "on"],
  ["LINKUP_SECRETS_KEY_OLD", "short"],
  ["LINKUP_STATE_DIR", "/state/".repeat(200)],
  ["WORKER_CONCURRENCY", "0"],
  ["WORKER_HEALTH_HOST", "http://127.0.0.1"],
  ["WORKER_HEALTH_PORT", "65536"],
  ["SHUTDOWN_GRACE_MS", "0"],
  ["API_HOST", "a b"],
  ["API_PORT", "http"],
  ["API_TOKENS", "0123456789abcdef"],
  ["API_TRUSTED_PROXIES", "10.0.0.0/0"],
  ["API_TRUSTED_PROXIES", "0.0.0.0/0,::/0"],
  ["API_TRUSTED_PROXIES", "10.0.0.1,"],
  ["API_TRUSTED_PROXIES", "10.0.0.0/33"],
  ["API_TRUSTED_PROXIES", "proxy.example"],
  ["API_TRUSTED_PROXIES", "fe80::1%eth0"],
  ["LOG_LEVEL", "verbose"],
];

describe("wrong values", () => {
  test.each(BAD)("%s is refused by its name, with what to do: %j", (name, text) => {
    const companion = name === "REDIS_SENTINELS" ? { REDIS_SENTINEL_NAME: "main" } : { REDIS_SENTINELS: "s:1" };
    const environment = { ...GOOD, ...(name.startsWith("REDIS_SENTINEL") ? companion : {}), [name]: text };
    const problems = problemsOf(parserOf(name), environment);
    expect(problems).not.toEqual([]);
    for (const problem of problems) expect(problem).toMatch(new RegExp(`^${name}: .+; .+`));
  });

  test("every setting has a value that it refuses", () => {
    expect(new Set(BAD.map(([name]) => name))).toEqual(new Set(SETTINGS.map(({ name }) => name)));
  });

  test("a required setting is told with what to do", () => {
    expect(problemsOf(parseWorkerSettings, {})).toEqual([
      expect.stringMatching(/^LINKUP_SECRETS_KEY: is required; make one with: node -e .*randomBytes\(32\)/),
      expect.stringMatching(/^LINKUP_API_KEY: is required; /),
    ]);
    expect(problemsOf(parseApiSettings, {})).toEqual([
      expect.stringMatching(/^LINKUP_SECRETS_KEY: is required; /),
      expect.stringMatching(/^API_TOKENS: is required; write name:role:secret/),
    ]);
  });

  test("any number of problems is told at once, one line each", () => {
    const wrong = new Map(BAD.filter(([name]) => parserOf(name) === parseWorkerSettings && !name.startsWith("REDIS_")));
    fc.assert(
      fc.property(fc.subarray([...wrong.keys()], { minLength: 1 }), (names) => {
        const environment = { ...GOOD, ...Object.fromEntries(names.map((name) => [name, wrong.get(name)])), LINKUP_COLOUR: "red" };
        const message = refusalOf(parseWorkerSettings, environment) ?? "";
        const told = message
          .split("\n")
          .slice(1)
          .map((line) => line.split(":")[0]);
        expect(told.toSorted()).toEqual([...names, "LINKUP_COLOUR"].toSorted());
        expect(message).toMatch(new RegExp(`^The settings have ${names.length + 1} problems`));
      }),
    );
  });

  test("the settings of the other process are not judged", () => {
    expect(refusalOf(parseWorkerSettings, { ...GOOD, API_TOKENS: "x", API_PORT: "x" })).toBeNull();
    expect(refusalOf(parseApiSettings, { ...GOOD, WORKER_HEALTH_PORT: "x", LINKUP_API_KEY: "" })).toBeNull();
  });

  test("no message holds a secret, wherever it was put", () => {
    const secret = fc
      .string({ minLength: 12, maxLength: 40, unit: fc.constantFrom(..."abcdefXYZ0123456789:/@#%?,+= ") })
      .map((text) => `zq${text.trim()}`);
    const place = fc.constantFrom(
      (text: string) => text,
      (text: string) => `redis://:${text}@127.0.0.1:port`,
      (text: string) => `https://me:${text}@api.example`,
      (text: string) => `crm:admin:${text},${text}:admin:short`,
      (text: string) => `crm:${text}:0123456789abcdef`,
      (text: string) => `${text}:viewer:0123456789abcdef,${text}:viewer:0123456789abcdef`,
    );
    const name = fc.constantFrom(...SETTINGS.map((setting) => setting.name));
    fc.assert(
      fc.property(fc.tuple(name, name), secret, place, (names, text, put) => {
        const environment = { ...GOOD, ...Object.fromEntries(names.map((each) => [each, put(text)])) };
        for (const parse of [parseWorkerSettings, parseApiSettings]) expect(refusalOf(parse, environment) ?? "").not.toContain(text);
      }),
      { numRuns: 500 },
    );
  });
});

describe("unknown names", () => {
  test.each([
    ["LINKUP_RATELIMIT", "LINKUP_RATE_LIMIT"],
    ["LINKUP_APIKEY", "LINKUP_API_KEY"],
    ["LINKUP_TIMEOUT", "LINKUP_TIMEOUT_MS"],
    ["LINKUP_Timeout_MS", "LINKUP_TIMEOUT_MS"],
    ["LINKUP_MAX_CREDITS", "LINKUP_MAX_CREDITS_PER_DAY"],
    ["LINKUP_RETRY_WRITES_ON_5OO", "LINKUP_RETRY_WRITES_ON_500"],
    ["LINKUP_REDIS_URL", "REDIS_URL"],
    ["LINKUP_WORKER_CONCURRENCY", "WORKER_CONCURRENCY"],
  ])("%s is refused and %s suggested", (name, nearest) => {
    const problems = [expect.stringMatching(new RegExp(`^${name}: is not a setting; did you mean ${nearest}\\?`))];
    expect(problemsOf(parseWorkerSettings, { ...GOOD, [name]: "" })).toEqual(problems);
    expect(problemsOf(parseApiSettings, { ...GOOD, [name]: "1" })).toEqual(problems);
  });

  test("a name that is no name is not repeated", () => {
    expect(problemsOf(parseWorkerSettings, { ...GOOD, "LINKUP_KEY is pk-123": "x" }).join()).not.toContain("pk-123");
  });

  test("names without our prefix are not ours to judge", () => {
    expect(refusalOf(parseWorkerSettings, { ...GOOD, WORKER_COLOUR: "red", PATH: "/bin", linkup_api_key: "x" })).toBeNull();
  });

  test("a variable that Kubernetes makes for services is ignored", () => {
    const made = ["LINKUP", "LINKUP_API", "LINKUP_QUEUE_WORKER_2"].flatMap((service) => [
      [`${service}_SERVICE_HOST`, "10.0.0.7"],
      [`${service}_SERVICE_PORT`, "3000"],
      [`${service}_SERVICE_PORT_HTTP_METRICS`, "3000"],
      [`${service}_PORT`, "tcp://10.0.0.7:3000"],
      [`${service}_PORT_3000_TCP`, "tcp://10.0.0.7:3000"],
      [`${service}_PORT_3000_TCP_ADDR`, "10.0.0.7"],
      [`${service}_PORT_3000_TCP_PORT`, "3000"],
      [`${service}_PORT_3000_TCP_PROTO`, "tcp"],
    ]);
    expect(refusalOf(parseWorkerSettings, { ...GOOD, ...Object.fromEntries(made) })).toBeNull();
  });

  test("a name that only looks like one of Kubernetes' is refused", () => {
    for (const name of ["LINKUP_PORT_NAME", "LINKUP_SERVICE", "LINKUP_PORT_3000_TCP_HOST"]) {
      expect(problemsOf(parseWorkerSettings, { ...GOOD, [name]: "1" })).toHaveLength(1);
    }
  });

  test("a service whose name makes one of our ports leaves the default in place", () => {
    const made = { API_PORT: "tcp://10.0.0.7:80", WORKER_HEALTH_PORT: "tcp://10.0.0.8:80" };
    expect(parseApiSettings({ ...GOOD, ...made }).port).toBe(3_000);
    expect(parseWorkerSettings({ ...GOOD, ...made })).toMatchObject({ healthPort: 3_001, healthPortChosen: false });
  });
});
