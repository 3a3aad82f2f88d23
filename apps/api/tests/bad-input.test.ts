/** Whatever is sent, the answer is a clear 4xx in one form, nothing is half done, and the api goes on. */
import { once } from "node:events";
import { connect } from "node:net";
import { queuePrefix } from "@linkup-queue/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ErrorBody } from "../src/http/api-error.ts";
import { ROUTES } from "../src/index.ts";
import { SECRETS, startTestApi, type TestApi } from "./fixture.ts";
import { openSocket } from "./raw-http.ts";

/** Long enough for ten megabytes on a busy machine; the tests of slow bodies take as long each. */
const BODY_MS = 3_000;
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ fresh: true, limits: { bodyMs: BODY_MS, silenceMs: BODY_MS, bodyBytes: 200_000, lingerMs: 1_500 } });
});
afterAll(async () => api.close());

const JOB = {
  operation: "message.send",
  accountId: "ada",
  input: { linkedin_url: "https://www.linkedin.com/in/x", message_text: "Hi" },
  idempotencyKey: "k",
};
const WITH_BODY = ROUTES.filter(({ schemas, streams }) => schemas.body !== null && streams.length === 0);

/** Values that may come where something else is wanted. */
const LEAVES = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom("__proto__", "constructor", "\u0000", "\ud800", "a".repeat(9_000), -0, 1e308, 2 ** 53, [[[]]], { length: 1 }),
);

type Sent = { method?: string; path: string; body?: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> };

async function send({ method = "POST", path, body, headers = {} }: Sent) {
  const response = await fetch(`${api.api.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${SECRETS.admin}`, "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, text: await response.text() };
}

/** A refusal in our own form. */
function expectRefused({ status, text }: { status: number; text: string }, among: readonly number[] = [400]) {
  expect(among, text.slice(0, 300)).toContain(status);
  expect(ErrorBody.safeParse(JSON.parse(text)).success, text.slice(0, 300)).toBe(true);
}

async function jobsIn(): Promise<number> {
  const { client } = api.engine.scripts;
  const queues = ["messages", "network", "profiles", "posts"];
  const counts = await Promise.all(queues.map((queue) => client.zcard(`${queuePrefix(api.settings.keyId)}:${queue}:prioritized`)));
  return counts.reduce((sum, count) => sum + count, 0);
}

test("any JSON at all sent to any route is refused with its issues, or taken because it is right", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...WITH_BODY), fc.jsonValue(), async ({ method, path }, value) => {
      const { status, text } = await send({
        method: method.toUpperCase(),
        path: path.replaceAll(/\{\w+\}/g, "x"),
        body: JSON.stringify(value),
      });
      // A body that is right, for something that isn't there, or for a state that isn't lost.
      const rightBody = path.includes("{") ? [404] : path === "/v1/key/restore" ? [409] : [];
      expectRefused({ status, text }, [400, ...rightBody]);
    }),
    { numRuns: 200 },
  );
  expect(await jobsIn()).toBe(0);
});

test("a job with any one field replaced by anything is refused or taken, never a failure of ours", async () => {
  const field = fc.constantFrom(
    ...Object.keys(JOB),
    "priority",
    "runAt",
    "expiresAt",
    "onUnknown",
    "campaignId",
    "v",
    "__proto__",
    "toString",
  );
  await fc.assert(
    fc.asyncProperty(field, LEAVES, async (name, value) => {
      const body = JSON.stringify(Object.fromEntries([...Object.entries(JOB).filter(([known]) => known !== name), [name, value]]));
      const { status, text } = await send({ path: "/v1/jobs?dryRun=1", body });
      if (status !== 200) expectRefused({ status, text });
    }),
    { numRuns: 300 },
  );
  expect(await jobsIn()).toBe(0);
});

test("a job cut off at any position is refused", async () => {
  const whole = JSON.stringify(JOB);
  for (let length = 0; length < whole.length; length++) expectRefused(await send({ path: "/v1/jobs", body: whole.slice(0, length) }));
  expect(await jobsIn()).toBe(0);
});

test("keys named like a prototype are refused at every depth and in every spelling", async () => {
  for (const body of [
    `{"__proto__":{"role":"admin"},"operation":"message.send"}`,
    `{"operation":"message.send","accountId":"ada","input":{"__proto__":{"x":1}}}`,
    `{"operation":"message.send","accountId":"ada","input":{"\\u005f_proto__":{"x":1}}}`,
  ]) {
    const answer = await send({ path: "/v1/jobs", body });
    expectRefused(answer);
    expect(answer.text).toContain("prototype");
  }
  expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain("role");
});

test("deep JSON, JSON in another charset and bytes that are no text are refused", async () => {
  for (const depth of [201, 10_000, 50_000]) {
    expectRefused(await send({ path: "/v1/jobs", body: `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`.slice(0, 190_000) }), [400, 413]);
    expectRefused(await send({ path: "/v1/jobs", body: "[".repeat(depth) }));
  }
  expectRefused(await send({ path: "/v1/jobs", body: Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d) }));
  expectRefused(await send({ path: "/v1/jobs", body: "{}", headers: { "content-encoding": "br" } }), [400, 415]);
  expectRefused(await send({ path: "/v1/jobs", body: "not gzip", headers: { "content-encoding": "gzip" } }));
});

