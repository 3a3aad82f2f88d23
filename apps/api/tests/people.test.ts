/** Erasure over HTTP, with a worker, the sandbox and an archive: a person is nowhere to be read, never sent to, and everything still adds up. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openArchive } from "@linkup-queue/archive";
import { type ArchiveAddress, CALL_QUEUES, type Outcome } from "@linkup-queue/contracts";
import { CallQueues, campaignForgetScript, unpackOutcome, unpackRecipients } from "@linkup-queue/queue/inside";
import { type Sandbox, startSandbox } from "@linkup-queue/sandbox";
import { fromNow, waitFor } from "@linkup-queue/testkit";
import { startWorker, type Worker } from "@linkup-queue/worker";
import { pino } from "pino";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { startTestApi, type TestApi, testWorkerSettings } from "./fixture.ts";

const JANE = "https://www.linkedin.com/in/jane-doe";
const SPELLED = encodeURIComponent("fr.linkedin.com/in/Jane-Doe/?trk=x");

const folder = await mkdtemp(join(tmpdir(), "linkup-people-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

let address: ArchiveAddress;
let api: TestApi;
let sandbox: Sandbox;
const workers: Worker[] = [];

beforeEach(async () => {
  address = { kind: "sqlite", path: join(folder, `${Math.random().toString(36).slice(2)}.db`) };
  sandbox = await startSandbox();
});
afterEach(async () => {
  for (const worker of workers.splice(0)) await worker.drain();
  await api.close();
  await sandbox.close();
});

async function startAll(settings: { outcomeDays?: number; archive?: ArchiveAddress | null } = {}) {
  api = await startTestApi({ fresh: true, settings: { archive: address, ...settings } });
  workers.push(
    await startWorker({
      settings: { ...testWorkerSettings(api.settings, { baseUrl: sandbox.url }), webhookAllowPrivate: true },
      log: pino({ level: "silent" }),
    }),
  );
}

async function accounts(...ids: string[]) {
  for (const id of ids) await api.call("admin", `PUT /v1/accounts/${id}`, { email: `${id}@example.com`, password: "password-of-it" });
  for (const id of ids) {
    await waitFor(async () => ((await api.call("viewer", `GET /v1/accounts/${id}`)).body as { state: string }).state, {
      what: `${id} to be active`,
      until: (seen) => seen === "active",
    });
  }
}

async function add(job: object): Promise<string> {
  const { status, body } = await api.call("producer", "POST /v1/jobs", job);
  expect({ status, body }).toMatchObject({ status: 202 });
  return (body as { jobId: string }).jobId;
}

const message = (url: string, more: object = {}) => ({
  operation: "message.send",
  accountId: "grace",
  input: { linkedin_url: url, message_text: "Hello there" },
  ...more,
});
const person = (number: number) => `https://www.linkedin.com/in/person-${number}`;

type Shown = { state: string; outcome: Outcome | null };
const show = async (jobId: string) => (await api.call("viewer", `GET /v1/jobs/${jobId}`)).body as Shown;
const ended = (jobId: string) => waitFor(async () => (await show(jobId)).outcome, { what: `the outcome of ${jobId}` });
const stateIs = (jobId: string, state: string) =>
  waitFor(async () => (await show(jobId)).state, { what: `${jobId} to be ${state}`, until: (seen) => seen === state });

async function upload(campaign: string, rows: readonly Record<string, string>[]) {
  return await api.as("producer").addRecipients({ id: campaign, lines: rows });
}

type CampaignShown = { state: string; recipients: { accepted: number; ended: number; unsent: number }; byStatus: Record<string, number> };
const campaignShown = async (id: string) => (await api.call("viewer", `GET /v1/campaigns/${id}`)).body as CampaignShown;

async function results(campaign: string): Promise<Outcome[]> {
  const { body } = await api.call("viewer", `GET /v1/campaigns/${campaign}/results`);
  return String(body)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Outcome);
}

async function campaign(id: string, accountIds: readonly string[]) {
  const made = await api.call("producer", "POST /v1/campaigns", {
    campaignId: id,
    name: id,
    operation: "message.send",
    accountIds,
    input: { linkedin_url: "{{linkedin_url}}", message_text: "Hello {{first_name|there}}" },
  });
  expect(made.status).toBe(201);
}

/** All that Redis and the archive hold, as text: what is packed is unpacked. */
async function everything(): Promise<string> {
  const { client } = api.engine.scripts;
  const texts: string[] = [];
  for (const key of await client.keys("*")) {
    texts.push(key);
    const type = await client.type(key);
    if (type === "string") {
      const value = await client.getBuffer(key);
      texts.push(value !== null && key.includes(":gate:outcome:") ? JSON.stringify(unpackOutcome(value)) : String(value));
    } else if (type === "list" && key.includes(":gate:todo:")) {
      for (const chunk of await client.lrangeBuffer(key, 0, -1)) texts.push(JSON.stringify(unpackRecipients(chunk)));
    } else if (type === "list") texts.push(...(await client.lrange(key, 0, -1)));
    else if (type === "hash") texts.push(JSON.stringify(await client.hgetall(key)));
    else if (type === "zset") texts.push(...(await client.zrange(key, "0", "-1")).map(String));
    else if (type === "set") texts.push(...(await client.smembers(key)));
    else if (type === "stream") texts.push(JSON.stringify(await client.xrange(key, "-", "+")));
  }
  const archive = openArchive(address, { keyId: api.settings.keyId });
  texts.push(JSON.stringify((await archive.list({}, { limit: 10_000 })).items));
  await archive.close();
  return texts.join("\n");
}

