/** A person's word on an unknown outcome, and a look for one, over HTTP, with a worker, a campaign, and the sandbox. */
import type { Outcome } from "@linkup-queue/contracts";
import type { Sandbox } from "@linkup-queue/sandbox";
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TestApi } from "./fixture.ts";
import { registerAda, startWorkedApi, type WorkedApi } from "./worked-api.ts";

let api: TestApi;
let sandbox: Sandbox;
let worked: WorkedApi;

beforeAll(async () => {
  worked = await startWorkedApi();
  ({ api, sandbox } = worked);
  await registerAda(worked);
});
afterAll(async () => await worked.close());

const unknownNext = () => sandbox.scenario({ next: [{ status: 502, operation: "message.send" }] });
const sent = () => sandbox.summary().byOperation["message.send"] ?? 0;

async function ended(jobId: string): Promise<{ state: string; outcome: Outcome }> {
  const read = async () => (await api.call("viewer", `GET /v1/jobs/${jobId}`)).body as { state: string; outcome: Outcome };
  await waitFor(async () => ["completed", "failed"].includes((await read()).state), { what: `${jobId} to end` });
  return await read();
}

async function add(person: string): Promise<string> {
  const input = { linkedin_url: `https://www.linkedin.com/in/${person}`, message_text: "Hello" };
  const { body } = await api.call("producer", "POST /v1/jobs", { operation: "message.send", accountId: "ada", input });
  const { jobId } = body as { jobId: string };
  await ended(jobId);
  return jobId;
}

test("a producer says that an unknown message happened: it is kept with name and time, and heeded by a re-drive", async () => {
  unknownNext();
  const jobId = await add("unknown");
  const sentBefore = sent();
  const resolve = `POST /v1/jobs/${jobId}/resolve?queue=messages`;
  expect((await api.call("viewer", resolve, { happened: true })).status).toBe(403);
  for (const body of [{}, { happened: "yes" }, { happened: true, more: 1 }]) {
    expect((await api.call("producer", resolve, body)).status).toBe(400);
  }
  const { status, body } = await api.call("producer", resolve, { happened: true });
  expect(status).toBe(200);
  const { outcome } = body as { outcome: Outcome };
  expect(outcome).toMatchObject({ status: "unknown", code: "bad_response", resolved: { happened: true, by: "the-producer" } });
  const { items } = (await api.call("admin", "GET /v1/audit?limit=10")).body as { items: unknown[] };
  expect(items).toContainEqual(
    expect.objectContaining({ what: "POST /v1/jobs/{jobId}/resolve (happened)", target: jobId, by: "the-producer" }),
  );
  expect((await ended(jobId)).outcome).toEqual(outcome);
  expect(await api.call("admin", resolve, { happened: true })).toMatchObject({ status: 200, body: { outcome } });
  const refused = await api.call("producer", resolve, { happened: false });
  expect(refused).toMatchObject({ status: 409, body: { error: { code: "conflict" } } });
  expect(JSON.stringify(refused.body)).toContain("the-producer said at");

  const redrive = `POST /v1/jobs/${jobId}/redrive`;
  const again = await api.call("producer", redrive, { maySendTwice: true });
  expect(again.status).toBe(409);
  expect(JSON.stringify(again.body)).toContain("A person said, or a look on LinkedIn found, that this write happened");
  expect((await api.call("producer", redrive, { evenIfHappened: true })).status, "and that it may be sent twice").toBe(409);
  expect(sent(), "nothing was sent by a word").toBe(sentBefore);
  const insisted = { maySendTwice: true, evenIfHappened: true };
  expect(await api.call("producer", redrive, insisted)).toMatchObject({ status: 202, body: { jobId: `${jobId}~2`, duplicate: false } });
  await ended(`${jobId}~2`);
});

test("there is no word on a job that succeeded, and on none", async () => {
  const jobId = await add("well");
  expect((await api.call("producer", `POST /v1/jobs/${jobId}/resolve`, { happened: true })).status).toBe(409);
  expect((await api.call("producer", "POST /v1/jobs/nobody/resolve", { happened: true })).status).toBe(404);
});

test("a producer has an unknown message looked for: a job of its own does it, and what it saw is told of the message", async () => {
  sandbox.scenario({ next: [{ status: "reset", when: "after", operation: "message.send" }] });
  const jobId = await add("looked-for");
  const sentBefore = sent();
  const reconcile = `POST /v1/jobs/${jobId}/reconcile?queue=messages`;
  expect((await api.call("viewer", reconcile)).status).toBe(403);
  const look = { queue: "messages", jobId: `${jobId}~look`, reconcileOf: jobId };
  expect(await api.call("producer", reconcile)).toMatchObject({ status: 202, body: { ...look, duplicate: false } });
  expect((await ended(look.jobId)).outcome).toMatchObject({ operation: "message.conversation", output: { happened: true } });
  expect((await ended(jobId)).outcome).toMatchObject({
    ...{ status: "unknown", reconciled: { by: "message.conversation" }, resolved: { happened: true, by: "message.conversation" } },
  });
  const refused = await api.call("producer", reconcile);
  expect(refused).toMatchObject({ status: 409, body: { error: { code: "conflict" } } });
  expect(JSON.stringify(refused.body)).toContain("said before");
  expect((await api.call("producer", "POST /v1/jobs/nobody/reconcile")).status).toBe(404);
  expect(sent(), "nothing was sent by a look").toBe(sentBefore);
});

