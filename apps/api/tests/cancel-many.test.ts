/** Jobs cancelled by account, operation or campaign, counted before: nothing else ends, and none is passed over. */
import { fromNow } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  for (const id of ["ada", "bob"]) await api.call("admin", `PUT /v1/accounts/${id}`, { login_token: `token-of-${id}` });
});
afterAll(async () => api.close());

async function add(account: string, number: number, more: object = {}): Promise<string> {
  const input = { linkedin_url: `https://www.linkedin.com/in/person-${number}`, message_text: "Hello" };
  const { body } = await api.call("producer", "POST /v1/jobs", { operation: "message.send", accountId: account, input, ...more });
  return (body as { jobId: string }).jobId;
}

const outcomeOf = async (id: string) =>
  ((await api.call("viewer", `GET /v1/jobs/${id}`)).body as { outcome: { status: string; code: string } | null }).outcome;

type Answer = { cancelled: number; callOut: number; nextCursor: string | null };

/** Goes on until the end; the sum of all answers. */
async function cancel(request: object, query = ""): Promise<number> {
  let cancelled = 0;
  let cursor: string | null = null;
  do {
    const page: object = cursor === null ? request : { ...request, cursor };
    const { status, body } = await api.call("producer", `POST /v1/jobs/cancel${query}`, page);
    expect(status).toBe(200);
    const answer = body as Answer;
    cancelled += answer.cancelled;
    cursor = answer.nextCursor;
  } while (cursor !== null);
  return cancelled;
}

test("all of an account's jobs are counted first, then cancelled, page by page; those of others stay", async () => {
  const mine: string[] = [];
  const runAt = fromNow(86_400_000).toISOString();
  for (let number = 0; number < 25; number++) mine.push(await add("ada", number, number % 3 === 0 ? { runAt } : {}));
  const others = [await add("bob", 101), await add("bob", 102, { runAt })];
  expect(await cancel({ accountId: "ada", limit: 4 }, "?dryRun=1")).toBe(25);
  for (const id of mine) expect(await outcomeOf(id)).toBeNull();
  expect(await cancel({ accountId: "ada", state: "delayed", limit: 4 })).toBe(9);
  expect(await cancel({ accountId: "ada", limit: 4 })).toBe(16);
  for (const id of mine) expect(await outcomeOf(id)).toMatchObject({ status: "cancelled", code: "cancelled" });
  for (const id of others) expect(await outcomeOf(id)).toBeNull();
  expect(await cancel({ accountId: "ada" })).toBe(0);
});

test("jobs for one recipient, or of some time, are listed and cancelled, and no others", async () => {
  const before = await add("bob", 301, { recipientId: "crm 7" });
  const other = await add("bob", 302, { recipientId: "crm 8" });
  const listed = async (query: string) => {
    const { body } = await api.call("viewer", `GET /v1/jobs?accountId=bob&${query}`);
    return (body as { items: { jobId: string }[] }).items.map(({ jobId }) => jobId);
  };
  expect(await listed("recipientId=crm%207")).toEqual([before]);
  expect(await listed("recipientId=crm%207&addedBefore=2020-01-01T00:00:00Z")).toEqual([]);
  expect(await listed("recipientId=crm%207&addedFrom=2020-01-01T00:00:00Z")).toEqual([before]);
  expect(await listed("code=not_found")).toEqual([]);
  expect(await cancel({ recipientId: "crm 7", addedBefore: "2020-01-01T00:00:00Z" })).toBe(0);
  expect(await cancel({ recipientId: "crm 7" })).toBe(1);
  expect(await outcomeOf(before)).toMatchObject({ status: "cancelled" });
  expect(await outcomeOf(other)).toBeNull();
  const { body } = await api.call("admin", "GET /v1/audit");
  expect((body as { items: { what: string }[] }).items[0]?.what).toBe("POST /v1/jobs/cancel (one recipient)");
});

test("a campaign's or an operation's alone are cancelled, and never all that there is", async () => {
  const named = [await add("bob", 201, { campaignId: "spring" }), await add("bob", 202, { campaignId: "spring" })];
  const other = await add("bob", 203);
  expect(await cancel({ campaignId: "spring" })).toBe(2);
  for (const id of named) expect(await outcomeOf(id)).toMatchObject({ status: "cancelled" });
  expect(await cancel({ operation: "profile.scrape" })).toBe(0);
  expect(await outcomeOf(other)).toBeNull();
  expect(await api.call("producer", "POST /v1/jobs/cancel", { state: "waiting" })).toMatchObject({ status: 400 });
  expect((await api.call("viewer", "POST /v1/jobs/cancel", { accountId: "ada" })).status).toBe(403);
});