async function archivedAre(count: number) {
  const archive = openArchive(address, { keyId: api.settings.keyId });
  await waitFor(async () => (await archive.list({}, { limit: 10_000 }).catch(() => ({ items: [] }))).items.length, {
    what: `${count} archived outcomes`,
    until: (seen) => seen >= count,
  });
  await archive.close();
}

test("a forgotten person is nowhere any more: recipients, jobs in every state, outcomes, results, archive; all else stays and adds up", async () => {
  await startAll();
  await accounts("grace", "held");
  const done = [
    await add(message(JANE, { recipientId: "crm-17" })),
    await add({ operation: "profile.scrape", accountId: "grace", input: { linkedin_url: JANE } }),
    await add({ operation: "profile.contact", accountId: "grace", input: { linkedin_url: JANE } }),
    await add(message(person(1), { recipientId: person(1) })),
  ];
  for (const jobId of done) await ended(jobId);
  await archivedAre(4);
  await api.call("admin", "POST /v1/accounts/held/pause");
  const parked = await add({ ...message(JANE, { recipientId: JANE }), accountId: "held" });
  const later = await add(message(JANE, { runAt: fromNow(3_600_000).toISOString() }));
  const others = await add({ ...message(person(2)), accountId: "held" });
  await stateIs(parked, "parked");
  await campaign("c1", ["grace"]);
  const rows = [...Array.from({ length: 30 }, (_, n) => ({ linkedin_url: person(100 + n), first_name: "P" }))];
  rows.splice(13, 0, { linkedin_url: "LinkedIn.com/in/jane-doe", first_name: "Jane" });
  rows.splice(20, 0, { recipientId: "crm-18", linkedin_url: JANE, first_name: "Janey" } as (typeof rows)[number]);
  expect(await upload("c1", rows)).toMatchObject({ accepted: 32, rejectedCount: 0 });

  expect(await everything()).toMatch(/jane/i);
  const forgotten = await api.call("admin", `DELETE /v1/people?url=${SPELLED}`);
  expect(forgotten).toMatchObject({ status: 200, body: { recipients: 2, jobs: { cancelled: 2, inFlight: 0 }, outcomes: 3, archived: 3 } });
  await archivedAre(8);
  expect(await everything()).not.toMatch(/jane|crm-1[78]/i);
  expect(api.logged()).not.toMatch(/jane/i);

  expect((await show(parked)).outcome).toMatchObject({ status: "cancelled", recipientId: null });
  expect((await show(later)).outcome).toMatchObject({ status: "cancelled" });
  expect((await show(others)).state).toBe("parked");
  expect((await show(done[3] ?? "")).outcome).toMatchObject({ recipientId: person(1), status: "succeeded" });
  expect((await show(done[2] ?? "")).outcome).toMatchObject({ status: "succeeded", output: null, credits: { charged: 1 } });
  expect(await upload("c1", [{ linkedin_url: JANE }])).toMatchObject({ accepted: 0, duplicates: 1 });
  const again = await api.call("admin", `DELETE /v1/people?url=${SPELLED}`);
  expect(again.body).toEqual({
    schedules: 0,
    recipients: 0,
    jobs: { cancelled: 0, erased: 0, inFlight: 0 },
    outcomes: 0,
    results: 0,
    archived: 0,
  });

  const messagesBefore = sandbox.summary().effects.done;
  await api.call("producer", "POST /v1/campaigns/c1/start");
  await waitFor(async () => (await campaignShown("c1")).state, { what: "the campaign to end", until: (seen) => seen === "ended" });
  expect(await campaignShown("c1")).toMatchObject({
    recipients: { accepted: 32, ended: 32, unsent: 0 },
    byStatus: { succeeded: 30, cancelled: 2 },
  });
  expect(sandbox.summary().effects.done - messagesBefore).toBe(30);
  const outcomes = await results("c1");
  expect(new Set(outcomes.map(({ outcomeId }) => outcomeId)).size).toBe(32);
  expect(new Set(outcomes.map(({ recipientId }) => recipientId)).size).toBe(31);
});