test("other content types are answered 415 by every route that reads a body", async () => {
  for (const { method, path } of WITH_BODY) {
    const line = { method: method.toUpperCase(), path: path.replaceAll(/\{\w+\}/g, "x"), body: "{}" };
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx", "x"]) {
      expectRefused(await send({ ...line, headers: { "content-type": type } }), [415]);
    }
  }
});

test("10 MB of garbage get their answer, again and again", async () => {
  const garbage = new Uint8Array(10 * 1024 * 1024).fill(0x61);
  for (let round = 0; round < 10; round++) {
    expectRefused(await send({ path: "/v1/jobs", body: garbage }), [413]);
    const lines = await send({ path: "/v1/jobs/batch", body: garbage, headers: { "content-type": "application/x-ndjson" } });
    expect(JSON.parse(lines.text)).toMatchObject({ line: 1, error: { code: "payload_too_large" } });
  }
  expect(await jobsIn()).toBe(0);
});

test("a batch with any byte changed answers each of its lines, in order and in form", async () => {
  const line = JSON.stringify({ operation: "profile.me", accountId: "ada", input: {} });
  const whole = Buffer.from(`${line}\n${line}\n${line}`);
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), async (at, byte) => {
      const body = Uint8Array.from(whole);
      body[at] = byte;
      const { status, text } = await send({ path: "/v1/jobs/batch", body, headers: { "content-type": "application/x-ndjson" } });
      expect(status).toBe(200);
      const numbers = text
        .trim()
        .split("\n")
        .map((answer) => {
          const read = JSON.parse(answer) as { line: number; error?: unknown; jobId?: string };
          expect(read.jobId !== undefined || ErrorBody.safeParse(read).success).toBe(true);
          return read.line;
        });
      expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
      expect(numbers.length).toBeGreaterThanOrEqual(1);
    }),
    { numRuns: 150 },
  );
});

test("any path and any query is answered in form", async () => {
  const parts = fc.array(
    fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom("v1", "jobs", "accounts", "..", "%", "%00", "%ff", ";", "ada")),
    {
      maxLength: 5,
    },
  );
  await fc.assert(
    fc.asyncProperty(parts, fc.string({ maxLength: 40 }), async (path, query) => {
      const address = `/${path.map(encodeURI).join("/")}?${encodeURI(query)}`.replaceAll("#", "");
      const { status, text } = await send({ method: "GET", path: address });
      if (status >= 400) expectRefused({ status, text }, [400, 404, 405]);
    }),
    { numRuns: 200 },
  );
  expectRefused(await send({ method: "GET", path: "/v1/accounts/%E0%A4%A" }));
  expectRefused(await send({ method: "GET", path: "/v1/jobs?limit=1&limit=2" }));
});

/** Writes raw bytes and reads all that comes back. */
async function raw(chunks: readonly string[], { halfClose = false }: { halfClose?: boolean } = {}): Promise<string> {
  const socket = connect({ port: api.api.port, host: "127.0.0.1", allowHalfOpen: true });
  let text = "";
  socket.on("data", (chunk) => {
    text += String(chunk);
  });
  socket.on("error", () => undefined);
  socket.on("end", () => socket.end());
  for (const chunk of chunks) socket.write(chunk);
  if (halfClose) socket.end();
  await once(socket, "close");
  return text;
}

const headOf = (path: string, type: string) =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${SECRETS.producer}\r\ncontent-type: ${type}\r\n`;
const HEAD = headOf("/v1/jobs", "application/json");

test("a body that never comes to its end is answered 408, and a connection closed in its middle does nothing", async () => {
  const before = await jobsIn();
  const slow = await raw([`${HEAD}content-length: 100\r\n\r\n{"operation":`]);
  expect(slow).toContain("HTTP/1.1 408");
  expect(slow).toContain('"timed_out"');
  const half = await raw([`${HEAD}content-length: 100\r\n\r\n${JSON.stringify(JOB).slice(0, 50)}`], { halfClose: true });
  expect(half === "" || /^HTTP\/1\.1 4\d\d/.test(half)).toBe(true);
  expect(await jobsIn()).toBe(before);
});

test("a batch that falls silent says from which line on to send again, and one that is closed in a line's middle takes the whole lines alone", async () => {
  const line = JSON.stringify({ operation: "profile.me", accountId: "ada", input: {} });
  const head = `${headOf("/v1/jobs/batch", "application/x-ndjson")}content-length: 1000\r\n\r\n`;
  const before = await jobsIn();
  const silent = await raw([`${head}${line}\n${line.slice(0, 20)}`]);
  expect(silent).toMatch(/"line":1,"jobId"/);
  expect(silent).toMatch(/"line":2,"error":\{"code":"timed_out"/);
  await raw([`${head}${line}\n${line.slice(0, 20)}`], { halfClose: true });
  expect(await jobsIn()).toBe(before + 2);
});

test("recipients that fall silent are counted as far as they came, and a closed connection does no more", async () => {
  const campaign = {
    campaignId: "slow",
    name: "slow",
    operation: "invitation.send",
    accountIds: ["ada"],
    input: { linkedin_url: "{{linkedin_url}}" },
  };
  await api.call("admin", "PUT /v1/accounts/ada", { login_token: "token-of-ada" });
  expect((await send({ path: "/v1/campaigns", body: JSON.stringify(campaign) })).status).toBe(201);
  const head = `${headOf("/v1/campaigns/slow/recipients", "application/x-ndjson")}content-length: 1000\r\n\r\n`;
  const row = (person: string) => JSON.stringify({ linkedin_url: `https://www.linkedin.com/in/${person}` });
  const silent = await raw([`${head}${row("one")}\n${row("two").slice(0, 20)}`]);
  expect(silent).toContain("HTTP/1.1 408");
  expect(silent).toContain('"accepted":1');
  await raw([`${head}${row("three")}\n${row("four").slice(0, 20)}`], { halfClose: true });
  const { body } = await api.call("admin", "GET /v1/campaigns/slow");
  expect(body).toMatchObject({ recipients: { accepted: expect.toSatisfy((count: number) => count === 1 || count === 2) } });
});

