/** Re-driving over HTTP, with a worker and the sandbox. */
import type { Sandbox } from "@linkup-queue/sandbox";
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestApi } from "./fixture.ts";
import { registerAda, startWorkedApi, type WorkedApi } from "./worked-api.ts";

let api: TestApi;
let sandbox: Sandbox;
let worked: WorkedApi;

beforeAll(async () => {
  worked = await startWorkedApi({ settings: { maxAttempts: 1 } });
  ({ api, sandbox } = worked);
  await registerAda(worked);
});
afterAll(async () => await worked.close());

async function ended(jobId: string) {
  const read = async () => (await api.call("viewer", `GET /v1/jobs/${jobId}`)).body as { state: string };
  await waitFor(async () => ["completed", "failed"].includes((await read()).state), { what: `${jobId} to end` });
  return await read();
}

async function add(number: number, status: number): Promise<string> {
  sandbox.scenario({ next: [{ status, operation: "message.send" }] });
  const input = { linkedin_url: `https://www.linkedin.com/in/person-${number}`, message_text: "Hello" };
  const { body } = await api.call("producer", "POST /v1/jobs", { operation: "message.send", accountId: "ada", input });
  const { jobId } = body as { jobId: string };
  await ended(jobId);
  return jobId;
}

test("a failed job is re-driven once, its new job names it, and one that succeeded is not", async () => {
  const jobId = await add(1, 500);
  const again = { queue: "messages", jobId: `${jobId}~2`, redriveOf: jobId };
  const redrive = `POST /v1/jobs/${jobId}/redrive`;
  expect(await api.call("producer", redrive, {})).toMatchObject({ status: 202, body: { ...again, duplicate: false } });
  expect(await ended(again.jobId)).toMatchObject({ state: "completed", outcome: { status: "succeeded", redriveOf: jobId } });
  expect(await api.call("producer", redrive, {})).toMatchObject({ status: 202, body: { ...again, duplicate: true } });
  const refused = await api.call("producer", `POST /v1/jobs/${again.jobId}/redrive`, {});
  expect(refused).toMatchObject({ status: 409, body: { error: { code: "conflict" } } });
  expect((await api.call("producer", "POST /v1/jobs/nobody/redrive", {})).status).toBe(404);
});

test("a write of unknown effect needs the word that it may be sent twice, singly and by code", async () => {
  const jobId = await add(2, 502);
  const refused = await api.call("producer", `POST /v1/jobs/${jobId}/redrive`, {});
  expect(refused.status).toBe(409);
  expect(JSON.stringify(refused.body)).toContain("look on LinkedIn first");
  const many = "POST /v1/jobs/redrive";
  const none = { redriven: 0, already: 0, more: false, nextCursor: null };
  expect(await api.call("producer", many, { code: "bad_response" })).toMatchObject({
    status: 200,
    body: { ...none, refused: 1, reasons: { may_send_twice: 1 } },
  });
  const sure = { code: "bad_response", maySendTwice: true };
  expect(await api.call("producer", many, sure)).toMatchObject({ status: 200, body: { ...none, redriven: 1, refused: 0 } });
  expect(await ended(`${jobId}~2`)).toMatchObject({ state: "completed" });
  expect(await api.call("producer", many, sure)).toMatchObject({ body: { ...none, already: 1 } });
  expect((await api.call("producer", many, {})).status).toBe(400);
});

test("many are told with their number and credits before any is done, and what is done is what was told", async () => {
  const ids = [await add(31, 500), await add(32, 500)];
  const request = { code: "server_error", operation: "message.send", accountId: "ada" };
  const told = await api.call("producer", "POST /v1/jobs/redrive?dryRun=1", request);
  const { already } = told.body as { already: number };
  expect(told).toMatchObject({ status: 200, body: { redriven: 2, refused: 0, credits: 2, more: false } });
  for (const id of ids) expect((await api.call("viewer", `GET /v1/jobs/${id}~2`)).status).toBe(404);
  expect((await api.call("producer", "POST /v1/jobs/redrive", request)).body).toEqual(told.body);
  for (const id of ids) expect(await ended(`${id}~2`)).toMatchObject({ state: "completed" });
  const after = await api.call("producer", "POST /v1/jobs/redrive?dryRun=1", request);
  expect(after.body).toMatchObject({ redriven: 0, credits: 0, already: already + 2 });
  const others = await api.call("producer", "POST /v1/jobs/redrive?dryRun=1", { code: "server_error", accountId: "nobody" });
  expect(others.body).toMatchObject({ redriven: 0, already: 0, refused: 0 });
});