test("a job that asks for looks is told from one that does not under the same key, and is refused of what can't be looked for", async () => {
  sandbox.scenario({ next: [{ status: "reset", when: "after", operation: "message.send" }] });
  const input = { linkedin_url: "https://www.linkedin.com/in/asks-for-looks", message_text: "Hello" };
  const job = { operation: "message.send", accountId: "ada", idempotencyKey: "looked-for", input };
  const asking = { ...job, onUnknown: "reconcile" };
  const added = await api.call("producer", "POST /v1/jobs", asking);
  expect(added).toMatchObject({ status: 202, body: { duplicate: false } });
  const { jobId } = added.body as { jobId: string };
  expect(await api.call("producer", "POST /v1/jobs", asking)).toMatchObject({ status: 202, body: { jobId, duplicate: true } });
  expect(await api.call("producer", "POST /v1/jobs", job)).toMatchObject({ status: 409, body: { error: { code: "conflict" } } });
  expect((await ended(jobId)).outcome).toMatchObject({ status: "succeeded", reconciled: { by: "message.conversation" } });
  expect(await api.call("producer", "POST /v1/jobs", asking), "ended").toMatchObject({ status: 202, body: { jobId, duplicate: true } });
  expect(await api.call("producer", "POST /v1/jobs", job)).toMatchObject({ status: 409 });

  const post = { operation: "post.create", accountId: "ada", input: { text: "Hello" }, onUnknown: "reconcile" };
  const path = { path: "onUnknown", message: expect.stringContaining("nothing else can be looked for") };
  expect(await api.call("producer", "POST /v1/jobs", post)).toMatchObject({
    status: 400,
    body: { error: { issues: expect.arrayContaining([path]) } },
  });
  const schedule = await api.call("producer", "PUT /v1/schedules/posts", { everyMs: 60_000, job: post });
  expect(schedule).toMatchObject({ status: 400 });
  expect(JSON.stringify(schedule.body)).toContain("nothing else can be looked for");
});

test("a campaign keeps its unknown, tells those that a person resolved, and so do its results as lines and as a table", async () => {
  unknownNext();
  const definition = {
    campaignId: "spring",
    name: "Spring",
    operation: "message.send",
    accountIds: ["ada"],
    input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello" },
  };
  expect((await api.call("producer", "POST /v1/campaigns", definition)).status).toBe(201);
  const recipient = { recipientId: "jane", linkedin_url: "https://www.linkedin.com/in/jane-doe" };
  await fetch(`${api.api.url}/v1/campaigns/spring/recipients`, {
    method: "POST",
    headers: { authorization: "Bearer producer-secret-0123456789", "content-type": "application/x-ndjson" },
    body: JSON.stringify(recipient),
  });
  await api.call("producer", "POST /v1/campaigns/spring/start", {});
  const campaign = async () => (await api.call("viewer", "GET /v1/campaigns/spring")).body as { state: string };
  await waitFor(async () => (await campaign()).state === "ended", { what: "the campaign to end" });
  expect(await campaign()).toMatchObject({ byStatus: { unknown: 1 }, resolved: { happened: 0, notHappened: 0 } });
  const results = async (format: string) =>
    String((await api.call("viewer", `GET /v1/campaigns/spring/results?format=${format}`)).body)
      .trim()
      .split("\n");
  const [line = "{}"] = await results("ndjson");
  const { jobId, resolved } = JSON.parse(line) as Outcome;
  expect(resolved).toBeNull();
  await api.call("producer", `POST /v1/jobs/${jobId}/resolve`, { happened: false });
  await api.call("producer", `POST /v1/jobs/${jobId}/resolve`, { happened: false });
  expect(await campaign()).toMatchObject({ byStatus: { unknown: 1 }, resolved: { happened: 0, notHappened: 1 } });
  const [resolvedLine = "{}"] = await results("ndjson");
  expect(JSON.parse(resolvedLine)).toMatchObject({ status: "unknown", resolved: { happened: false, by: "the-producer" } });
  const [head = "", row = ""] = await results("csv");
  const cells = Object.fromEntries(head.split(",").map((name, at) => [name, row.split(",")[at]]));
  expect(cells).toMatchObject({ status: "unknown", resolvedHappened: "false", resolvedBy: "the-producer" });
});
