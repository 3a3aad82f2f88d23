/**
 * Attacks at what is secret, on a whole system: a service that repeats the API key and a token in every way in which they can be written, a
 * sealed secret that is moved, a secrets key that is replaced while jobs run, receivers that lead elsewhere, and the sandbox's control from another page.
 */
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { Secrets } from "@linkup-queue/queue";
import { type Sandbox, startSandbox } from "@linkup-queue/sandbox";
import { freePort, readRedisText, testSecretsKey, waitFor } from "@linkup-queue/testkit";
import { startWorker, type Worker } from "@linkup-queue/worker";
import { pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { basic } from "./board-system.ts";
import { startTestApi, type TestApi, testWorkerSettings } from "./fixture.ts";

const API_KEY = 'lk-live/"0123+456&789=abc';
const TOKEN = `AQED"tok/en+=&<x>'42?0123`;
const PASSWORD = "correct horse battery staple";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
function later<T>(one: T, close: (one: T) => Promise<unknown>): T {
  closing.push(() => close(one));
  return one;
}

type Log = { destination: Writable; text: () => string };
function keptLog(): Log {
  let text = "";
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString("utf8");
      done();
    },
  });
  return { destination, text: () => text };
}

async function sandboxOf(): Promise<Sandbox> {
  return later(await startSandbox(), (one) => one.close());
}
async function apiOf(options: Parameters<typeof startTestApi>[0] = {}): Promise<TestApi> {
  return later(await startTestApi({ fresh: true, ...options }), (one) => one.close());
}
type WorkerParts = { settings?: Partial<Parameters<typeof startWorker>[0]["settings"]>; log?: Log };
async function workerOf(api: TestApi, sandbox: Sandbox, { settings: own, log = keptLog() }: WorkerParts = {}): Promise<Worker> {
  const settings = { ...testWorkerSettings(api.settings, { apiKey: API_KEY, baseUrl: sandbox.url }), ...own };
  const worker = await startWorker({ settings, log: pino({ level: "trace" }, log.destination) });
  return later(worker, (one) => one.drain());
}

type Job = { operation: string; accountId: string; input: object };
async function add(api: TestApi, job: Job): Promise<string> {
  const { body, status } = await api.call("producer", "POST /v1/jobs", job);
  expect(status, JSON.stringify(body)).toBe(202);
  return (body as { jobId: string }).jobId;
}
const person = (n: number) => `https://www.linkedin.com/in/person-${n}`;
const message = (accountId: string, n: number): Job => ({
  operation: "message.send",
  accountId,
  input: { linkedin_url: person(n), message_text: `Hello ${n}` },
});

type Shown = { status: string; code: string | null; output: unknown };
async function outcomeOf(api: TestApi, jobId: string): Promise<Shown> {
  return await waitFor(
    async () => ((await api.call("viewer", `GET /v1/jobs/${jobId}`)).body as { outcome?: Shown | null }).outcome ?? null,
    { what: `the outcome of ${jobId}`, timeoutMs: 120_000 },
  );
}

