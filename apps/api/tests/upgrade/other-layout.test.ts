/** The api on a Redis that another version has taken over: it does not start there, and where it runs already it accepts nothing more. */
import { LAYOUT } from "@linkup-queue/queue/inside";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "../fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ fresh: true });
});
afterAll(async () => api.close());

const setLayout = (layout: string) => api.engine.scripts.client.hset(api.engine.scripts.key("key"), "layout", layout);
const job = { operation: "profile.me", accountId: "ada", input: {}, idempotencyKey: "one" };

test("a running api answers 503 and says why, is not ready, and goes on when Redis is as before", async () => {
  await setLayout("9");
  const refusal = {
    status: 503,
    body: { error: { code: "layout_conflict", message: expect.stringMatching(/layout 9, written by a later/) } },
  };
  for (const [role, line, body] of [
    ["producer", "POST /v1/jobs", job],
    ["admin", "PUT /v1/accounts/ada", { login_token: "a-token-of-ada" }],
    ["admin", "POST /v1/key/pause", undefined],
    ["viewer", "GET /v1/key", undefined],
  ] as const) {
    expect(await api.call(role, line, body), line).toMatchObject(refusal);
  }
  expect(await api.call(null, "GET /readyz")).toMatchObject({ status: 503, body: { ready: false, redis: "refuses" } });
  expect(await api.call(null, "GET /healthz")).toMatchObject({ status: 200 });
  await setLayout(String(LAYOUT.version));
  expect(await api.call("producer", "POST /v1/jobs", job)).toMatchObject({ status: 202, body: { duplicate: false } });
  expect(await api.call(null, "GET /readyz")).toMatchObject({ status: 200 });
});

test("an api does not start on it", async () => {
  await setLayout("9");
  const { redis, settings } = api;
  await expect(startTestApi({ redis, settings: { keyId: settings.keyId, secretsKey: settings.secretsKey } })).rejects.toMatchObject({
    code: "layout_conflict",
    message: expect.stringContaining(`LINKUP_KEY_ID=${settings.keyId}`),
  });
  await setLayout(String(LAYOUT.version));
});
