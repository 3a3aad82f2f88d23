/** Development values stand beside a sandbox on this machine or a private network, and beside nothing else; its address's text decides. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LinkupError } from "../outcome/error.ts";
import { leadsToOwnHost, providerHost } from "./provider-host.ts";
import { developmentValues, parseApiSettings, parseCliSettings, parseWorkerSettings } from "./settings.ts";
import { PUBLIC_SECRETS_KEY, PUBLIC_TOKEN_SECRET, SANDBOX_API_KEYS } from "./settings-development.ts";
import type { Environment } from "./settings-names.ts";

const KEY = Buffer.alloc(32, 7).toString("base64");
const GOOD: Environment = { LINKUP_API_KEY: "live-key", LINKUP_SECRETS_KEY: KEY, API_TOKENS: "crm:admin:0123456789abcdef" };

const OWN = [
  "http://127.0.0.1:4010",
  "http://127.8.9.10",
  "http://127.1",
  "http://2130706433",
  "http://0x7f000001",
  "http://0177.0.0.1",
  "http://127.0.0.1.",
  "https://10.0.0.1",
  "http://172.16.0.1",
  "http://172.31.255.255",
  "http://192.168.1.20:8080/linkup",
  "http://169.254.1.1",
  "http://[::1]:4010",
  "http://[0:0:0:0:0:0:0:1]",
  "http://[fd12:3456::1]",
  "http://[fc00::1]",
  "http://[fe80::1]",
  "http://[::ffff:127.0.0.1]",
  "http://[::ffff:c0a8:101]",
  "http://localhost:4010",
  "http://LOCALHOST",
  "http://localhost.",
  "http://sandbox:4010",
  "http://linkup.localhost",
];
const OTHERS = [
  "https://api.linkupapi.com",
  "https://API.LinkUpAPI.com.",
  "http://api.linkupapi.com:4010",
  "https://linkup.internal",
  "https://linkup.local",
  "http://sandbox.default.svc.cluster.local",
  "http://localhost.example.com",
  "http://127.0.0.1.nip.io",
  "http://10.example.com",
  "http://192.168.1.1.example",
  "http://0.0.0.0:4010",
  "http://[::]",
  "http://8.8.8.8",
  "http://134744072",
  "http://172.15.255.255",
  "http://172.32.0.1",
  "http://192.169.0.1",
  "http://100.64.0.1",
  "http://11.0.0.1",
  "http://[2001:db8::1]",
  "http://[::ffff:8.8.8.8]",
  "http://[::127.0.0.1]",
  "http://[64:ff9b::10.0.0.1]",
  "http://[fec0::1]",
];

describe("the host of an address", () => {
  test.each(OWN)("%s is this machine or a private network", (url) => expect(leadsToOwnHost(url)).toBe(true));
  test.each(OTHERS)("%s is not", (url) => expect(leadsToOwnHost(url)).toBe(false));

  test("is named with its port where that is not the scheme's own", () => {
    expect(["https://api.linkupapi.com", "http://sandbox:4010/x", "http://[::1]:1"].map(providerHost)).toEqual([
      ...["api.linkupapi.com", "sandbox:4010", "[::1]:1"],
    ]);
  });
});

/** Each value, in the spellings that a setting may have. */
const VALUES: [name: string, text: string][] = [
  ["LINKUP_FRESH_KEY", "1"],
  ["LINKUP_FRESH_KEY", " TRUE "],
  ["LINKUP_ALLOW_VOLATILE_REDIS", "true"],
  ["LINKUP_SECRETS_KEY", PUBLIC_SECRETS_KEY],
  ["LINKUP_SECRETS_KEY", PUBLIC_SECRETS_KEY.replace("=", "")],
  ["LINKUP_SECRETS_KEY", Buffer.from(PUBLIC_SECRETS_KEY, "base64").toString("base64url")],
  ...Object.values(SANDBOX_API_KEYS).map((key): [string, string] => ["LINKUP_API_KEY", key]),
  ["API_TOKENS", `development:admin:${PUBLIC_TOKEN_SECRET}`],
  ["API_TOKENS", `crm:producer:0123456789abcdef, me:viewer:${PUBLIC_TOKEN_SECRET}`],
];

function refusal(parse: (environment: Environment) => unknown, environment: Environment): string[] {
  try {
    parse(environment);
    return [];
  } catch (thrown) {
    return LinkupError.from(thrown).message.split("\n").slice(1);
  }
}

describe.each([
  ["a worker", parseWorkerSettings],
  ["the api", parseApiSettings],
])("%s", (_process, parse) => {
  test.each(VALUES)("refuses %s=%s beside LinkUp's address, with what to do and without the value", (name, text) => {
    for (const url of [undefined, ...OTHERS]) {
      const problems = refusal(parse, { ...GOOD, [name]: text, LINKUP_BASE_URL: url });
      const host = providerHost(url ?? "https://api.linkupapi.com");
      expect(problems, url).toEqual([
        expect.stringMatching(new RegExp(`^${name}: .+, and LINKUP_BASE_URL leads to .+; .+, or set LINKUP_BASE_URL to a sandbox`)),
      ]);
      expect(problems[0], url).toContain(`leads to ${host};`);
      if (text.length > 8) expect(problems[0], url).not.toContain(text);
    }
  });

  test.each(VALUES)("takes %s=%s beside a sandbox of one's own", (name, text) => {
    for (const url of OWN) expect(refusal(parse, { ...GOOD, [name]: text, LINKUP_BASE_URL: url }), url).toEqual([]);
  });

  test("tells all of them at once, beside what else is wrong", () => {
    const environment = { ...GOOD, ...Object.fromEntries(VALUES), LINKUP_RATE_LIMIT: "0" };
    expect(refusal(parse, environment).map((line) => line.split(":")[0])).toEqual([
      ...["LINKUP_RATE_LIMIT", "LINKUP_FRESH_KEY", "LINKUP_ALLOW_VOLATILE_REDIS", "LINKUP_SECRETS_KEY", "LINKUP_API_KEY", "API_TOKENS"],
    ]);
  });

  test("takes no secret of anybody's for a public one", () => {
    const secret = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("base64"));
    fc.assert(
      fc.property(secret, (key) => {
        const environment = { LINKUP_API_KEY: key, LINKUP_SECRETS_KEY: key, API_TOKENS: `${PUBLIC_TOKEN_SECRET}:admin:${key}` };
        expect(refusal(parse, { ...environment, LINKUP_FRESH_KEY: "0", LINKUP_ALLOW_VOLATILE_REDIS: "" })).toEqual([]);
      }),
    );
  });

  test("an address that is none is told as that alone", () => {
    const problems = refusal(parse, { ...GOOD, LINKUP_FRESH_KEY: "1", LINKUP_BASE_URL: "https://me:pw@127.0.0.1@api.linkupapi.com" });
    expect(problems.map((line) => line.split(":")[0])).toContain("LINKUP_BASE_URL");
    expect(problems.join()).not.toContain("pw@");
  });
});

test("the command line reads them all the same, so that the stop switch works, and can tell them", () => {
  const environment = { ...GOOD, LINKUP_FRESH_KEY: "1" };
  expect(parseCliSettings(environment).freshKey).toBe(true);
  expect(developmentValues(environment)).toHaveLength(1);
  expect(developmentValues({ ...environment, LINKUP_BASE_URL: "http://sandbox:4010" })).toEqual([]);
});
