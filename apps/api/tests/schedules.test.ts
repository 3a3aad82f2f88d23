/** Schedules over HTTP, against a real Redis: what is put comes back, twice the same is once, and what is wrong is told by its path. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.call("admin", "PUT /v1/accounts/ada", { login_token: "token-of-ada" });
});
afterAll(async () => api.close());

const job = { operation: "message.send", accountId: "ada", input: { linkedin_url: "https://www.linkedin.com/in/x", message_text: "Hi" } };
const daily = { cron: "0 9 * * 1-5", timezone: "Europe/Amsterdam", job };

test("a schedule is shown with its next ten times, nothing seen yet, and no problem", async () => {
  const put = await api.call("producer", "PUT /v1/schedules/daily", daily);
  expect(put).toMatchObject({
    status: 200,
    body: {
      id: "daily",
      cron: "0 9 * * 1-5",
      everyMs: null,
      timezone: "Europe/Amsterdam",
      overlap: "skip",
      job: { ...job, priority: "normal", onUnknown: "report" },
      problems: [],
      lastTickAt: null,
      lastJob: null,
      skipped: { count: 0, lastAt: null },
      missed: { count: 0, lastAt: null },
    },
  });
  const { next } = put.body as { next: string[] };
  const local = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Amsterdam", hour: "2-digit", minute: "2-digit", weekday: "short" });
  expect(next).toHaveLength(10);
  for (const time of next) expect(local.format(new Date(time))).toMatch(/^(Mon|Tue|Wed|Thu|Fri),? 09:00$/);
  expect((await api.call("producer", "GET /v1/schedules/daily")).body).toEqual(put.body);
});

test("the same definition again changes nothing, another one replaces it", async () => {
  const first = await api.call("producer", "PUT /v1/schedules/same", { everyMs: 3_600_000, job });
  expect((await api.call("producer", "PUT /v1/schedules/same", { job, overlap: "skip", everyMs: 3_600_000 })).body).toEqual(first.body);
  const other = await api.call("producer", "PUT /v1/schedules/same", { ...daily, overlap: "queue" });
  expect(other).toMatchObject({ status: 200, body: { everyMs: null, cron: daily.cron, overlap: "queue" } });
});

test("a schedule whose account is gone or paused says so", async () => {
  const gone = await api.call("producer", "PUT /v1/schedules/gone", { ...daily, job: { ...job, accountId: "nobody" } });
  expect(gone).toMatchObject({ status: 200, body: { problems: [expect.stringMatching(/^Account nobody is gone/)] } });
  await api.call("admin", "POST /v1/accounts/ada/pause");
  const paused = await api.call("producer", "GET /v1/schedules/daily");
  expect(paused).toMatchObject({ body: { problems: [expect.stringMatching(/^Account ada is disabled/)] } });
  await api.call("admin", "POST /v1/accounts/ada/resume");
});

test("bad input is told with every issue and its path, and without its value", async () => {
  const secret = "put-into-the-wrong-field";
  const rows = [
    [{ job }, [""]],
    [
      { cron: "H 9 * * *", job: { ...job, input: { login_token: secret } } },
      ["cron", "job.input.linkedin_url", "job.input.message_text", "job.input.login_token"],
    ],
    [{ everyMs: 10, timezone: 3, job: { ...job, runAt: secret } }, ["everyMs", "timezone", "job.runAt"]],
    [{ everyMs: 5_000, job: { operation: "message.send", accountId: "ada" } }, ["job.input"]],
    [{ everyMs: 5_000, job: { ...job, onUnknown: "rerun" } }, ["job.onUnknown"]],
  ] as const;
  for (const [body, paths] of rows) {
    const answer = await api.call("producer", "PUT /v1/schedules/bad", body);
    const { error } = answer.body as { error: { code: string; issues: { path: string }[] } };
    expect([answer.status, error.code]).toEqual([400, "invalid_input"]);
    expect(error.issues.map(({ path }) => path).sort()).toEqual([...paths].sort());
    expect(JSON.stringify(answer.body)).not.toContain(secret);
  }
  expect((await api.call("producer", "PUT /v1/schedules/a:b", daily)).status).toBe(400);
  expect((await api.call("producer", "GET /v1/schedules/bad")).status).toBe(404);
});

test("a schedule is paused and resumed, each once told, and what is put meanwhile stays paused", async () => {
  await api.call("producer", "PUT /v1/schedules/held", daily);
  const paused = await api.call("producer", "POST /v1/schedules/held/pause");
  expect(paused).toMatchObject({ status: 200, body: { id: "held", pausedAt: expect.any(String), next: [], problems: [] } });
  expect((await api.call("producer", "POST /v1/schedules/held/pause")).body).toEqual(paused.body);
  expect(await api.call("producer", "PUT /v1/schedules/held", { ...daily, overlap: "queue" })).toMatchObject({ body: { next: [] } });
  const resumed = await api.call("producer", "POST /v1/schedules/held/resume");
  expect(resumed).toMatchObject({ status: 200, body: { pausedAt: null, overlap: "queue", missed: { count: 0 } } });
  expect((resumed.body as { next: string[] }).next).toHaveLength(10);
  const { body } = await api.call("admin", "GET /v1/audit?limit=4");
  const { items } = body as { items: { what: string; target: string; by: string }[] };
  expect(items.map(({ what, target, by }) => `${by} ${what} ${target}`)).toEqual(
    ["POST /v1/schedules/{id}/resume", "PUT /v1/schedules/{id}", "POST /v1/schedules/{id}/pause", "POST /v1/schedules/{id}/pause"].map(
      (what) => `the-producer ${what} held`,
    ),
  );
  for (const what of ["pause", "resume", "run"]) {
    expect((await api.call("producer", `POST /v1/schedules/none/${what}`)).status, what).toBe(404);
    expect((await api.call("viewer", `POST /v1/schedules/held/${what}`)).status, what).toBe(403);
  }
  await api.call("producer", "DELETE /v1/schedules/held");
});

test("a run by hand is a job like any, and with overlap skip the next one waits for its outcome", async () => {
  await api.call("producer", "PUT /v1/schedules/byhand", daily);
  const run = await api.call("producer", "POST /v1/schedules/byhand/run");
  expect(run).toMatchObject({ status: 202, body: { queue: "messages" } });
  const { jobId } = run.body as { jobId: string };
  expect((await api.call("viewer", `GET /v1/jobs/${jobId}`)).body).toMatchObject({ state: "waiting", operation: "message.send" });
  const again = await api.call("producer", "POST /v1/schedules/byhand/run");
  expect(again).toMatchObject({ status: 409, body: { error: { message: expect.stringContaining(jobId) } } });
  expect((await api.call("producer", "GET /v1/schedules/byhand")).body).toMatchObject({ lastTickAt: null, lastJob: { jobId } });
  await api.call("producer", `DELETE /v1/jobs/${jobId}`);
  await api.call("producer", "DELETE /v1/schedules/byhand");
});

test("schedules are listed page by page and end when they are deleted", async () => {
  const first = await api.call("producer", "GET /v1/schedules?limit=2");
  const page = first.body as { items: { id: string }[]; nextCursor: string };
  const rest = (await api.call("producer", `GET /v1/schedules?limit=2&cursor=${page.nextCursor}`)).body as typeof page;
  expect([...page.items, ...rest.items].map(({ id }) => id)).toEqual(["daily", "gone", "same"]);
  expect(rest.nextCursor).toBeNull();
  for (const { id } of [...page.items, ...rest.items]) {
    expect((await api.call("producer", `DELETE /v1/schedules/${id}`)).status).toBe(204);
    expect((await api.call("producer", `DELETE /v1/schedules/${id}`)).status).toBe(404);
  }
  expect((await api.call("producer", "GET /v1/schedules")).body).toEqual({ items: [], nextCursor: null });
});
