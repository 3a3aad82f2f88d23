/** The client against a server of HTTP that answers as it is told: where each member of a request goes, and what is sent again. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, expectTypeOf, test } from "vitest";
import { type Accepted, type Client, ClientError, type Cost, createClient, type JobRowPage } from "../src/client.js";

type Asked = { line: string; headers: IncomingMessage["headers"]; body: string };
type Answerer = (response: ServerResponse) => void;

const TOKEN = "secret-of-the-token-0123456789";
const JOB = {
  operation: "message.send" as const,
  accountId: "anna",
  input: { linkedin_url: "https://www.linkedin.com/in/ada", message_text: "Hi" },
};
const ACCEPTED = { queue: "messages", jobId: "k-1", duplicate: false };

const asked: Asked[] = [];
let answers: Answerer[] = [];
let client: Client;

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answerer =>
  (response) =>
    void response.writeHead(status, { "content-type": "application/json; charset=utf-8", ...headers }).end(JSON.stringify(body));
const problem = (status: number, code: string, headers: Record<string, string> = {}) =>
  json(status, { error: { code, message: `The words of ${code}` } }, headers);
const broken: Answerer = (response) => void response.destroy();

const server = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (text: string) => {
    body += text;
  });
  request.on("end", () => {
    asked.push({ line: `${request.method} ${request.url}`, headers: request.headers, body });
    (answers.shift() ?? json(200, {}))(response);
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  client = createClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, token: TOKEN });
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(() => {
  asked.length = 0;
  answers = [];
});

async function errorOf(call: Promise<unknown>): Promise<ClientError> {
  const error = await call.catch((thrown: unknown) => thrown);
  if (!(error instanceof ClientError)) throw new Error(`no ClientError: ${String(error)}`);
  return error;
}

test("members go into the path, the query, a header or the body, as the description of the api has them", async () => {
  await client.getJob({ jobId: "a/b ?c", queue: "messages" });
  await client.listOutcomes({ status: "failed", limit: 5, after: undefined });
  await client.addJob({ ...JOB, dryRun: true });
  await client.addJob({ ...JOB, idempotencyKey: "own" });
  await client.addJobs({ idempotencyKey: "batch-1", lines: [JOB, JOB] });
  await client.bookSent({ id: "anna", body: { id: "by-hand-1", operation: "invitation.send", at: "2028-07-01T08:00:00.000Z" } });
  await client.startCampaign({ id: "spring" });
  await client.startCampaign({ id: "spring", first: 3 });
  await client.addRecipients({ id: "spring", csv: "recipientId,name\n1,Ada\n", delimiter: ";" });
  expect(asked.map(({ line }) => line)).toEqual([
    "GET /v1/jobs/a%2Fb%20%3Fc?queue=messages",
    "GET /v1/outcomes?limit=5&status=failed",
    "POST /v1/jobs?dryRun=1",
    "POST /v1/jobs",
    "POST /v1/jobs/batch",
    "POST /v1/accounts/anna/sent",
    "POST /v1/campaigns/spring/start",
    "POST /v1/campaigns/spring/start",
    "POST /v1/campaigns/spring/recipients?delimiter=%3B",
  ]);
  const bodies = asked.map(({ body }) => body);
  expect(JSON.parse(bodies[2] ?? "")).toEqual(JOB);
  expect(JSON.parse(bodies[3] ?? "")).toEqual({ ...JOB, idempotencyKey: "own" });
  expect(bodies[4]).toBe(`${JSON.stringify(JOB)}\n${JSON.stringify(JOB)}\n`);
  expect(JSON.parse(bodies[5] ?? "")).toMatchObject({ id: "by-hand-1" });
  expect([bodies[0], bodies[6], JSON.parse(bodies[7] ?? "")]).toEqual(["", "", { first: 3 }]);
  expect(asked[4]?.headers).toMatchObject({
    "idempotency-key": "batch-1",
    "content-type": "application/x-ndjson",
    accept: "application/json",
  });
  expect(asked[8]?.headers["content-type"]).toBe("text/csv");
  expect(new Set(asked.map(({ headers }) => headers.authorization))).toEqual(new Set([`Bearer ${TOKEN}`]));
});

test("a request that no api could read is never sent", async () => {
  await expect(client.getJob({ jobId: "" })).rejects.toThrow("getJob: jobId is missing");
  await expect(client.getKey({ of: "all" } as never)).rejects.toThrow("getKey: takes no of");
  await expect(client.addJobs({} as never)).rejects.toThrow("addJobs: lines are missing");
  expect(asked).toEqual([]);
});

test("lines are sent as they are made, and lines of an answer come one by one", async () => {
  let made = 0;
  async function* jobs() {
    while (made < 3) {
      made += 1;
      yield { ...JOB, idempotencyKey: `key-${made}` };
    }
  }
  await client.addJobs({ lines: jobs() });
  expect(
    asked[0]?.body
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).idempotencyKey),
  ).toEqual(["key-1", "key-2", "key-3"]);

  const text = Buffer.from(`{"message":"é"}\n\n{"message":"2"}`);
  answers = [
    (response) => {
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      // A character that is cut in two.
      response.write(text.subarray(0, 13), () => response.end(text.subarray(13)));
    },
    (response) =>
      void response.writeHead(200, { "content-type": "application/x-ndjson" }).write('{"message":"1"}\n{"mess', () => response.destroy()),
  ];
  const all = [];
  for await (const { message } of await client.exportResults({ id: "spring" })) all.push(message);
  expect(all).toEqual(["é", "2"]);
  const cut = (async () => {
    for await (const line of await client.exportResults({ id: "spring" })) all.push(line.message);
  })();
  expect(await errorOf(cut)).toMatchObject({ code: "no_answer", call: "exportResults" });
  expect(all).toEqual(["é", "2", "1"]);
});

test("the answer of a refusal is one error with the api's code, its issues and no secret", async () => {
  const issues = [{ path: "accountId", message: "is required" }];
  answers = [json(400, { error: { code: "invalid_input", message: "The request is not valid", issues } })];
  const error = await errorOf(client.addJob(JOB));
  expect(error).toMatchObject({
    name: "ClientError",
    code: "invalid_input",
    call: "addJob",
    status: 400,
    issues,
    retryAfterMs: null,
    nothingDone: true,
  });
  expect(error.message).toBe("addJob: The request is not valid; accountId is required");
  expect(JSON.stringify([error, error.message, error.stack])).not.toContain(TOKEN);
});

test("a refusal that came before anything was done is sent again after its Retry-After, twice at most", async () => {
  const busy = problem(429, "too_many_requests", { "retry-after": "0" });
  answers = [busy, busy, json(202, ACCEPTED)];
  expect(await client.addJob(JOB)).toEqual(ACCEPTED);
  expect(asked).toHaveLength(3);
  answers = [busy, busy, busy, json(202, ACCEPTED)];
  expect(await errorOf(client.addJob(JOB))).toMatchObject({ code: "too_many_requests", nothingDone: true, retryAfterMs: 0 });
  expect(asked).toHaveLength(6);
});

test("an answer that leaves open whether it was done is thrown at once, unless the call only reads", async () => {
  const away = problem(503, "redis_unreachable", { "retry-after": "0" });
  answers = [away, json(202, ACCEPTED)];
  expect(await errorOf(client.addJob(JOB))).toMatchObject({ code: "redis_unreachable", status: 503, nothingDone: false, retryAfterMs: 0 });
  expect(asked).toHaveLength(1);
  answers = [away, json(200, { items: [], nextCursor: null })];
  expect(await client.listJobs()).toEqual({ items: [], nextCursor: null });
  answers = [problem(400, "invalid_input", { "retry-after": "0" })];
  expect(await errorOf(client.addJobs({ lines: [JOB] }))).toMatchObject({ nothingDone: false });
  answers = [(response) => void response.writeHead(502, { "retry-after": "0" }).end("<html>")];
  expect(await errorOf(client.addJob(JOB))).toMatchObject({ code: "unreadable_answer", status: 502, nothingDone: false });
  answers = [broken];
  expect(await errorOf(client.addJob(JOB))).toMatchObject({ code: "no_answer", status: null, nothingDone: false });
});

test("nothing is sent again without a Retry-After, after one that is too long, or with lines that were made while they were sent", async () => {
  answers = [problem(429, "too_many_requests")];
  expect(await errorOf(client.addJob(JOB))).toMatchObject({ retryAfterMs: null, nothingDone: true });
  answers = [problem(429, "too_many_requests", { "retry-after": "3600" })];
  expect(await errorOf(client.addJob(JOB))).toMatchObject({ retryAfterMs: 3_600_000 });
  answers = [problem(429, "too_many_requests", { "retry-after": "0" })];
  expect(await errorOf(client.addJobs({ lines: new Set([JOB]) }))).toMatchObject({ code: "too_many_requests" });
  expect(asked).toHaveLength(3);
});

test("a signal ends the wait for an answer, and the pause before it is asked again", async () => {
  const gone = new AbortController();
  answers = [() => gone.abort(new Error("enough"))];
  await expect(client.getKey(undefined, { signal: gone.signal })).rejects.toThrow("enough");
  const later = new AbortController();
  const fetch: typeof globalThis.fetch = async () => {
    queueMicrotask(() => later.abort(new Error("no longer")));
    return new Response('{"error":{"code":"too_many_requests","message":""}}', { status: 429, headers: { "retry-after": "20" } });
  };
  const pausing = createClient({ url: "http://127.0.0.1:9", token: TOKEN, fetch });
  await expect(pausing.addJob(JOB, { signal: later.signal })).rejects.toThrow("no longer");
});

test("a call's answer has the type that its request asks for", () => {
  expectTypeOf(() => client.addJob(JOB)).returns.resolves.toEqualTypeOf<Accepted>();
  expectTypeOf(() => client.addJob({ ...JOB, dryRun: true })).returns.resolves.toEqualTypeOf<Cost>();
  expectTypeOf(() => client.listJobs({ state: "parked" })).returns.resolves.toEqualTypeOf<JobRowPage>();
  expectTypeOf(() => client.exportResults({ id: "spring", format: "csv" })).returns.resolves.toEqualTypeOf<string>();
  // @ts-expect-error An operation that is misspelt.
  () => client.addJob({ ...JOB, operation: "message.sent" });
  // @ts-expect-error A member that is missing.
  () => client.getJob({});
});
