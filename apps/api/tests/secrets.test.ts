/** Who is let in: a right secret always, whatever else comes from its address; wrong ones are slowed by address and in all. */
import { afterEach, expect, test } from "vitest";
import { SECRETS, startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
afterEach(async () => api.close());

const ADMIN = `Bearer ${SECRETS.admin}`;
const WRONG = "Bearer an-outdated-secret-0123456789";

type Asked = { line?: string; authorization: string; forwarded?: string };

async function ask({ line = "GET /v1/key", authorization, forwarded }: Asked) {
  const [method = "", path = ""] = line.split(" ");
  const headers = { authorization, ...(forwarded === undefined ? {} : { "x-forwarded-for": forwarded }) };
  const response = await fetch(`${api.api.url}${path}`, { method, headers });
  await response.arrayBuffer();
  return { status: response.status, retryAfter: Number(response.headers.get("retry-after")) };
}

/** Wrong secrets until one is told to wait. */
async function floodUntilSlowed(forwarded: (count: number) => string | undefined, wrong: Asked = { authorization: WRONG }) {
  for (let count = 0; count < 5_000; count++) {
    const from = forwarded(count);
    const answer = await ask({ ...wrong, ...(from === undefined ? {} : { forwarded: from }) });
    if (answer.status === 429) return { count, ...answer };
    expect(answer.status).toBe(401);
  }
  throw new Error("No wrong secret was slowed");
}

test("an admin who calls for the first time reaches the stop switch beside a flood of wrong secrets from the same address", async () => {
  api = await startTestApi();
  const { count, retryAfter } = await floodUntilSlowed(() => undefined);
  expect(count).toBeLessThan(20);
  expect(retryAfter).toBeGreaterThan(0);
  for (let round = 0; round < 130; round++) {
    const [wrong, right] = await Promise.all([
      ask({ authorization: WRONG }),
      ask({ line: round % 2 === 0 ? "POST /v1/key/pause" : "POST /v1/key/resume", authorization: ADMIN }),
    ]);
    expect([401, 429]).toContain(wrong.status);
    expect(right.status).toBe(200);
  }
  expect((await ask({ line: "GET /board", authorization: basic("the-viewer", SECRETS.viewer) })).status).toBe(200);
  const wrongName = await floodUntilSlowed(() => undefined, { line: "GET /board", authorization: basic("the-admin", SECRETS.viewer) });
  expect(wrongName.count).toBeLessThan(20);
});

const basic = (name: string, secret: string) => `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`;

test("wrong secrets from ever new addresses are slowed in all, and right ones are not", async () => {
  api = await startTestApi({ settings: { trustedProxies: ["127.0.0.0/8"] } });
  const { count } = await floodUntilSlowed((at) => `10.1.${at >> 8}.${at & 255}`);
  expect(count).toBeGreaterThanOrEqual(300);
  expect((await ask({ authorization: ADMIN, forwarded: "10.2.0.1" })).status).toBe(200);
});

test("behind a trusted proxy the last address that is no proxy is the caller's, whatever the caller wrote before it", async () => {
  api = await startTestApi({ settings: { trustedProxies: ["127.0.0.1", "10.0.0.0/8"] } });
  const { count } = await floodUntilSlowed((at) => `203.0.113.${at}, 198.51.100.7, 10.0.0.3`);
  expect(count).toBeLessThan(20);
  expect((await ask({ authorization: WRONG, forwarded: "198.51.100.7:4711" })).status).toBe(429);
  expect((await ask({ authorization: WRONG, forwarded: "198.51.100.8" })).status).toBe(401);
  // A header that is no address counts as the proxy's own.
  expect((await ask({ authorization: WRONG, forwarded: "198.51.100.7, nobody" })).status).toBe(401);
});

test("without trusted proxies nobody can choose an address", async () => {
  api = await startTestApi();
  const { count } = await floodUntilSlowed((at) => `203.0.113.${at}`);
  expect(count).toBeLessThan(20);
});
