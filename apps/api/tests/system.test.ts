/** The api with a worker and the sandbox: what is asked over HTTP happens, shows within a second, and no secret is anywhere to be read. */
import { queuePrefix } from "@linkup-queue/contracts";
import type { Sandbox } from "@linkup-queue/sandbox";
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SECRETS, type TestApi } from "./fixture.ts";
import { startWorkedApi, type WorkedApi } from "./worked-api.ts";

const EMAIL = "grace@example.com";
const PASSWORD = "the-password-of-grace";
const API_KEY = "the-api-key-of-linkup";

let api: TestApi;
let sandbox: Sandbox;
let worked: WorkedApi;
const answers: string[] = [];

beforeAll(async () => {
  worked = await startWorkedApi({ settings: { apiKey: API_KEY }, sandbox: { scenario: { codeRequired: [EMAIL], code: "424242" } } });
  ({ api, sandbox } = worked);
});
afterAll(async () => await worked.close());

async function ask(role: "viewer" | "producer" | "admin", line: string, body?: unknown) {
  const answer = await api.call(role, line, body);
  answers.push(JSON.stringify(answer.body), JSON.stringify([...answer.headers]));
  return answer;
}

/** Waits until an account's state shows, as a person would who looks again and again. */
async function stateShows(id: string, state: string) {
  await waitFor(async () => ((await ask("viewer", `GET /v1/accounts/${id}`)).body as { state: string }).state, {
    what: `account ${id} to be ${state}`,
    until: (seen) => seen === state,
  });
}

async function outcomeOf(jobId: string) {
  return await waitFor(
    async () =>
      ((await ask("viewer", `GET /v1/jobs/${jobId}`)).body as { outcome: { status: string; code: string | null } | null }).outcome,
    { what: `the outcome of ${jobId}` },
  );
}

/** A worker has fetched the job, and no call of it is out: it is no `active` job, and says what it waits for. */
async function waitsAtGate(jobId: string) {
  const fetched = `${queuePrefix(api.settings.keyId)}:messages:active`;
  await waitFor(async () => (await api.engine.scripts.client.lpos(fetched, jobId)) !== null, { what: "the job to wait at the gate" });
  expect((await ask("viewer", `GET /v1/jobs/${jobId}`)).body).toMatchObject({ state: "waiting", waitsFor: { reason: "key_stopped" } });
}

const message = (number: number) => ({
  operation: "message.send",
  accountId: "grace",
  input: { linkedin_url: `https://www.linkedin.com/in/person-${number}`, message_text: `Hello ${number}` },
});

async function add(job: object): Promise<string> {
  const { status, body } = await ask("producer", "POST /v1/jobs", job);
  expect(status).toBe(202);
  return (body as { jobId: string }).jobId;
}

test("an account registered over HTTP is logged in, asked for a code, verified, and its held job goes out", async () => {
  await ask("admin", "PUT /v1/accounts/grace", { email: EMAIL, password: PASSWORD });
  await stateShows("grace", "awaiting_code");
  const jobId = await add(message(1));
  await waitFor(async () => ((await ask("viewer", `GET /v1/jobs/${jobId}`)).body as { state: string }).state, {
    what: "the job to be parked",
    until: (seen) => seen === "parked",
  });
  expect((await ask("viewer", "GET /v1/jobs?accountId=grace&state=parked")).body).toMatchObject({ items: [{ jobId, state: "parked" }] });
  expect((await ask("viewer", "GET /v1/accounts/grace")).body).toMatchObject({ parked: 1 });
  expect((await ask("admin", "POST /v1/accounts/grace/verify", { code: "424242" })).status).toBe(202);
  await stateShows("grace", "active");
  expect(await outcomeOf(jobId)).toMatchObject({ status: "succeeded", credits: { charged: 1 } });
  expect((await ask("viewer", `GET /v1/jobs/${jobId}`)).body).toMatchObject({ state: "completed", operation: "message.send" });
  const { total } = (await ask("viewer", "GET /v1/credits?days=2")).body as { total: { charged: number } };
  expect(total.charged).toBe(sandbox.summary().credits.charged);
});

