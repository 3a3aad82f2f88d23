/** The board over HTTP: who may read and act, what is refused, that retry and remove go through the ledger, and that no secret leaves. */
import { API_ROLES, type ApiRole } from "@linkup-queue/contracts";
import { BOARD_QUEUES } from "@linkup-queue/queue";
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ACCOUNT, type BoardSystem, basic, startBoardSystem } from "./board-system.ts";
import { SECRETS } from "./fixture.ts";

let system: BoardSystem;
const answers: string[] = [];
beforeAll(async () => {
  system = await startBoardSystem();
});
afterAll(async () => system.close());

async function ask(role: ApiRole | null, line: string, headers: Readonly<Record<string, string>> = { "sec-fetch-site": "same-origin" }) {
  const [method = "", path = ""] = line.split(" ");
  const authorization: Record<string, string> = role === null ? {} : { authorization: basic(role) };
  const response = await fetch(`${system.api.api.url}/board${path}`, { method, headers: { ...authorization, ...headers } });
  const text = await response.text();
  answers.push(text, JSON.stringify([...response.headers]));
  return { status: response.status, text, headers: response.headers };
}

const json = ({ text }: { text: string }) => JSON.parse(text) as Record<string, unknown>;

/** Requests of the page; each with a job id where it needs one. */
const REFUSED = [
  "PUT /api/queues/messages/clean/failed",
  "PUT /api/queues/messages/retry/failed",
  "PUT /api/queues/messages/promote",
  "PUT /api/queues/messages/empty",
  "PUT /api/queues/messages/obliterate",
  "PUT /api/queues/messages/concurrency",
  "PUT /api/queues/messages/rate-limit",
  "PUT /api/queues/messages/rate-limit/release",
  "PUT /api/queues/messages/JOB/promote",
  "PUT /api/queues/messages/JOB/remove-unprocessed-children",
  "PATCH /api/queues/messages/JOB/update-data",
  "PATCH /api/queues/messages/JOB/delay",
  "PATCH /api/queues/messages/JOB/priority",
  "POST /api/queues/messages/add",
  "POST /api/queues/results/add",
  "PUT /api/queues/results/JOB/clean",
  "PUT /api/queues/results/empty",
  "PUT /api/queues/results/clean/retry",
  "PUT /api/queues/results/retry/retry",
  "PUT /api/queues/results/promote/retry",
  "PUT /api/queues/messages/clean/retry",
  "PUT /api/queues/messages/constructor",
  "PUT /api/queues/messages/toString/x",
  "PUT /api/queues/messages/JOB/constructor",
  "PUT /api/queues/auth/JOB/retry",
  "PUT /api/queues/auth/JOB/clean",
  "PUT /api/queues/campaigns/feed/retry",
  "PUT /api/queues/campaigns/feed/clean",
  "PUT /api/queues/schedules/JOB/retry",
  "PUT /api/queues/schedules/JOB/clean",
  "PUT /api/queues/schedules/job-schedulers/daily/remove",
  "PUT /api/queues/schedules/job-schedulers/daily/run",
  "PATCH /api/queues/schedules/job-schedulers/daily",
  "PUT /api/Queues/messages/JOB/retry",
  "DELETE /api/queues/messages",
  "POST /",
] as const;
const ALLOWED = [
  "PUT /api/queues/messages/JOB/retry",
  "PUT /api/queues/messages/JOB/clean",
  "PUT /api/queues/messages/pause",
  "PUT /api/queues/messages/resume",
  "PUT /api/queues/pause",
  "PUT /api/queues/resume",
] as const;

test("nobody without a name and its secret sees anything, and the browser is told to ask", async () => {
  for (const line of ["GET ", "GET /", "GET /queue/messages", "GET /api/queues", "GET /static/favicon.ico", "PUT /api/queues/pause"]) {
    const { status, headers } = await ask(null, line);
    expect(status, line).toBe(401);
    expect(headers.get("www-authenticate"), line).toMatch(/^Basic realm=/);
  }
  const wrong = await ask(null, "GET /api/queues", { authorization: basic("viewer", SECRETS.admin) });
  expect(wrong.status).toBe(401);
  const bearer = await ask(null, "GET /api/queues", { authorization: `Bearer ${SECRETS.admin}` });
  expect(bearer.status).toBe(401);
});