/** A receiver of posts that keeps what it got, and answers as it is told. */
async function receiver(answer: (path: string) => { status: number; headers?: Record<string, string> } = () => ({ status: 204 })) {
  const got: { path: string; text: string }[] = [];
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    got.push({ path: request.url ?? "", text: `${JSON.stringify(request.headers)} ${Buffer.concat(chunks).toString("utf8")}` });
    const { status, headers = {} } = answer(request.url ?? "");
    response.writeHead(status, headers).end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  later(server, async (one) => {
    one.closeAllConnections();
    one.close();
    await once(one, "close");
  });
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
const HOOK_SECRET = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;

/** A secret as somebody could write it down, and read it again. */
function writtenForms(secret: string): Record<string, string> {
  const quoted = JSON.stringify(secret).slice(1, -1);
  const address = encodeURIComponent(secret);
  return {
    plain: secret,
    json: JSON.stringify({ echo: secret }),
    "json in json": JSON.stringify({ body: JSON.stringify({ echo: secret }) }),
    "json of PHP": `"${quoted.replaceAll("/", "\\/")}"`,
    address: `https://example.com/?t=${address}`,
    "small address": address.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    form: String(new URLSearchParams({ t: secret })),
    html: secret
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      .replaceAll('"', "&quot;")
      .replaceAll("'", "&#39;"),
    hex: Buffer.from(secret).toString("hex"),
    base64: Buffer.from(secret).toString("base64"),
    "basic 1": Buffer.from(`a:${secret}`).toString("base64"),
    "basic 2": Buffer.from(`ab:${secret}:x`).toString("base64"),
    header: `x-api-key: ${secret}\r\nx-next: 1`,
  };
}

/** Stretches by which the secret would be known again in a text, whatever stands around it. */
function traces(secret: string): string[] {
  const inner = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), Buffer.from(secret)])
      .toString("base64")
      .slice(4, -6),
  );
  const quoted = JSON.stringify(secret).slice(1, -1);
  return [
    secret,
    quoted,
    JSON.stringify(quoted).slice(1, -1),
    encodeURIComponent(secret),
    encodeURIComponent(secret).toLowerCase(),
    Buffer.from(secret).toString("hex"),
    ...inner,
  ];
}

test("neither the API key nor a token is anywhere outside, in any way in which a service repeated them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "linkup-security-"));
  closing.push(() => rm(folder, { recursive: true }));
  const archive = { kind: "sqlite" as const, path: join(folder, "archive.db") };
  const sandbox = await sandboxOf();
  const api = await apiOf({ settings: { archive } });
  const log = keptLog();
  const hook = await receiver();
  const worker = await workerOf(api, sandbox, { settings: { archive, healthPort: await freePort() }, log });
  await api.call("admin", "PUT /v1/webhooks/all", { url: hook.url, secret: HOOK_SECRET });
  expect((await api.call("admin", "PUT /v1/accounts/ada", { login_token: TOKEN })).status).toBe(200);

  const forms = {
    ...writtenForms(TOKEN),
    ...Object.fromEntries(Object.entries(writtenForms(API_KEY)).map(([how, text]) => [`key ${how}`, text])),
  };
  const echoes = Object.values(forms);
  const body = (status: string) => ({
    status,
    message: echoes.join(" | "),
    data: { ...forms, ...Object.fromEntries(echoes.map((text) => [text, "name"])), list: echoes, deep: [[{ echoes }]] },
  });
  const next = [
    { status: 200, body: body("success"), operation: "message.send" },
    { status: 400, body: body("error"), operation: "message.send" },
    { status: 422, body: body("error"), operation: "message.send" },
    { status: 200, body: body("error"), operation: "profile.me" },
    { status: 200, body: body("success"), operation: "profile.me" },
    { status: 200, body: echoes.join("\n"), operation: "profile.me" },
  ];
  await sandbox.scenario({ next });
  const jobs = [1, 2, 3].map((n) => message("ada", n));
  jobs.push(...[1, 2, 3].map(() => ({ operation: "profile.me", accountId: "ada", input: {} })));
  const ids: string[] = [];
  const shown: string[] = [];
  for (const job of jobs) {
    const jobId = await add(api, job);
    ids.push(jobId);
    const outcome = await outcomeOf(api, jobId);
    shown.push(JSON.stringify(outcome));
  }
  expect(shown.join()).toContain("[secret]");
  await waitFor(() => hook.got.length, { what: "the posts", until: (count) => count >= ids.length });
  const metrics = await (await fetch(`http://127.0.0.1:${worker.healthPort}/metrics`)).text();
  const places: Record<string, string> = {
    outcomes: shown.join("\n"),
    posts: hook.got.map(({ text }) => text).join("\n"),
    logs: log.text() + api.logged(),
    metrics: `${metrics}${String((await api.call("viewer", "GET /metrics")).body)}`,
    redis: await readRedisText(api.redis.url).then((lines) => JSON.stringify(lines)),
  };
  for (const queue of ["messages", "profiles", "results"]) {
    for (const path of [`?activeQueue=${queue}&status=latest&page=1&jobsPerPage=50`, ...ids.map((id) => `/${queue}/${id}`)]) {
      const response = await fetch(`${api.api.url}/board/api/queues${path}`, { headers: { authorization: basic("viewer") } });
      places["board"] = `${places["board"] ?? ""}${await response.text()}`;
    }
  }
  for (const path of [
    "/v1/jobs?limit=100",
    "/v1/accounts",
    "/v1/accounts/ada",
    "/v1/key",
    "/v1/findings",
    "/v1/webhooks/all",
    "/openapi.json",
  ]) {
    places["api"] = `${places["api"] ?? ""}${JSON.stringify((await api.call("admin", `GET ${path}`)).body)}`;
  }
  await worker.drain();
  for (const name of await readdir(folder)) places["archive"] = `${places["archive"] ?? ""}${await readFile(join(folder, name), "latin1")}`;
  expect(places["archive"]).toContain("message.send");
  const found = Object.entries(places).flatMap(([place, text]) =>
    [TOKEN, API_KEY].flatMap((secret) =>
      traces(secret)
        .filter((trace) => text.includes(trace))
        .map((trace) => `${place}: ${trace}`),
    ),
  );
  expect(found).toEqual([]);
});