test("a paused account holds its jobs within a second, one of them is cancelled, and the other goes when it is back", async () => {
  expect((await ask("admin", "POST /v1/accounts/grace/pause")).body).toMatchObject({ state: "disabled" });
  const [kept, cancelled] = [await add(message(2)), await add(message(3))];
  await waitFor(async () => ((await ask("viewer", "GET /v1/accounts/grace")).body as { parked: number }).parked, {
    what: "both to be parked",
    until: (seen) => seen === 2,
  });
  expect((await ask("producer", `DELETE /v1/jobs/${cancelled}`)).status).toBe(200);
  expect((await ask("viewer", "GET /v1/accounts/grace")).body).toMatchObject({ parked: 1 });
  expect((await ask("admin", "POST /v1/accounts/grace/resume")).body).toMatchObject({ state: "active" });
  expect(await outcomeOf(kept)).toMatchObject({ status: "succeeded" });
  expect(await outcomeOf(cancelled)).toMatchObject({ status: "cancelled", code: "cancelled" });
  expect(sandbox.summary().effects.done).toBe(2);
});

test("the stop switch lets nothing leave until it is opened", async () => {
  await ask("admin", "POST /v1/key/pause");
  const before = sandbox.summary().effects.done;
  const jobId = await add(message(4));
  await waitsAtGate(jobId);
  expect(sandbox.summary().effects.done).toBe(before);
  await ask("admin", "POST /v1/key/resume");
  expect(await outcomeOf(jobId)).toMatchObject({ status: "succeeded" });
});

test("a job cancelled while it waits at the gate ends cancelled, and is never sent", async () => {
  await ask("admin", "POST /v1/key/pause");
  const before = sandbox.summary().effects.done;
  const jobId = await add(message(5));
  await waitsAtGate(jobId);
  expect((await ask("producer", `DELETE /v1/jobs/${jobId}`)).body).toMatchObject({ outcome: { status: "cancelled" } });
  await ask("admin", "POST /v1/key/resume");
  expect(await outcomeOf(await add(message(6)))).toMatchObject({ status: "succeeded" });
  expect(sandbox.summary().effects.done).toBe(before + 1);
});

test("jobs cancelled while a worker takes them end once each: sent, or cancelled and never sent", async () => {
  const before = sandbox.summary().effects.done;
  const ids: string[] = [];
  for (let number = 100; number < 130; number++) ids.push(await add(message(number)));
  const answers = await Promise.all(ids.toReversed().map((jobId) => ask("producer", `DELETE /v1/jobs/${jobId}`)));
  const cancelled = answers.filter(({ status }) => status === 200).length;
  for (const { status } of answers) expect([200, 409]).toContain(status);
  const outcomes = await Promise.all(ids.map(outcomeOf));
  const sent = outcomes.filter(({ status }) => status === "succeeded").length;
  expect(outcomes.filter(({ status }) => status === "cancelled")).toHaveLength(cancelled);
  expect(sent + cancelled).toBe(ids.length);
  expect(sandbox.summary().effects).toMatchObject({ done: before + sent });
  expect(cancelled).toBeGreaterThan(0);
});

test("a removed account's waiting jobs end cancelled", async () => {
  await ask("admin", "POST /v1/accounts/grace/pause");
  const jobId = await add(message(7));
  await waitFor(async () => ((await ask("viewer", "GET /v1/accounts/grace")).body as { parked: number }).parked, {
    what: "the job to be parked",
    until: (seen) => seen === 1,
  });
  expect((await ask("admin", "DELETE /v1/accounts/grace")).status).toBe(204);
  expect(await outcomeOf(jobId)).toMatchObject({ code: "account_unavailable" });
});

test("no secret was in any answer or log line of all that", async () => {
  for (const address of ["/openapi.json", "/metrics", "/readyz", "/v1/accounts", "/v1/key"]) await ask("viewer", `GET ${address}`);
  const seen = answers.join("\n") + api.logged();
  expect(answers.length).toBeGreaterThan(40);
  expect(api.logged()).toContain('"caller":"the-admin"');
  const { secretsKey } = api.settings;
  const secrets = [EMAIL, PASSWORD, API_KEY, "424242", Buffer.from(secretsKey).toString("base64"), ...Object.values(SECRETS)];
  for (const secret of secrets) expect(seen).not.toContain(secret);
});