test("every role reads every queue, in groups and described; only an admin's are not read-only", async () => {
  for (const role of API_ROLES) {
    const { status, text } = await ask(role, "GET /api/queues");
    expect(status).toBe(200);
    const { queues } = JSON.parse(text) as { queues: { name: string; displayName: string; description: string; readOnlyMode: boolean }[] };
    expect(queues.map(({ name }) => name)).toEqual(BOARD_QUEUES);
    for (const queue of queues) {
      expect(queue.readOnlyMode, role).toBe(role !== "admin");
      expect(queue.displayName).toContain(": ");
      expect(queue.description.length).toBeGreaterThan(10);
    }
    const page = await ask(role, "GET ");
    expect(page.status).toBe(200);
    expect(page.text).not.toMatch(/(?:src|href)="https?:/);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(page.headers.get("content-security-policy")).not.toContain("https:");
  }
  expect((await ask("admin", "GET /api/redis/stats")).status).toBe(403);
  expect((await ask("viewer", "GET /api/queues/nothing/1")).status).toBe(404);
});

test("a viewer and a producer change nothing, whatever they send", async () => {
  for (const role of ["viewer", "producer"] as const) {
    for (const line of [...REFUSED, ...ALLOWED]) expect((await ask(role, line)).status, `${role} ${line}`).toBe(403);
  }
});

test("an action that would lose accepted jobs or go around the ledger is refused to admins too, in words", async () => {
  const jobId = await system.addFailing(1);
  for (const line of REFUSED) {
    const answer = await ask("admin", line.replace("JOB", jobId));
    expect(answer.status, line).toBe(405);
    const { error, message } = json(answer) as { error: { code: string; message: string }; message: string };
    expect(error).toMatchObject({ code: "method_not_allowed", message });
    expect(message.length, line).toBeGreaterThan(20);
    expect(message, line).not.toContain("native code");
  }
  expect(await (await system.queues.of("messages").getJob(jobId))?.getState()).toBe("failed");
});

test("a change that another site causes is refused, also with an admin's name and secret", async () => {
  const { url } = system.api.api;
  for (const line of ALLOWED) {
    for (const headers of [
      {},
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "none" },
      { "sec-fetch-site": "cross-site", origin: url },
      { origin: "https://evil.example" },
      { origin: "null" },
    ]) {
      expect((await ask("admin", line, headers)).status, `${line} ${JSON.stringify(headers)}`).toBe(403);
    }
  }
  expect((await ask("admin", "PUT /api/queues/posts/resume", { origin: url })).status).toBe(200);
});

test("a queue is shown as rate-limited only while its limit is reached", async () => {
  const shown = async () => {
    const { queues } = json(await ask("viewer", "GET /api/queues")) as { queues: { name: string; activeRateLimitTtl: number }[] };
    return queues.find(({ name }) => name === "profiles")?.activeRateLimitTtl ?? -1;
  };
  const { client } = system.api.engine.scripts;
  const limiter = system.queues.of("profiles").toKey("limiter");
  await client.set(limiter, system.api.settings.rateLimit - 1, "PX", 60_000);
  expect(await shown()).toBe(0);
  await client.incr(limiter);
  expect(await shown()).toBeGreaterThan(0);
  await client.del(limiter);
});

test("an admin pauses and resumes a queue, and nothing of it is lost", async () => {
  expect((await ask("admin", "PUT /api/queues/messages/pause")).status).toBe(200);
  expect(await system.queues.of("messages").isPaused()).toBe(true);
  const jobId = await system.add(2);
  expect((await ask("admin", "PUT /api/queues/messages/resume")).status).toBe(200);
  expect(await system.outcomeOf(jobId)).toMatchObject({ status: "succeeded" });
});

