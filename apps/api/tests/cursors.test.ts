/** Cursors that nobody got from us: every list refuses them in form or goes on from a place that may be, and none is a failure of ours. */
import { CallQueues } from "@linkup-queue/queue/inside";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ErrorBody } from "../src/http/api-error.ts";
import { ROUTES } from "../src/index.ts";
import { startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ fresh: true });
  await api.call("admin", "PUT /v1/webhooks/x", { url: "http://127.0.0.1:9/", secret: `whsec_${Buffer.alloc(32, 1).toString("base64")}` });
  const input = { linkedin_url: "{{linkedin_url}}", message_text: "Hello" };
  await api.call("producer", "POST /v1/campaigns", { campaignId: "x", name: "X", operation: "message.send", accountIds: ["ada"], input });
  const recipients = [1, 2, 3].map((n) => ({ id: `r${n}`, fields: { linkedin_url: `https://www.linkedin.com/in/p-${n}` } }));
  await api.engine.campaigns.accept("x", { accountIds: ["ada"], recipients });
  const queues = new CallQueues(api.engine.scripts.client, api.settings.keyId);
  const messages = queues.of("messages");
  // Times that no clock shows: BullMQ takes whatever its producer says.
  for (const timestamp of [1_700_000_000_000, 9e15, -1]) {
    await messages.add("message.send", { accountId: "ada", input: {} }, { timestamp });
    await messages.add("message.send", { accountId: "ada", input: {} }, { timestamp, delay: 60_000, priority: 10 });
  }
  await queues.close();
});
afterAll(async () => api.close());

/** The lists, with the name of their cursor. */
const LISTS = ROUTES.flatMap(({ method, path, schemas }) =>
  ["cursor", "after"]
    .filter((name) => method === "get" && schemas.query?.safeParse({ [name]: "x" }).success === true)
    .map((name) => ({ path, name })),
);

const score = fc.oneof(
  fc.double().map(String),
  fc.constantFrom("e", "-", ".", "1e", "1e999", "+inf", "inf", "-inf", "nan", "0x10", "1_000", "--1"),
);
const place = fc.oneof(
  fc.jsonValue(),
  fc.record({ step: fc.integer({ min: 0, max: 40 }), skip: fc.oneof(fc.nat(5), fc.constant(Number.MAX_SAFE_INTEGER)), score }),
  fc.record({ step: fc.constant(0), skip: fc.constant(0), after: fc.string() }),
  fc.tuple(fc.constantFrom("ada", "bob", ""), fc.integer(), fc.constantFrom(0, 1, 2, Number.MAX_SAFE_INTEGER)),
  fc.tuple(fc.oneof(fc.string(), fc.constant("2026-01-01T00:00:00.000Z")), fc.string()),
);
const cursor = fc.oneof(
  fc.string({ maxLength: 60 }),
  place.map((value) => Buffer.from(JSON.stringify(value)).toString("base64url")),
);

test("any cursor of any list is refused or answered", async () => {
  expect(LISTS.map(({ path }) => path).sort()).toEqual([
    "/v1/accounts",
    "/v1/audit",
    "/v1/campaigns",
    "/v1/campaigns/{id}/recipients",
    "/v1/jobs",
    "/v1/outcomes",
    "/v1/schedules",
    "/v1/suppressions",
    "/v1/webhooks",
    "/v1/webhooks/{id}/dead",
  ]);
  const filter = fc.constantFrom("", "&accountId=ada&state=parked", "&state=delayed", "&state=completed");
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...LISTS), cursor, filter, async ({ path, name }, text, more) => {
      const query = `${name}=${encodeURIComponent(text)}${path === "/v1/jobs" ? more : ""}`;
      const { status, body } = await api.call("admin", `GET ${path.replace("{id}", "x")}?${query}`);
      expect([200, 400], `${path}?${query}`).toContain(status);
      if (status === 400) expect(ErrorBody.safeParse(body).success).toBe(true);
    }),
    {
      numRuns: 1_000,
      examples: [
        [
          LISTS.find(({ path }) => path === "/v1/jobs") ?? LISTS[0],
          Buffer.from('{"step":4,"skip":0,"score":"e"}').toString("base64url"),
          "",
        ],
      ],
    },
  );
});

test("a cursor that goes on with a re-drive is refused or taken like those of lists", async () => {
  await fc.assert(
    fc.asyncProperty(cursor, async (text) => {
      const { status } = await api.call("producer", "POST /v1/jobs/redrive", { code: "timed_out", cursor: text });
      expect([200, 400], text).toContain(status);
    }),
    { numRuns: 300 },
  );
});

test("a job whose producer put nonsense for its time is listed and shown", async () => {
  const { status, body } = await api.call("viewer", "GET /v1/jobs");
  expect(status).toBe(200);
  const { items } = body as { items: { jobId: string; enqueuedAt: string }[] };
  expect(items).toHaveLength(6);
  for (const { jobId, enqueuedAt } of items) {
    expect((await api.call("viewer", `GET /v1/jobs/${jobId}?queue=messages`)).body).toMatchObject({ enqueuedAt });
  }
  expect(new Set(items.map(({ enqueuedAt }) => enqueuedAt))).toEqual(
    new Set(["2023-11-14T22:13:20.000Z", "+275760-09-13T00:00:00.000Z", "1970-01-01T00:00:00.000Z"]),
  );
});
