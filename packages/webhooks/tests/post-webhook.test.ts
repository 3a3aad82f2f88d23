/** Posts to real receivers on this machine: what a receiver can verify, what counts as delivered, and what is never connected to. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterEach, expect, test } from "vitest";
import { postWebhook, type ResolveName } from "../src/index.ts";

const SECRET = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const BODY = JSON.stringify({ type: "outcome.succeeded", timestamp: "2026-01-01T00:00:00.000Z", data: { name: "Zoë", n: 1 } });
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
});

async function receiver(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

const post = (url: string) => ({ url, secret: SECRET, messageId: "o-1", body: BODY });

test("a receiver verifies the post with the library, and a changed body or another secret fails", async () => {
  const { promise, resolve } = Promise.withResolvers<{ body: string; headers: Record<string, string> }>();
  const port = await receiver(async (request, response) => {
    const body = await bodyOf(request);
    response.writeHead(204).end();
    resolve({ body, headers: request.headers as Record<string, string> });
  });
  expect(await postWebhook(post(`http://127.0.0.1:${port}/in?team=a`), { allowPrivate: true })).toEqual({ ok: true, httpStatus: 204 });
  const { body, headers } = await promise;
  expect(headers).toMatchObject({ "webhook-id": "o-1", "content-type": "application/json" });
  expect(new Webhook(SECRET).verify(body, headers)).toEqual(JSON.parse(BODY));
  expect(() => new Webhook(SECRET).verify(body.replace("1", "2"), headers)).toThrow(/signature/);
  expect(() => new Webhook(`whsec_${Buffer.alloc(32, 6).toString("base64")}`).verify(body, headers)).toThrow(/signature/);
});

test.each([
  [200, true, null],
  [299, true, null],
  [400, false, "http_400"],
  [410, false, "http_410"],
  [500, false, "http_500"],
])("%i is delivered: %s", async (status, ok, why) => {
  const port = await receiver((_request, response) => response.writeHead(status).end("words"));
  const result = await postWebhook(post(`http://127.0.0.1:${port}/`), { allowPrivate: true });
  expect(result).toEqual(ok ? { ok, httpStatus: status } : { ok, httpStatus: status, why, retryAfterMs: null });
});

test("a receiver that asks to be left alone for some time is heard, in seconds and as a date", async () => {
  for (const [header, least, most] of [
    ["120", 120_000, 120_000],
    ["Fri, 31 Dec 9999 23:59:59 GMT", 200 * 365 * 86_400_000, 8_000 * 366 * 86_400_000],
    ["Sun, 06 Nov 1994 08:49:37 GMT", null, null],
    ["0", null, null],
    ["soon", null, null],
    ["-5", null, null],
    ["99999999999999999999", null, null],
  ] as const) {
    const port = await receiver((_request, response) => response.writeHead(429, { "retry-after": header }).end());
    const result = await postWebhook(post(`http://127.0.0.1:${port}/`), { allowPrivate: true });
    expect(result, header).toMatchObject({ ok: false, httpStatus: 429, why: "http_429" });
    const { retryAfterMs } = result as { retryAfterMs: number | null };
    if (least === null) expect(retryAfterMs, header).toBeNull();
    else expect(retryAfterMs, header).toSatisfy((ms: number) => ms >= least && ms <= most);
  }
});

test("a redirect is not followed, wherever it leads", async () => {
  let reached = 0;
  const inner = await receiver((_request, response) => {
    reached += 1;
    response.end();
  });
  for (const status of [301, 302, 307, 308]) {
    const port = await receiver((_request, response) => response.writeHead(status, { location: `http://127.0.0.1:${inner}/` }).end());
    const result = await postWebhook(post(`http://127.0.0.1:${port}/`), { allowPrivate: true });
    expect(result).toEqual({ ok: false, httpStatus: status, why: "redirected", retryAfterMs: null });
  }
  expect(reached).toBe(0);
});

test("a receiver that is silent, that hangs up or never ends its answer costs the time-out at most, and no memory", async () => {
  const silent = await receiver(() => undefined);
  const endless = await receiver((_request, response) => {
    const more = () => {
      if (!response.destroyed) response.write(Buffer.alloc(16_384), () => setImmediate(more));
    };
    more();
  });
  const rude = await receiver((request) => request.socket.destroy());
  const to = (port: number) => postWebhook(post(`http://127.0.0.1:${port}/`), { allowPrivate: true, timeoutMs: 300 });
  expect(await to(silent)).toEqual({ ok: false, httpStatus: null, why: "timed_out", retryAfterMs: null });
  expect(await to(endless)).toMatchObject({ ok: true, httpStatus: 200 });
  expect(await to(rude)).toEqual({ ok: false, httpStatus: null, why: "connection_failed", retryAfterMs: null });
  const giveUp = new AbortController();
  const given = postWebhook(post(`http://127.0.0.1:${silent}/`), { allowPrivate: true, signal: giveUp.signal });
  giveUp.abort();
  expect(await given).toMatchObject({ ok: false, why: "given_up" });
});

test.each(["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "169.254.169.254", "10.0.0.1", "[fc00::1]"])(
  "nothing is posted to %s unless that is allowed",
  async (host) => {
    let reached = 0;
    const port = await receiver((_request, response) => {
      reached += 1;
      response.end();
    });
    const result = await postWebhook(post(`http://${host}:${port}/`), { allowPrivate: false, timeoutMs: 2_000 });
    expect(result).toEqual({ ok: false, httpStatus: null, why: "address_refused", retryAfterMs: null });
    expect(reached).toBe(0);
  },
);

test("a name is resolved once, and nothing is connected to when any of its addresses is private", async () => {
  let reached = 0;
  const port = await receiver((_request, response) => {
    reached += 1;
    response.end();
  });
  const asked: string[] = [];
  const leadingTo =
    (...addresses: string[]): ResolveName =>
    (name) => {
      asked.push(name);
      return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })));
    };
  const to = (resolve: ResolveName, allowPrivate = false) =>
    postWebhook(post(`http://receiver.example:${port}/`), { allowPrivate, resolve, timeoutMs: 2_000 });
  for (const resolve of [leadingTo("127.0.0.1"), leadingTo("8.8.8.8", "::1"), leadingTo("::ffff:10.0.0.1"), leadingTo("fd00::1")]) {
    expect(await to(resolve)).toEqual({ ok: false, httpStatus: null, why: "address_refused", retryAfterMs: null });
  }
  expect([reached, asked.length]).toEqual([0, 4]);
  expect(await to(leadingTo("127.0.0.1"), true)).toEqual({ ok: true, httpStatus: 200 });
  expect([reached, asked.length]).toEqual([1, 5]);
});

test("a name that leads nowhere is told as such, without its address", async () => {
  const resolve: ResolveName = () => Promise.reject(Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" }));
  const result = await postWebhook(post("https://nowhere.example/path-with-token"), { allowPrivate: false, resolve });
  expect(result).toEqual({ ok: false, httpStatus: null, why: "name_not_resolved", retryAfterMs: null });
});