test("retry re-drives through the ledger: once, as a new job that names the old one, and logged with who asked", async () => {
  const jobId = await system.addFailing(3);
  const retried = await ask("admin", `PUT /api/queues/messages/${encodeURIComponent(jobId)}/retry`);
  expect(retried.status).toBe(200);
  expect(json(retried)).toMatchObject({ jobId: `${jobId}~2`, redriveOf: jobId, duplicate: false });
  const again = await ask("admin", `PUT /api/queues/messages/${encodeURIComponent(jobId)}/retry`);
  expect(json(again)).toMatchObject({ jobId: `${jobId}~2`, duplicate: true });
  expect(await system.outcomeOf(`${jobId}~2`)).toMatchObject({ status: "succeeded", redriveOf: jobId });
  expect(await system.outcomeOf(jobId)).toMatchObject({ status: "failed" });
  const done = await ask("admin", `PUT /api/queues/messages/${encodeURIComponent(`${jobId}~2`)}/retry`);
  expect([done.status, done.text]).toEqual([409, expect.stringContaining("succeeded")]);
  expect((await ask("admin", "PUT /api/queues/messages/nothing/retry")).status).toBe(404);
  const logged = system.api
    .logged()
    .split("\n")
    .find((line) => line.includes('"board action"') && line.includes(jobId));
  expect(JSON.parse(logged ?? "{}")).toMatchObject({ caller: "the-admin", action: "retry", queue: "messages", jobId });
});

test("a write whose effect nobody knows is not done again from the board: that takes an explicit word", async () => {
  await system.sandbox.scenario({ next: [{ status: "reset", when: "after", operation: "message.send" }] });
  const jobId = await system.add(8);
  expect(await system.outcomeOf(jobId)).toMatchObject({ status: "unknown" });
  const done = system.sandbox.summary().effects.done;
  const answer = await ask("admin", `PUT /api/queues/messages/${jobId}/retry`);
  expect(answer.status).toBe(409);
  const { message } = json(answer) as { message: string };
  expect(message).toContain(`POST /v1/jobs/${jobId}/redrive with {"maySendTwice": true}`);
  expect(message).toContain(`linkup job redrive ${jobId} --may-send-twice`);
  expect(await system.queues.of("messages").getJob(`${jobId}~2`)).toBeUndefined();
  expect(system.sandbox.summary().effects.done).toBe(done);
});

test("remove cancels a waiting job with its outcome, and takes an ended one from the board while its outcome stays", async () => {
  await system.api.call("admin", `POST /v1/accounts/${ACCOUNT}/pause`);
  const waiting = await system.add(4);
  await waitFor(async () => (await system.api.engine.accounts.read(ACCOUNT))?.parked, {
    what: "the job to park",
    until: (seen) => seen === 1,
  });
  // Its page and the list tell what it waits for.
  const told = { ledger: { waitsFor: { reason: "disabled", accountId: ACCOUNT, position: 1 } } };
  expect(json(await ask("viewer", `GET /api/queues/messages/${waiting}`))).toMatchObject({ job: { data: told } });
  const { queues } = json(await ask("viewer", "GET /api/queues?activeQueue=messages&status=delayed&page=1&jobsPerPage=10")) as {
    queues: { name: string; jobs: { id: string; data: unknown }[] }[];
  };
  const listed = queues.find(({ name }) => name === "messages")?.jobs.find(({ id }) => id === waiting);
  expect(listed?.data).toMatchObject({ ...told, accountId: ACCOUNT });
  expect((await ask("admin", `PUT /api/queues/messages/${waiting}/clean`)).status).toBe(200);
  expect(await system.outcomeOf(waiting)).toMatchObject({ status: "cancelled", code: "cancelled" });
  await system.api.call("admin", `POST /v1/accounts/${ACCOUNT}/resume`);

  const failed = await system.addFailing(5);
  expect(json(await ask("admin", `PUT /api/queues/messages/${failed}/clean`))).toMatchObject({ status: "ended" });
  expect(await system.queues.of("messages").getJob(failed)).toBeUndefined();
  expect(await system.outcomeOf(failed)).toMatchObject({ status: "failed", code: "not_found" });
  expect((await ask("admin", "PUT /api/queues/messages/nothing/clean")).status).toBe(404);
});

test("a job's page tells operation, account, campaign, the ledger's state and the outcome", async () => {
  const jobId = await system.addFailing(6);
  const { job } = json(await ask("viewer", `GET /api/queues/messages/${jobId}`)) as { job: { data: Record<string, unknown> } };
  expect(job.data).toMatchObject({
    ledger: {
      state: "failed",
      ended: "failed, not_found",
      operation: "message.send",
      accountId: ACCOUNT,
      campaignId: null,
      outcome: { status: "failed", code: "not_found", calls: 1 },
    },
    accountId: ACCOUNT,
    input: { message_text: "Hello 6" },
  });
});