test("of a job about the person that made no call not even the producer's own name for them is left, however it ended", async () => {
  await startAll();
  await accounts("grace", "held");
  await api.call("admin", "POST /v1/accounts/held/pause");
  const crm = (number: number) => ({ recipientId: `crm-${number}` });
  const cancelled = await add({ ...message(JANE, crm(1)), accountId: "held" });
  await stateIs(cancelled, "parked");
  const jobs = [
    cancelled,
    await add({ ...message(JANE, { ...crm(2), expiresAt: fromNow(700).toISOString() }), accountId: "held" }),
    await add({ ...message(JANE, crm(3)), accountId: "nobody" }),
    await add({ ...message(person(1), crm(9)), accountId: "nobody" }),
  ];
  await api.call("producer", `DELETE /v1/jobs/${cancelled}`);
  const queues = new CallQueues(api.engine.scripts.client, api.settings.keyId);
  const invalid = { accountId: "grace", ...crm(4), input: { linkedin_url: JANE, message_text: "Hi", colour: "red" } };
  await queues.of("messages").add("message.send", invalid, { jobId: "invalid", priority: 10 });
  await queues.close();
  const codes = [];
  for (const jobId of [...jobs, "invalid"]) codes.push((await ended(jobId)).code);
  expect(codes).toEqual(["cancelled", "expired", "account_unavailable", "account_unavailable", "invalid_input"]);
  await archivedAre(5);
  expect(await everything()).toMatch(/crm-[1-4]/);
  expect((await api.call("admin", `DELETE /v1/people?url=${SPELLED}`)).body).toMatchObject({ outcomes: 4, results: 4, archived: 4 });
  const left = await everything();
  expect(left).not.toMatch(/jane|crm-[1-4]/i);
  expect(left).toMatch(/crm-9/);
});

test("who is messaged by a bare profile id is found by that id, by its URN and by the address that it makes", async () => {
  await startAll();
  await accounts("grace");
  const id = (letter: string) => `ACoAA${letter.repeat(12)}`;
  const named = [id("a"), `urn:li:fsd_profile:${id("b")}`, id("c")];
  for (const [at, who] of named.entries()) await ended(await add(message(who, { recipientId: `crm-${at}` })));
  await archivedAre(3);
  const asked = [`urn:li:fsd_profile:${id("a")}`, id("b"), `https://www.linkedin.com/in/${id("c")}`];
  for (const url of asked) {
    const { body } = await api.call("admin", `DELETE /v1/people?url=${encodeURIComponent(url)}`);
    expect(body).toMatchObject({ jobs: { erased: 1 }, outcomes: 1, results: 1, archived: 1 });
  }
  expect(await everything()).not.toMatch(/ACoAA|crm-/);
});

test("a schedule about the person is deleted and makes no job any more; others go on", async () => {
  await startAll();
  await accounts("grace");
  const scrape = (url: string) => ({
    everyMs: 1_000,
    job: { operation: "profile.scrape", accountId: "grace", input: { linkedin_url: url } },
  });
  for (const [id, url] of Object.entries({ hers: "linkedin.com/in/Jane-Doe", others: person(1) }))
    expect((await api.call("producer", `PUT /v1/schedules/${id}`, scrape(url))).status).toBe(200);
  const scrapes = (target: RegExp) =>
    sandbox.journal().filter(({ operation, target: who }) => operation === "profile.scrape" && target.test(who ?? ""));
  await waitFor(() => scrapes(/jane/i).length, { what: "her schedule to be at work", until: (seen) => seen > 0 });

  expect((await api.call("admin", `DELETE /v1/people?url=${SPELLED}`)).body).toMatchObject({ schedules: 1 });
  expect((await api.call("producer", "GET /v1/schedules/hers")).status).toBe(404);
  expect((await api.call("producer", "GET /v1/schedules/others")).status).toBe(200);
  const [hers, others] = [scrapes(/jane/i).length, scrapes(/person-1/).length];
  await waitFor(() => scrapes(/person-1/).length, { what: "two more ticks of the other schedule", until: (seen) => seen >= others + 2 });
  expect(scrapes(/jane/i).length).toBe(hers);
  // A call that was out at the first asking has ended.
  await api.call("admin", `DELETE /v1/people?url=${SPELLED}`);
  expect(await everything()).not.toMatch(/jane/i);
});