test("a sealed token or webhook that is moved to another's record is of no use there, and nothing is sent with it", async () => {
  const sandbox = await sandboxOf();
  const api = await apiOf();
  const log = keptLog();
  await workerOf(api, sandbox, { log });
  const own = await receiver();
  const foreign = await receiver();
  const { client, keys } = api.engine.scripts;
  await api.call("admin", "PUT /v1/accounts/ada", { login_token: "token-of-ada-0123456789" });
  await api.call("admin", "PUT /v1/accounts/bob", { login_token: "token-of-bob-0123456789" });
  const token = (await client.hget(keys.account("ada"), "token")) ?? "";
  await client.hset(keys.account("bob"), "token", token);
  await api.call("admin", "PUT /v1/webhooks/crm", { url: own.url, secret: HOOK_SECRET });
  await api.call("admin", "PUT /v1/webhooks/spy", { url: foreign.url, secret: HOOK_SECRET, statuses: ["unknown"] });
  await client.hset(keys.webhook("crm"), "sealed", (await client.hget(keys.webhook("spy"), "sealed")) ?? "");

  const jobId = await add(api, message("bob", 1));
  const fine = await add(api, message("ada", 2));
  expect(await outcomeOf(api, fine)).toMatchObject({ status: "succeeded" });
  await waitFor(() => log.text().includes("put there from another account"), { what: "the worker to say that a secret does not open" });
  expect(sandbox.journal().filter(({ operation }) => operation === "message.send")).toHaveLength(1);
  await waitFor(async () => (await api.call("viewer", "GET /v1/accounts/bob")).body, {
    what: "bob to need a person",
    until: (bob) => Reflect.get(Object(bob), "why") === "secret_unreadable",
  });
  // The other webhook is told that bob needs a person, and of no outcome.
  expect(foreign.got.filter(({ text }) => text.includes("outcome"))).toEqual([]);
  // Registered anew, bob goes on under a token of its own.
  await api.call("admin", "PUT /v1/accounts/bob", { login_token: "another-token-of-bob-0123456789" });
  expect(await outcomeOf(api, jobId)).toMatchObject({ status: "succeeded" });
});