test("a long payload is cut with a note, and what the ledger knows stays", async () => {
  const job = await system.queues.of("profiles").add("profile.me", { v: 1, accountId: ACCOUNT, input: {}, junk: "x".repeat(300_000) });
  const { text } = await ask("viewer", `GET /api/queues/profiles/${job.id}`);
  expect(text.length).toBeLessThan(20_000);
  expect(text).toContain("characters in all");
  const list = await ask("viewer", "GET /api/queues?activeQueue=profiles&status=latest&page=1&jobsPerPage=10");
  expect(list.text.length).toBeLessThan(30_000);
  const shown = await ask("viewer", `GET /api/queues/profiles/${job.id}`);
  expect(json(shown)).toMatchObject({ job: { data: { ledger: { operation: "profile.me" } } } });
});

test("a list of jobs with large files brings none of them, and still tells what each job is, whose, and why it failed", async () => {
  const file = "x".repeat(2_000_000);
  const input = { message_text: "Hi", linkedin_url: "https://www.linkedin.com/in/x", media_link: file };
  const { client } = system.api.engine.scripts;
  const [, password = ""] = system.secrets;
  const messages = system.queues.of("messages");
  // LinkUp answers this one 404, so the ledger knows it; of the others, in a queue that rests, it knows nothing yet.
  await system.sandbox.scenario({ next: [{ status: 404, operation: "message.send" }] });
  const known = await messages.add("message.send", { v: 1, accountId: ACCOUNT, input }, { jobId: "file-known" });
  await system.outcomeOf("file-known");
  await waitFor(() => known.getState(), { what: "the job among the failed", until: (seen) => seen === "failed" });
  const posts = system.queues.of("posts");
  await posts.pause();
  const ids = Array.from({ length: 25 }, (_, at) => `file-${at}`);
  await posts.addBulk(ids.map((jobId) => ({ name: "post.create", data: { v: 1, accountId: ACCOUNT, input }, opts: { jobId } })));
  for (const key of [messages.toKey("file-known"), posts.toKey("file-1")]) {
    await client.hset(key, { failedReason: `refused ${password}`, returnvalue: JSON.stringify(file) });
  }

  const sent = async () => Number(/total_net_output_bytes:(\d+)/.exec(await client.info("stats"))?.[1]);
  const jobsOf = async (queue: string, state: string) => {
    const { status, text } = await ask("viewer", `GET /api/queues?activeQueue=${queue}&status=${state}&page=1&jobsPerPage=50`);
    expect(status).toBe(200);
    expect(text).not.toContain(password);
    const { queues } = JSON.parse(text) as { queues: { name: string; jobs: Record<string, unknown>[] }[] };
    return queues.find(({ name }) => name === queue)?.jobs ?? [];
  };
  const before = await sent();
  const waiting = await jobsOf("posts", "waiting");
  const failed = await jobsOf("messages", "failed");
  expect((await sent()) - before).toBeLessThan(500_000);
  expect(waiting.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
  expect(waiting.find(({ id }) => id === "file-1")).toMatchObject({
    name: "post.create",
    data: { "(cut)": expect.stringContaining("bytes of data") },
    failedReason: "The job's own page shows why it failed",
  });
  expect(failed.find(({ id }) => id === "file-known")).toMatchObject({
    name: "message.send",
    attempts: 1,
    data: { accountId: ACCOUNT },
    failedReason: "refused [redacted]",
  });
  expect(json(await ask("viewer", "GET /api/queues/posts/file-1"))).toMatchObject({ job: { failedReason: "refused [redacted]" } });
  for (const id of ids) await posts.remove(id);
  await posts.resume();
});

test("jobs that anybody may have written, and pages that nobody turns, cost nobody the page", async () => {
  const queue = system.queues.of("messages");
  const { client } = system.api.engine.scripts;
  for (const [jobId, fields] of [
    ["bad-options", { opts: "{x" }],
    ["bad-progress", { progress: "{", returnvalue: "{" }],
    ["bad-trace", { stacktrace: "x" }],
    ["bad-data", { data: "{" }],
  ] as const) {
    await queue.add("message.send", { accountId: ACCOUNT } as never, { delay: 1e9, jobId });
    await client.hset(queue.toKey(jobId), fields);
    expect((await ask("viewer", `GET /api/queues/messages/${jobId}`)).status, jobId).toBe(200);
  }
  const list = await ask("viewer", "GET /api/queues?activeQueue=messages&status=delayed&page=1");
  expect(list.status).toBe(200);
  for (const jobId of ["bad-options", "bad-progress", "bad-trace", "bad-data"]) expect(list.text).toContain(jobId);
  for (const page of ["1000000", "10000000000000000", "92233720368547760", "1e30", "x"]) {
    expect((await ask("viewer", `GET /api/queues?activeQueue=messages&status=delayed&page=${page}`)).status, page).toBe(400);
  }
  for (const state of ["meta", "events", "id", "limiter", "bad-data", "%00", "constructor", "delayed&status=failed"]) {
    const address = `GET /api/queues?activeQueue=messages&page=1&status=${state}`;
    expect((await ask("viewer", address)).status, state).toBe(400);
  }
  for (const jobId of ["bad-options", "bad-progress", "bad-trace", "bad-data"]) await client.del(queue.toKey(jobId));
  await client.zrem(queue.toKey("delayed"), "bad-options", "bad-progress", "bad-trace", "bad-data");
});

test("where an account's stored secrets are damaged its jobs are shown without their payloads, and others as ever", async () => {
  const { client, key } = { client: system.api.engine.scripts.client, key: system.api.engine.scripts.key(`account:${ACCOUNT}`) };
  const jobId = await system.addFailing(77);
  const sealed = (await client.hget(key, "credentials")) ?? "";
  await client.hset(key, "credentials", "garbage");
  try {
    for (const line of [`GET /api/queues/messages/${jobId}`, "GET /api/queues?activeQueue=messages&status=failed&page=1"]) {
      const { status, text } = await ask("viewer", line);
      expect(status, line).toBe(200);
      expect(text).toContain(`secrets of account ${ACCOUNT} that are stored can't be opened`);
      expect(text).not.toContain("Hello 77");
    }
  } finally {
    await client.hset(key, "credentials", sealed);
  }
  expect((await ask("viewer", `GET /api/queues/messages/${jobId}`)).text).toContain("Hello 77");
});

test("a page of more jobs than people read is refused, so that nobody waits for it", async () => {
  const address = "GET /api/queues?activeQueue=messages&status=latest&page=1&jobsPerPage=";
  expect((await ask("viewer", `${address}300`)).status).toBe(200);
  for (const asked of ["301", "1000000", "1e6", "0x64", "-1", "10&jobsPerPage=100000", "+5"]) {
    expect((await ask("viewer", address + asked)).status, asked).toBe(400);
  }
  expect((await ask("viewer", "GET /api/queues/messages/1/flow?maxChildren=100000")).status).toBe(400);
});

test("no secret is on any page, in any answer or in any log line, wherever it was planted", async () => {
  const planted = await system.addFailing(7);
  await system.plant(planted);
  const [, password = "", token = ""] = system.secrets;
  const input = { linkedin_url: "https://www.linkedin.com/in/x", message_text: "Hi", login_token: token };
  const plain = await system.queues.of("messages").add("message.send", { v: 1, accountId: ACCOUNT, input, password });
  const before = answers.length;
  for (const role of API_ROLES) {
    for (const path of [
      "",
      "/queue/messages",
      "/api/queues",
      "/api/queues?activeQueue=messages&status=latest&page=1&jobsPerPage=50",
      "/api/queues?activeQueue=messages&status=failed&page=1&jobsPerPage=50",
      "/api/queues?activeQueue=results&status=latest&page=1&jobsPerPage=50",
      "/api/queues?activeQueue=auth&status=latest&page=1&jobsPerPage=50",
      `/api/queues/messages/${planted}`,
      `/api/queues/messages/${planted}/logs`,
      `/api/queues/messages/${planted}/flow`,
      `/api/queues/messages/${plain.id}`,
      "/api/queues/messages/workers",
      "/api/queues/messages/metrics",
      "/api/queues/messages/default-job-options",
      "/api/job-schedulers",
    ]) {
      expect([200, 403], path).toContain((await ask(role, `GET ${path}`)).status);
    }
  }
  const seen = answers.slice(before).join("\n");
  expect(seen).toContain("not_found");
  expect(seen).toContain("[redacted]");
  for (const secret of system.secrets) {
    expect(answers.join("\n")).not.toContain(secret);
    expect(system.api.logged()).not.toContain(secret);
  }
});