test("people who are forgotten while their campaign runs: each recipient has one outcome, and who was found unsent is never sent to", async () => {
  await sandbox.scenario({ latencyMs: 30 });
  await startAll();
  await accounts("grace", "ada");
  await campaign("c2", ["grace", "ada"]);
  expect(
    await upload(
      "c2",
      Array.from({ length: 80 }, (_, n) => ({ linkedin_url: person(n) })),
    ),
  ).toMatchObject({ accepted: 80 });
  await api.call("producer", "POST /v1/campaigns/c2/start", { allowDoubtfulText: true });
  const never: string[] = [];
  for (let n = 6; n < 80; n += 8) {
    const { body } = await api.call("admin", `DELETE /v1/people?url=${encodeURIComponent(person(n))}`);
    const { recipients, jobs } = body as { recipients: number; jobs: { cancelled: number; erased: number; inFlight: number } };
    if (recipients === 1 || jobs.cancelled === 1) never.push(person(n));
  }
  await waitFor(async () => (await campaignShown("c2")).state, { what: "the campaign to end", until: (seen) => seen === "ended" });
  expect(never.length).toBeGreaterThan(0);
  expect(await campaignShown("c2")).toMatchObject({
    recipients: { accepted: 80, ended: 80, unsent: 0 },
    byStatus: { succeeded: 80 - never.length, cancelled: never.length },
  });
  expect(new Set((await results("c2")).map(({ outcomeId }) => outcomeId)).size).toBe(80);
  expect(sandbox.summary().effects.done).toBe(80 - never.length);
});

test("a call that is out is told, and forgotten when it is asked again", async () => {
  await startAll();
  await accounts("grace");
  await sandbox.scenario({ latencyMs: 1_500 });
  const jobId = await add(message(JANE, { recipientId: JANE }));
  await stateIs(jobId, "active");
  await waitFor(() => sandbox.summary().requests, { what: "the call to be out", until: (seen) => seen > 1 });
  expect((await api.call("admin", `DELETE /v1/people?url=${SPELLED}`)).body).toMatchObject({ jobs: { inFlight: 1, cancelled: 0 } });
  expect(await ended(jobId)).toMatchObject({ status: "succeeded", recipientId: JANE });
  await archivedAre(1);
  expect((await api.call("admin", `DELETE /v1/people?url=${SPELLED}`)).body).toMatchObject({
    jobs: { inFlight: 0, erased: 1 },
    outcomes: 1,
  });
  expect(await everything()).not.toMatch(/jane/i);
});

test("an archive that is away is told before anything is done, and what is no profile's address is refused", async () => {
  const away: ArchiveAddress = { kind: "sqlite", path: join(folder, "none/archive.db") };
  api = await startTestApi({ fresh: true, settings: { archive: away } });
  const jobId = await add(message(JANE));
  expect(await api.call("admin", `DELETE /v1/people?url=${SPELLED}`)).toMatchObject({
    status: 503,
    body: { error: { code: "archive_unsuitable" } },
  });
  expect((await show(jobId)).state).toBe("waiting");
  for (const query of ["", "?url=jane-doe", "?url=https://www.linkedin.com/company/acme", "?name=Jane"]) {
    expect((await api.call("admin", `DELETE /v1/people${query}`)).status).toBe(400);
  }
});

test("a person's job that waits in a plain list ends cancelled, and is not sent when a worker comes", async () => {
  api = await startTestApi({ fresh: true, settings: { archive: null } });
  const { client, tag } = { client: api.engine.scripts.client, tag: api.engine.scripts.tag };
  const jobId = await add(message(JANE));
  expect(CALL_QUEUES).toContain("messages");
  expect((await api.call("admin", `DELETE /v1/people?url=${SPELLED}`)).body).toMatchObject({ jobs: { cancelled: 1 }, archived: 0 });
  expect(await ended(jobId)).toMatchObject({ status: "cancelled", recipientId: null });
  for (const key of await client.keys(`${tag}:messages:*`)) {
    if ((await client.type(key)) === "hash") expect(JSON.stringify(await client.hgetall(key))).not.toMatch(/jane/i);
  }
});