describe("a secrets key", () => {
  test("is replaced while jobs run: no process stops before its successor is at work, each job is done once, and the former key opens nothing afterwards", async () => {
    const [former, next] = [Buffer.from(testSecretsKey(), "base64"), Buffer.from(testSecretsKey(), "base64")];
    const sandbox = await sandboxOf();
    const first = await apiOf({ settings: { secretsKey: former, rateLimit: 10_000 } });
    const worker = await workerOf(first, sandbox, { settings: { secretsKey: former } });
    const accounts = Array.from({ length: 12 }, (_none, n) => `acc-${n}`);
    for (const id of accounts) await first.call("admin", `PUT /v1/accounts/${id}`, { email: `${id}@example.com`, password: PASSWORD });
    for (const id of accounts)
      await waitFor(async () => (await first.engine.accounts.read(id))?.state, {
        what: "the log-in",
        until: (state) => state === "active",
      });
    const ids: string[] = [];
    let adding = true;
    let api = first;
    const producer = (async () => {
      for (let n = 0; adding; n++) {
        ids.push(await add(api, message(accounts[n % accounts.length] ?? "", n)));
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const redis = { ...first.redis, stop: () => Promise.resolve() };
    const rotating = { keyId: first.settings.keyId, rateLimit: 10_000, secretsKey: next, secretsKeyOld: former };
    const rotated = { ...rotating, secretsKeyOld: null };
    const second = await apiOf({ redis, settings: rotating });
    api = second;
    const successor = await workerOf(second, sandbox, { settings: rotating });
    await worker.drain();
    // A token that dies meanwhile is fetched with the stored password, and sealed with the next key.
    await sandbox.scenario({ killToken: "acc-3@example.com" });
    const target = ids.length + 30;
    await waitFor(() => ids.length, { what: "more jobs", until: (count) => count >= target });
    adding = false;
    await producer;
    expect(await second.engine.resealSecrets()).toMatchObject({ left: 0 });
    await successor.drain();
    // LINKUP_SECRETS_KEY_OLD is left out.
    const third = await apiOf({ redis, settings: rotated });
    await workerOf(third, sandbox, { settings: rotated });
    for (const jobId of ids) expect(await outcomeOf(third, jobId), jobId).toMatchObject({ status: "succeeded" });
    expect(sandbox.summary().effects.done).toBe(ids.length);
    const { client, keys } = third.engine.scripts;
    const opener = new Secrets(former, null);
    for (const id of accounts) {
      const sealed = (await client.hget(keys.account(id), "token")) ?? "";
      await expect(opener.open(sealed, { purpose: "token", owner: id })).rejects.toThrow();
      expect(await third.engine.secrets.open(sealed, { purpose: "token", owner: id })).not.toBe("");
    }
    // The address is still known for the one that it was: its digest outlives the key.
    const twin = await third.call("admin", "PUT /v1/accounts/twin", { email: "acc-3@example.com", password: PASSWORD });
    expect(twin.status).toBe(409);
  });
});

describe("a webhook", () => {
  test("whose receiver leads elsewhere leads nowhere, and none is taken whose address is not public, however it is written", async () => {
    const sandbox = await sandboxOf();
    const inner = await receiver();
    const outer = await receiver((path) => ({
      status: [301, 302, 303, 307, 308][Number(path.slice(1)) % 5] ?? 302,
      headers: { location: `${inner.url}/metadata`, refresh: `0; url=${inner.url}` },
    }));
    const api = await apiOf();
    await workerOf(api, sandbox);
    await api.call("admin", "PUT /v1/accounts/ada", { login_token: "token-of-ada-0123456789" });
    for (let n = 0; n < 5; n++) await api.call("admin", `PUT /v1/webhooks/hook-${n}`, { url: `${outer.url}/${n}`, secret: HOOK_SECRET });
    expect(await outcomeOf(api, await add(api, message("ada", 1)))).toMatchObject({ status: "succeeded" });
    await waitFor(() => new Set(outer.got.map(({ path }) => path)).size, { what: "each to be posted to", until: (count) => count === 5 });
    await waitFor(async () => ((await api.call("admin", "GET /v1/webhooks/hook-0")).body as { lastError: string | null }).lastError, {
      what: "the redirect to be told",
    });
    expect(inner.got).toEqual([]);

    const strict = await apiOf({ settings: { webhookAllowPrivate: false } });
    const taken: string[] = [];
    for (const host of [
      ..."127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1 017700000001 0177.0.0.1 0 0.0.0.0 localhost localhost. LOCALHOST sub.localhost".split(
        " ",
      ),
      ..."10.0.0.1 172.16.0.1 192.168.0.1 169.254.169.254 100.100.100.200 168.63.129.16 192.0.0.192 198.18.0.1 224.0.0.1 255.255.255.255".split(
        " ",
      ),
      ..."[::1] [::] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:a9fe:a9fe] [64:ff9b::a9fe:a9fe] [2002:7f00:1::] [fd00:ec2::254] [fe80::1] [::127.0.0.1]".split(
        " ",
      ),
      ..."１２７.０.０.１ ①②⑦.⓪.⓪.① 127。0。0。1 %31%32%37.0.0.1 user@127.0.0.1 127.0.0.1:80@127.0.0.1".split(" "),
    ]) {
      for (const scheme of ["http", "https"]) {
        const { status } = await strict.call("admin", "PUT /v1/webhooks/inner", { url: `${scheme}://${host}/x`, secret: HOOK_SECRET });
        if (status !== 400) taken.push(`${scheme}://${host}: ${status}`);
      }
    }
    expect(taken).toEqual([]);
  });
});

test("the sandbox's control does nothing for a page of another site, in whatever form it asks", async () => {
  const sandbox = await sandboxOf();
  const { port } = sandbox;
  const before = JSON.stringify(sandbox.scenario());
  const patch = JSON.stringify({ credits: 0, badKey: true });
  const own = `http://127.0.0.1:${port}`;
  const attempts: Record<string, string>[] = [
    { "content-type": "text/plain" },
    { "content-type": "application/x-www-form-urlencoded" },
    { "content-type": "multipart/form-data; boundary=x" },
    { "content-type": "text/plain; application/json" },
    { "content-type": "application/jsonp" },
    { "content-type": "application/json", origin: "https://evil.example" },
    { "content-type": "application/json", origin: "null" },
    { "content-type": "application/json", origin: `${own}.evil.example` },
    { "content-type": "application/json", origin: own.replace("127.0.0.1", "localhost") },
    { "content-type": "application/json", origin: `http://127.0.0.1:${port + 1}` },
    { "content-type": "application/json", "sec-fetch-site": "cross-site" },
    { "content-type": "application/json", "sec-fetch-site": "same-site" },
    { "content-type": "application/json", "sec-fetch-site": "none" },
    { "content-type": "application/json", origin: own, "sec-fetch-site": "cross-site" },
  ];
  for (const headers of attempts) {
    for (const path of ["/_sandbox/scenario", "/_sandbox/reset", "//_sandbox/scenario", "/_sandbox/../_sandbox/scenario"]) {
      const response = await fetch(`${own}${path}`, { method: "POST", headers, body: patch });
      await response.arrayBuffer();
      expect(response.status, `${path} ${JSON.stringify(headers)}`).toBeGreaterThanOrEqual(400);
      expect(response.headers.get("access-control-allow-origin")).toBeNull();
    }
    expect(JSON.stringify(sandbox.scenario())).toBe(before);
  }
  for (const method of ["PUT", "PATCH", "DELETE", "OPTIONS"]) {
    const response = await fetch(`${own}/_sandbox/scenario`, {
      method,
      headers: { origin: "https://evil.example", "access-control-request-method": "POST" },
    });
    expect(response.headers.get("access-control-allow-origin"), method).toBeNull();
    expect(response.status).toBeGreaterThanOrEqual(400);
  }
  expect(JSON.stringify(sandbox.scenario())).toBe(before);
});
