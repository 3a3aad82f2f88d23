/** Webhooks over HTTP, against a real Redis: what is put comes back without its secret, and nothing leads where it must not. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "./fixture.ts";

const SECRET = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ fresh: true, settings: { webhookAllowPrivate: false } });
});
afterAll(async () => api.close());

const hook = { url: "https://8.8.8.8/in?team=a", secret: SECRET };
const withoutTimes = (body: unknown) => ({ ...(body as object), createdAt: "", updatedAt: "" });

test("a webhook is shown with how it is doing, and never with its secret; putting it again keeps it", async () => {
  const put = await api.call("admin", "PUT /v1/webhooks/crm", { ...hook, statuses: ["failed", "unknown"], campaignId: "spring" });
  expect(put).toMatchObject({
    status: 200,
    body: {
      id: "crm",
      url: hook.url,
      statuses: ["failed", "unknown"],
      campaignId: "spring",
      events: ["outcome", "campaign", "account", "key", "brake", "person"],
      state: "ok",
      waiting: 0,
      delivered: 0,
      dead: 0,
      lastError: null,
    },
  });
  const again = await api.call("admin", "PUT /v1/webhooks/crm", { ...hook, statuses: ["failed", "unknown"], campaignId: "spring" });
  expect(withoutTimes(again.body)).toEqual(withoutTimes(put.body));
  const shown = await api.call("admin", "GET /v1/webhooks/crm");
  expect(shown.body).toEqual(again.body);
  const answers = JSON.stringify([put, again, shown, await api.call("admin", "GET /v1/webhooks")]);
  expect(answers + api.logged()).not.toContain(SECRET.slice("whsec_".length, -1));
  expect(api.logged()).not.toContain("team=a");
});

test("a test of a webhook is handed over, and waits for a worker", async () => {
  await api.call("admin", "PUT /v1/webhooks/tested", hook);
  expect(await api.call("admin", "POST /v1/webhooks/tested/test")).toMatchObject({
    status: 202,
    body: { messageId: expect.stringMatching(/^e-test-/) as string },
  });
  expect((await api.call("admin", "GET /v1/webhooks/tested")).body).toMatchObject({ waiting: 1 });
  expect((await api.call("admin", "POST /v1/webhooks/nobody/test")).status).toBe(404);
  expect((await api.call("producer", "POST /v1/webhooks/tested/test")).status).toBe(403);
  await api.call("admin", "DELETE /v1/webhooks/tested");
});

test("only an admin has to do with webhooks", async () => {
  for (const role of ["viewer", "producer"] as const) {
    for (const line of ["GET /v1/webhooks", "GET /v1/webhooks/crm", "GET /v1/webhooks/crm/dead", "DELETE /v1/webhooks/crm"]) {
      expect((await api.call(role, line)).status).toBe(403);
    }
    expect((await api.call(role, "PUT /v1/webhooks/crm", hook)).status).toBe(403);
    expect((await api.call(role, "POST /v1/webhooks/crm/redrive", {})).status).toBe(403);
  }
});

test.each([
  "http://127.0.0.1:9/",
  "http://localhost/",
  "http://[::1]/",
  "http://0/",
  "http://10.0.0.1/",
  "http://172.20.0.1/",
  "http://192.168.1.1/",
  "http://169.254.169.254/latest/meta-data/",
  "http://[fc00::1]/",
  "http://[::ffff:10.0.0.1]/",
  "http://2130706433/",
])("an address that is not public is refused: %s", async (url) => {
  const answer = await api.call("admin", "PUT /v1/webhooks/inner", { url, secret: SECRET });
  expect(answer).toMatchObject({ status: 400, body: { error: { code: "invalid_input", issues: [{ path: "url" }] } } });
  expect((await api.call("admin", "GET /v1/webhooks/inner")).status).toBe(404);
});

test("bad input is told with its path and without its value", async () => {
  const rows = [
    [{ url: "ftp://8.8.8.8/" }, "url"],
    [{ url: "https://me:open-sesame@8.8.8.8/" }, "url"],
    [{ url: "no address" }, "url"],
    [{ secret: "open-sesame" }, "secret"],
    [{ secret: `whsec_${Buffer.alloc(23).toString("base64")}` }, "secret"],
    [{ secret: `whsec_${Buffer.alloc(65).toString("base64")}` }, "secret"],
    [{ statuses: [] }, "statuses"],
    [{ statuses: ["open-sesame"] }, "statuses.0"],
    [{ password: "open-sesame" }, "password"],
  ] as const;
  for (const [change, path] of rows) {
    const answer = await api.call("admin", "PUT /v1/webhooks/bad", { ...hook, ...change });
    expect([answer.status, (answer.body as { error: { issues: { path: string }[] } }).error.issues.map((issue) => issue.path)]).toEqual([
      400,
      [path],
    ]);
    expect(JSON.stringify(answer.body)).not.toContain("open-sesame");
  }
  expect((await api.call("admin", "PUT /v1/webhooks/a:b", hook)).status).toBe(400);
});

test("webhooks are listed page by page, there are twenty at most, and a deleted one is gone", async () => {
  const statuses = [];
  for (let n = 10; n < 30; n++) statuses.push((await api.call("admin", `PUT /v1/webhooks/w-${n}`, hook)).status);
  expect(statuses).toEqual([...Array.from({ length: 19 }, () => 200), 409]);
  const first = (await api.call("admin", "GET /v1/webhooks?limit=15")).body as { items: { id: string }[]; nextCursor: string };
  const rest = (await api.call("admin", `GET /v1/webhooks?limit=15&cursor=${first.nextCursor}`)).body as typeof first;
  expect([...first.items, ...rest.items].map(({ id }) => id)).toEqual(["crm", ...Array.from({ length: 19 }, (_, n) => `w-${n + 10}`)]);
  expect(rest.nextCursor).toBeNull();
  expect((await api.call("admin", "DELETE /v1/webhooks/w-10")).status).toBe(204);
  expect((await api.call("admin", "DELETE /v1/webhooks/w-10")).status).toBe(404);
  expect((await api.call("admin", "GET /v1/webhooks/w-10")).status).toBe(404);
});

test("a webhook without dead letters has none to show or to send again; an unknown one is told", async () => {
  expect((await api.call("admin", "GET /v1/webhooks/crm/dead")).body).toEqual({ items: [], nextCursor: null });
  expect(await api.call("admin", "POST /v1/webhooks/crm/redrive", {})).toMatchObject({ status: 200, body: { redriven: 0, gone: 0 } });
  expect(await api.call("admin", "POST /v1/webhooks/crm/redrive", { messageIds: ["o-1"] })).toMatchObject({ body: { redriven: 0 } });
  expect((await api.call("admin", "GET /v1/webhooks/nobody/dead")).status).toBe(404);
  expect((await api.call("admin", "POST /v1/webhooks/nobody/redrive", {})).status).toBe(404);
});