test("an outcome that Redis keeps no longer is read from the archive, jobs and campaigns alike", async () => {
  await startAll({ outcomeDays: 0 });
  await accounts("grace");
  const jobId = await add(message(person(1), { recipientId: person(1) }));
  await campaign("c3", ["grace"]);
  await upload(
    "c3",
    Array.from({ length: 12 }, (_, n) => ({ linkedin_url: person(50 + n) })),
  );
  await api.call("producer", "POST /v1/campaigns/c3/start", { allowDoubtfulText: true });
  await waitFor(async () => (await campaignShown("c3")).state, { what: "the campaign to end", until: (seen) => seen === "ended" });
  await archivedAre(13);
  const { client } = api.engine.scripts;
  await waitFor(async () => (await client.keys(api.engine.scripts.key("outcome:*"))).length, {
    what: "Redis to keep no outcome",
    until: (seen) => seen === 0,
  });
  expect(await show(jobId)).toMatchObject({ state: "completed", operation: "message.send", outcome: { recipientId: person(1) } });
  const listed = await results("c3");
  expect(new Set(listed.map(({ recipientId }) => recipientId)).size).toBe(12);
  // As after LINKUP_LEDGER_DAYS: Redis knows neither the job nor the order of the campaign's outcomes.
  for (const pattern of ["used:*", "campaign-outcomes:*"]) {
    for (const key of await client.keys(api.engine.scripts.key(pattern))) await client.del(key);
  }
  await client.del(`${api.engine.scripts.tag}:messages:${jobId}`);
  expect(await show(jobId)).toMatchObject({ state: "completed", outcome: { jobId } });
  expect((await api.call("viewer", `GET /v1/jobs/${jobId}?queue=messages`)).status).toBe(200);
  expect((await api.call("viewer", `GET /v1/jobs/${jobId}?queue=posts`)).status).toBe(404);
  const ofArchive = await results("c3");
  expect(ofArchive.map(({ outcomeId }) => outcomeId).sort()).toEqual(listed.map(({ outcomeId }) => outcomeId).sort());
});

test("an export after recipients were added late has all outcomes once: those that only the archive lists, and the new ones", async () => {
  await startAll();
  await accounts("grace");
  await campaign("c4", ["grace"]);
  const rows = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => ({ linkedin_url: person(from + n) }));
  const is = (state: string, ended: number) =>
    waitFor(
      async () => {
        const shown = await campaignShown("c4");
        return shown.state === state && shown.recipients.ended === ended;
      },
      { what: `the campaign to be ${state} with ${ended} outcomes` },
    );
  await upload("c4", rows(0, 10));
  await api.call("producer", "POST /v1/campaigns/c4/start", { allowDoubtfulText: true });
  await is("ended", 10);
  await archivedAre(10);
  // As when its results are over: what Redis lists of it is forgotten.
  const { scripts } = api.engine;
  await scripts.run(campaignForgetScript, { resultsMs: -1_000, keepMs: 86_400_000 });
  expect(await scripts.client.exists(scripts.key("campaign-outcomes:c4"))).toBe(0);
  expect((await results("c4")).length).toBe(10);
  await upload("c4", rows(10, 15));
  await is("ended", 15);
  await archivedAre(15);
  const all = await results("c4");
  expect(all.map(({ recipientId }) => recipientId).sort()).toEqual(
    rows(0, 15)
      .map(({ linkedin_url }) => linkedin_url)
      .sort(),
  );
  const { headers } = await api.call("viewer", "GET /v1/campaigns/c4/results");
  expect(headers.get("linkup-results-missing")).toBe("0");
});

test("without an archive, results that Redis has forgotten are told as missing", async () => {
  await startAll({ archive: null });
  await accounts("grace");
  await campaign("c5", ["grace"]);
  await upload("c5", [{ linkedin_url: person(1) }, { linkedin_url: person(2) }]);
  await api.call("producer", "POST /v1/campaigns/c5/start", { allowDoubtfulText: true });
  await waitFor(async () => (await campaignShown("c5")).state, { what: "the campaign to end", until: (seen) => seen === "ended" });
  await api.engine.scripts.run(campaignForgetScript, { resultsMs: -1_000, keepMs: 86_400_000 });
  await upload("c5", [{ linkedin_url: person(3) }]);
  await waitFor(async () => (await results("c5")).length, { what: "the late outcome", until: (seen) => seen === 1 });
  const { headers, body } = await api.call("viewer", "GET /v1/campaigns/c5/results");
  expect([headers.get("linkup-results-missing"), String(body).includes(person(3))]).toEqual(["2", true]);
});