test("accounts, schedules and webhooks with any one member replaced by anything are refused or taken, never a failure of ours", async () => {
  const whole = {
    "/v1/accounts/fuzzed": { email: "fuzzed@example.com", password: "secret", country: "FR", maxInFlight: 2 },
    "/v1/accounts/token": { login_token: "a-token", country: "UK" },
    "/v1/schedules/fuzzed": {
      cron: "0 9 * * MON-FRI",
      timezone: "Europe/Paris",
      overlap: "skip",
      job: { ...JOB, idempotencyKey: undefined },
    },
    "/v1/webhooks/fuzzed": {
      url: "https://127.0.0.1:9/hook",
      secret: `whsec_${Buffer.alloc(32, 3).toString("base64")}`,
      statuses: ["failed"],
      campaignId: "spring",
    },
  };
  for (const [path, body] of Object.entries(whole)) {
    expect(await send({ method: "PUT", path, body: JSON.stringify(body) }), path).toMatchObject({ status: 200 });
    const paths = pathsOf(body);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), LEAVES, async (at, value) => {
        const { status, text } = await send({ method: "PUT", path, body: JSON.stringify(replaced(body, at, value)) });
        if (status !== 200) expectRefused({ status, text }, [400, 409]);
      }),
      { numRuns: 150 },
    );
  }
});

/** The ways to every member of an object, at every depth, and to one that it doesn't have. */
function pathsOf(value: unknown): string[][] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  const below = Object.entries(value).flatMap(([name, member]) => [[name], ...pathsOf(member).map((path) => [name, ...path])]);
  return [...below, ["toString"]];
}

function replaced(value: unknown, [name = "", ...rest]: readonly string[], by: unknown): unknown {
  const old = Object.entries(value ?? {});
  const member = rest.length === 0 ? by : replaced(old.find(([known]) => known === name)?.[1], rest, by);
  return Object.fromEntries([...old.filter(([known]) => known !== name), [name, member]]);
}

test("a request that is no HTTP is answered 400 in the same form", async () => {
  const garbage = await raw(["\u0016\u0003 this is no HTTP\r\n\r\n"]);
  expect(garbage).toContain("HTTP/1.1 400");
  expect(garbage).toContain('{"error":{"code":"invalid_input"');
  const headers = await raw([`GET / HTTP/1.1\r\nx: ${"y".repeat(70_000)}\r\n\r\n`]);
  expect(headers).toContain("HTTP/1.1 431");
});

test("after all that it works, and nothing of it was a failure of ours", async () => {
  expect((await send({ path: "/v1/jobs", body: JSON.stringify({ ...JOB, idempotencyKey: "after-all" }) })).status).toBe(202);
  expect(api.logged()).not.toMatch(/"status":5\d\d/);
  expect(api.logged()).not.toContain('"level":50');
});

test("a client that asks for its connection to be closed may send its body to the end after it was refused", async () => {
  const length = 4 * 1024 * 1024;
  const socket = await openSocket(api.api.port);
  const errors: string[] = [];
  socket.on("error", ({ message }) => errors.push(message));
  const [answer] = await new Promise<[string]>((resolve) => {
    socket.once("data", (text) => resolve([String(text)]));
    const headers = ["host: x", "connection: close", "content-type: application/json", `content-length: ${length}`];
    socket.write(`POST /v1/jobs HTTP/1.1\r\n${headers.join("\r\n")}\r\n\r\n`);
  });
  expect(answer).toMatch(/^HTTP\/1.1 401 /);
  await new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    socket.write(Buffer.alloc(length, 120), () => resolve());
  });
  expect(errors).toEqual([]);
  socket.destroy();
});
