/** A body sent by HTTP is bounded in size, depth and count before any schema sees it, and so is data in Redis when it is shown. */
import { CallQueues } from "@linkup-queue/queue/inside";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ROUTES } from "../src/index.ts";
import { SECRETS, startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api.close());

const fields = (count: number) => Array.from({ length: count }, (_, at) => `"f${at}":1`).join(",");
const MANY = `{${fields(130_000)}}`;
const DEEP = `{"input":${"[".repeat(50_000)}${"]".repeat(50_000)}}`;

async function send(line: string, body: string, type = "application/json") {
  const [method = "", path = ""] = line.split(" ");
  const headers = { authorization: `Bearer ${SECRETS.admin}`, "content-type": type };
  const response = await fetch(`${api.api.url}${path}`, { method, headers, body });
  return { status: response.status, text: await response.text() };
}

test.each(
  ROUTES.filter(({ schemas, streams }) => schemas.body !== null && streams.length === 0).map(({ method, path }) => [`${method} ${path}`]),
)("%s refuses 130,000 fields and nesting of 50,000 levels in one sentence each", async (line) => {
  const [method = "", path = ""] = line.split(" ");
  const at = `${method.toUpperCase()} ${path.replaceAll(/\{\w+\}/g, "x")}`;
  for (const [body, said] of [
    [MANY, "must hold at most 10000 fields and list entries, all levels together"],
    [DEEP, "must be JSON that is nested at most 200 levels deep"],
  ] as const) {
    const { status, text } = await send(at, body);
    expect(status, text.slice(0, 300)).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ error: { code: "invalid_input", issues: [{ path: "", message: said }] } });
  }
});

test("as many unknown fields as may be are refused with the first issues and the count of the rest", async () => {
  const { status, text } = await send("POST /v1/jobs", `{"operation":"profile.me","accountId":"ada","input":{${fields(9_990)}}}`);
  expect(status).toBe(400);
  const { issues } = (JSON.parse(text) as { error: { issues: { message: string }[] } }).error;
  expect(issues).toHaveLength(501);
  expect(issues.at(-1)?.message).toBe("and 9490 more");
});

test("a line of a batch beyond the bounds is answered as a bad one, and the next is taken", async () => {
  const good = JSON.stringify({ operation: "profile.me", accountId: "ada", input: {} });
  const { status, text } = await send("POST /v1/jobs/batch", `${MANY}\n${DEEP}\n${good}`, "application/x-ndjson");
  expect(status).toBe(200);
  const answers = text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  expect(answers).toEqual([
    { line: 1, error: expect.objectContaining({ code: "invalid_input" }) },
    { line: 2, error: expect.objectContaining({ code: "invalid_input" }) },
    { line: 3, jobId: expect.any(String), duplicate: false },
  ]);
});

test("recipients of too many fields are bad rows, a table of too many columns is refused, and the others are taken", async () => {
  await api.call("admin", "PUT /v1/accounts/ada", { login_token: "token-of-ada" });
  const campaign = {
    campaignId: "wide",
    name: "wide",
    operation: "invitation.send",
    accountIds: ["ada"],
    input: { linkedin_url: "{{linkedin_url}}" },
  };
  expect((await api.call("admin", "POST /v1/campaigns", campaign)).status).toBe(201);
  const url = '"linkedin_url":"https://www.linkedin.com/in/';
  const rows = [`{${url}a"}`, `{${url}b",${fields(1_000)}}`, `{"fields":{${url}c",${fields(1_000)}}}`, `{${url}d",${fields(999)}}`];
  const json = await send("POST /v1/campaigns/wide/recipients", rows.join("\n"), "application/x-ndjson");
  expect(JSON.parse(json.text)).toMatchObject({ accepted: 2, rejectedCount: 2, rejected: [{ line: 2 }, { line: 3 }] });
  const header = Array.from({ length: 8_000 }, (_, at) => `f${at}`).join(",");
  const table = await send("POST /v1/campaigns/wide/recipients", `linkedin_url,${header}\nx`, "text/csv");
  expect(table.text).toContain("must have at most 1000 fields");
});

test("a job whose data is far beyond the bounds, or no JSON, is shown, listed, on the board and cancelled like any other", async () => {
  const board = async (path: string) => {
    const authorization = `Basic ${Buffer.from(`the-admin:${SECRETS.admin}`).toString("base64")}`;
    const response = await fetch(`${api.api.url}/board/api/queues${path}`, { headers: { authorization } });
    return { status: response.status, text: await response.text() };
  };
  const { client } = api.engine.scripts;
  const queues = new CallQueues(client, api.settings.keyId);
  const queue = queues.of("profiles");
  try {
    for (const [jobId, data] of [
      ["many", MANY],
      ["deep", DEEP],
      ["none", "{"],
      ["long", JSON.stringify({ accountId: "ada", input: "x".repeat(20_000_000) })],
    ] as const) {
      await queue.add("profile.me", {}, { jobId, priority: 10 });
      await client.hset(queue.toKey(jobId), "data", data);
      expect(await api.call("viewer", `GET /v1/jobs/${jobId}`), jobId).toMatchObject({
        status: 200,
        body: { state: "waiting", accountId: null },
      });
      expect((await api.call("viewer", "GET /v1/jobs?operation=profile.me&state=waiting")).body).toMatchObject({
        items: expect.arrayContaining([expect.objectContaining({ jobId })]),
      });
      const list = await board("?activeQueue=profiles&status=prioritized&page=1&jobsPerPage=10");
      expect(list, jobId).toMatchObject({ status: 200, text: expect.stringContaining(`"${jobId}"`) });
      const page = await board(`/profiles/${jobId}?status=prioritized`);
      expect(page, jobId).toMatchObject({ status: 200, text: expect.stringContaining('"(not read)":"must ') });
      expect(await api.call("producer", `DELETE /v1/jobs/${jobId}`), jobId).toMatchObject({
        status: 200,
        body: { outcome: { status: "cancelled" } },
      });
    }
  } finally {
    await queues.close();
  }
});
