/** The transport, with LinkUp API v1 behind it, against a raw TCP server that sees every byte: what leaves, when, and what each end of a call comes to. */

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { gzipSync } from "node:zlib";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type CallFrame,
  createHttpTransport,
  type HttpOptions,
  linkupV1,
  type ProviderRequest,
  type Reply,
  type Transport,
} from "../src/index.ts";
import { httpAnswer, type RawServer, startRawServer, TEST_CA } from "./raw-server.ts";

const KEY = "key-4f1d-secret";
const TOKEN = "AQEDATtoken-secret";
const open: { close: () => Promise<void> }[] = [];

afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
  const connections = () => process.getActiveResourcesInfo().filter((name) => name.startsWith("TCP"));
  await waitFor(connections, { what: "every connection to be closed", until: (seen) => seen.length === 0 });
});

async function serve(onRequest: (socket: Socket, text: string) => void, secure = false): Promise<RawServer> {
  const server = await startRawServer(onRequest, secure);
  open.push(server);
  return server;
}

type Options = Partial<HttpOptions> & { retryWritesOn500?: boolean };

function transportTo(baseUrl: string, { retryWritesOn500 = true, ...options }: Options = {}): Transport {
  const transport = createHttpTransport(linkupV1({ retryWritesOn500 }), { baseUrl, apiKey: KEY, timeoutMs: 20_000, ...options });
  open.push(transport);
  return transport;
}

const WRITE: ProviderRequest = {
  kind: "call",
  operation: "message.send",
  input: { message_text: "Grüß dich" },
  token: TOKEN,
  country: "FR",
};
const READ: ProviderRequest = { ...WRITE, operation: "profile.me" };
const LOGIN: ProviderRequest = { kind: "login", email: "a@b.c", password: "pw-secret", country: "FR" };
const VERIFY: ProviderRequest = { kind: "verify", email: "a@b.c", code: "123456" };

/** Sends a write, unless told otherwise. */
const send = (transport: Transport, frame: Partial<CallFrame> = {}, request: ProviderRequest = WRITE): Promise<Reply> =>
  transport.send(request, { deadlineMs: 20_000, markLeft: async () => true, ...frame });

const silent = (): void => undefined;
const answering = (text: string) => (socket: Socket) => void socket.end(text);
const SUCCESS = httpAnswer(200, '{"status":"success","data":{"id":7123456789012345678}}');
const NOTHING_LEFT = { charge: "no", effect: "none", remedy: "retry" };
const UNKNOWN = { charge: "unknown", effect: "unknown", remedy: "end" };

describe("one call", () => {
  it("hands on no API key and no login token that an answer repeats, in whatever text or name they stand", async () => {
    const told = {
      echo: `x-api-key: ${KEY}; login_token=${TOKEN}`,
      [`of ${KEY}`]: [{ deep: `${TOKEN}${TOKEN}`, address: `https://example.com/?t=${encodeURIComponent(`${TOKEN}`)}` }],
      body: JSON.stringify({ session: TOKEN }),
      id: 1,
    };
    const server = await serve(answering(httpAnswer(200, JSON.stringify({ status: "success", data: told }))));
    const { verdict } = await send(transportTo(server.url), {}, READ);
    const text = JSON.stringify(verdict);
    expect(text).not.toContain(KEY);
    expect(text).not.toContain(TOKEN);
    expect(verdict.output).toMatchObject({ echo: "x-api-key: [secret]; login_token=[secret]", id: 1, body: '{"session":"[secret]"}' });
  });

  it("posts the input with token and country under the key, and hands on exact data", async () => {
    const server = await serve(answering(SUCCESS));
    const result = await send(transportTo(`${server.url}/base/`));
    expect(result).toMatchObject({ left: true, verdict: { row: "success", httpStatus: 200, output: { id: "7123456789012345678" } } });
    const [head = "", body = ""] = (await (await server.first).request).split("\r\n\r\n");
    expect(head).toMatch(/^POST \/base\/v1\/messages\/send-message HTTP\/1\.1\r\n/);
    expect(head).toMatch(new RegExp(`x-api-key: ${KEY}`, "i"));
    expect(head).toMatch(/content-type: application\/json/i);
    expect(head).toMatch(/connection: close/i);
    expect(JSON.parse(body)).toEqual({ message_text: "Grüß dich", login_token: TOKEN, country: "FR" });
  });

  it("goes out on a connection of its own, also when the server would keep the last one", async () => {
    const server = await serve(
      (socket) => void socket.write(httpAnswer(200, '{"status":"success","data":{"name":"Ann"}}', { connection: "keep-alive" })),
    );
    const transport = transportTo(server.url);
    for (const request of [READ, WRITE, READ]) expect((await send(transport, {}, request)).verdict.code).toBeNull();
    await Promise.all([send(transport), send(transport)]);
    expect(server.connections).toHaveLength(5);
  });

  it("does not follow a redirect", async () => {
    const server = await serve(answering(httpAnswer(307, "", { location: "/elsewhere" })));
    expect((await send(transportTo(server.url))).verdict).toMatchObject({
      row: "redirect",
      httpStatus: 307,
      ...UNKNOWN,
      remedy: "brake",
    });
    expect(server.connections).toHaveLength(1);
  });

  it("is made once, whatever the status", async () => {
    const server = await serve(answering(httpAnswer(500, "Internal Server Error")));
    expect((await send(transportTo(server.url))).verdict).toMatchObject({ row: "server-error", httpStatus: 500, remedy: "retry" });
    const strict = transportTo(server.url, { retryWritesOn500: false });
    expect((await send(strict)).verdict).toMatchObject({ row: "server-error-write", effect: "unknown", remedy: "end" });
    expect(server.connections).toHaveLength(2);
  });
});

describe("the left mark", () => {
  it("is asked once, when the connection is open, and no byte leaves before it has answered", async () => {
    const server = await serve(answering(SUCCESS));
    const asked = Promise.withResolvers<void>();
    const mark = Promise.withResolvers<boolean>();
    const markLeft = vi.fn((): Promise<boolean> => {
      asked.resolve();
      return mark.promise;
    });
    const call = send(transportTo(server.url), { markLeft });
    await asked.promise;
    const seen = await server.first;
    await server.roundTrip();
    expect(seen.text()).toBe("");
    mark.resolve(true);
    expect((await call).left).toBe(true);
    expect(seen.text()).toContain("POST ");
    expect(markLeft).toHaveBeenCalledTimes(1);
    expect(server.connections).toHaveLength(1);
  });

  it.each([
    ["left-refused", async (): Promise<boolean> => false],
    [
      "mark-failed",
      async () => {
        throw new Error("Redis is away");
      },
    ],
    [
      "mark-failed",
      () => {
        throw new Error("Redis is away, told at once");
      },
    ],
  ] as const)("lets nothing out when it is not given: %s", async (row, markLeft) => {
    const server = await serve(answering(SUCCESS));
    expect(await send(transportTo(server.url), { markLeft })).toMatchObject({ left: false, verdict: { row, ...NOTHING_LEFT } });
    const seen = await server.first;
    await seen.ended;
    expect(seen.text()).toBe("");
    expect(server.connections).toHaveLength(1);
  });

  it("lets nothing out when it comes after the deadline", async () => {
    const server = await serve(answering(SUCCESS));
    const mark = Promise.withResolvers<boolean>();
    const result = await send(transportTo(server.url), { markLeft: () => mark.promise, deadlineMs: 50 });
    expect(result).toMatchObject({ left: false, verdict: { row: "too-late-to-leave", ...NOTHING_LEFT } });
    mark.resolve(true);
    const seen = await server.first;
    await seen.ended;
    expect(seen.text()).toBe("");
  });

  it("lets nothing out when this process stood still past the deadline while the mark was written", async () => {
    const server = await serve(answering(SUCCESS));
    const markLeft = async (): Promise<boolean> => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
      return true;
    };
    expect(await send(transportTo(server.url), { markLeft, deadlineMs: 100 })).toMatchObject({
      left: false,
      verdict: { row: "too-late-to-leave" },
    });
    const seen = await server.first;
    await seen.ended;
    expect(seen.text()).toBe("");
  });

  it.each(["reset", "closed"] as const)("is of no use when the provider has %s the connection meanwhile: nothing left", async (how) => {
    const server = await serve(silent);
    const markLeft = async (): Promise<boolean> => {
      const { socket } = await server.first;
      if (how === "reset") socket.resetAndDestroy();
      else socket.end();
      await server.roundTrip();
      return true;
    };
    expect(await send(transportTo(server.url), { markLeft })).toMatchObject({
      left: false,
      verdict: { row: "nothing-left", ...NOTHING_LEFT },
    });
    expect((await server.first).text()).toBe("");
  });
});

describe("without a connection", () => {
  it.each([
    ["refused", "http://127.0.0.1:1"],
    ["without a name", "http://linkup-queue.invalid"],
  ])("%s: nothing left, and the mark is never asked for", async (_how, url) => {
    const markLeft = vi.fn(async () => true);
    const result = await send(transportTo(url), { markLeft });
    expect(result).toMatchObject({
      left: false,
      verdict: { row: "nothing-left", code: "connection_failed", httpStatus: null, ...NOTHING_LEFT },
    });
    expect(markLeft).not.toHaveBeenCalled();
  });

  it("ends at the deadline when the server never accepts", async () => {
    const full = await startFullServer();
    open.push(full);
    expect(await send(transportTo(full.url), { deadlineMs: 100 })).toMatchObject({ left: false, verdict: { row: "too-late-to-leave" } });
  });

  it("ends at the deadline when a TLS handshake never ends", async () => {
    const server = await serve(silent);
    const transport = transportTo(server.url.replace("http:", "https:"));
    expect(await send(transport, { deadlineMs: 100 })).toMatchObject({ left: false, verdict: { row: "too-late-to-leave" } });
    expect(await (await server.first).ended).toBe("closed");
  });

  it("does not even connect when no time is left", async () => {
    const server = await serve(answering(SUCCESS));
    expect(await send(transportTo(server.url), { deadlineMs: 0 })).toMatchObject({ left: false, verdict: { row: "too-late-to-leave" } });
    await server.roundTrip();
    expect(server.connections).toHaveLength(0);
  });
});

describe("an answer that does not come whole", () => {
  const drip = (socket: Socket): void => {
    socket.write("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n{");
    const timer = setInterval(() => socket.write(" "), 5);
    socket.on("close", () => clearInterval(timer));
  };
  it.each([
    ["before its head", silent],
    ["in a dripping body", drip],
  ])("is given up at the deadline, %s, and the connection is reset", async (_where, onRequest) => {
    const server = await serve(onRequest);
    const result = await send(transportTo(server.url, { timeoutMs: 200 }));
    expect(result).toMatchObject({ left: true, verdict: { row: "timed-out", code: "timed_out", ...UNKNOWN } });
    expect(await (await server.first).ended).toBe("reset");
    expect(server.connections).toHaveLength(1);
  });

  it.each<[string, (socket: Socket) => void]>([
    ["a reset after the request", (socket) => void socket.resetAndDestroy()],
    ["a close after the request", (socket) => void socket.end()],
    ["half a head", answering("HTTP/1.1 200 OK\r\ncontent-le")],
    ["less than its content-length", answering('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"status":"success"}')],
    ["a 500 without its body", answering("HTTP/1.1 500 No\r\ncontent-length: 100\r\n\r\n{")],
    ["an unfinished chunk", answering("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{")],
    ["no HTTP", answering("SSH-2.0-OpenSSH\r\n\r\n")],
    ["half a gzip", (socket) => sendGzip(socket, gzipSync('{"status":"success","data":{}}').subarray(0, 20))],
    ["a switch of protocols", answering("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n")],
  ])("leaves charge and effect unknown: %s", async (_what, onRequest) => {
    const server = await serve(onRequest);
    expect(await send(transportTo(server.url))).toMatchObject({
      left: true,
      verdict: { row: "reset", code: "bad_response", ...UNKNOWN },
    });
    expect(server.connections).toHaveLength(1);
  });
});

describe("a body", () => {
  it.each([
    ["no JSON", "<html>busy</html>"],
    ["empty", ""],
    ["no UTF-8", "\u0000{"],
    ["nested without end", "[".repeat(100_000)],
  ])("that is %s is unreadable", async (_what, body) => {
    const server = await serve(answering(httpAnswer(200, body)));
    expect((await send(transportTo(server.url))).verdict).toMatchObject({
      row: "unreadable",
      code: "bad_response",
      ...UNKNOWN,
      remedy: "doubt",
    });
  });

  it("is read when it is compressed", async () => {
    const server = await serve((socket) => sendGzip(socket, gzipSync('{"status":"success","data":[1]}')));
    expect((await send(transportTo(server.url))).verdict).toMatchObject({ row: "success", output: [1] });
  });

  it("is read up to the bound and no further, and the connection is reset", async () => {
    const server = await serve((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const more = (): void => {
        if (socket.write(Buffer.alloc(1024 * 1024, " "))) setImmediate(more);
      };
      socket.on("drain", more);
      more();
    });
    expect((await send(transportTo(server.url))).verdict).toMatchObject({ row: "too-large", ...UNKNOWN });
    expect(await (await server.first).ended).toBe("reset");
  });

  it("cannot swell past the bound by compression", async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
    const server = await serve((socket) => sendGzip(socket, bomb));
    const before = process.memoryUsage().rss;
    expect((await send(transportTo(server.url))).verdict).toMatchObject({ row: "too-large", ...UNKNOWN });
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  });

  it("of exactly the bound is read", async () => {
    const body = '{"status":"success"}';
    const server = await serve(answering(httpAnswer(200, body)));
    expect((await send(transportTo(server.url, { maxBodyBytes: body.length }))).verdict.row).toBe("success");
    expect((await send(transportTo(server.url, { maxBodyBytes: body.length - 1 }))).verdict.row).toBe("too-large");
  });
});

describe("giving up", () => {
  it("before the mark's answer lets nothing out", async () => {
    const server = await serve(answering(SUCCESS));
    const controller = new AbortController();
    const markLeft = async (): Promise<boolean> => {
      controller.abort();
      return true;
    };
    const result = await send(transportTo(server.url), { markLeft, signal: controller.signal });
    expect(result).toMatchObject({ left: false, verdict: { row: "aborted-before-left", code: "interrupted", ...NOTHING_LEFT } });
    const seen = await server.first;
    await seen.ended;
    expect(seen.text()).toBe("");
    expect((await send(transportTo(server.url), { signal: controller.signal })).left).toBe(false);
  });

  it("after the request resets the connection and leaves the effect unknown", async () => {
    const controller = new AbortController();
    const server = await serve(() => controller.abort());
    const result = await send(transportTo(server.url), { signal: controller.signal });
    expect(result).toMatchObject({ left: true, verdict: { row: "aborted", code: "interrupted", ...UNKNOWN } });
    expect(await (await server.first).ended).toBe("reset");
  });

  it("is what closing does to every call in flight, and to later ones", async () => {
    const server = await serve(silent);
    const transport = transportTo(server.url);
    const call = send(transport);
    await (await server.first).request;
    await transport.close();
    expect((await call).verdict.row).toBe("aborted");
    expect((await send(transport)).verdict.row).toBe("aborted-before-left");
  });
});

describe("over TLS", () => {
  it("asks for the mark after the handshake and resumes the session on the next connection", async () => {
    const server = await serve(answering(SUCCESS), true);
    const transport = transportTo(server.url.replace("127.0.0.1", "localhost"), { ca: TEST_CA });
    const markLeft = vi.fn(async () => {
      const seen = await server.first;
      await server.roundTrip();
      expect(seen.text()).toBe("");
      return true;
    });
    expect((await send(transport, { markLeft })).verdict.row).toBe("success");
    expect((await send(transport)).verdict.row).toBe("success");
    expect(server.connections.map(({ resumed }) => resumed)).toEqual([false, true]);
    expect(markLeft).toHaveBeenCalledTimes(1);
  });

  it("trusts no certificate that it has no reason to", async () => {
    const server = await serve(answering(SUCCESS), true);
    const markLeft = vi.fn(async () => true);
    expect(await send(transportTo(server.url), { markLeft })).toMatchObject({ left: false, verdict: { row: "nothing-left" } });
    expect(markLeft).not.toHaveBeenCalled();
  });

  it("resets the connection at the deadline too", async () => {
    const server = await serve(silent, true);
    const result = await send(transportTo(server.url, { ca: TEST_CA, timeoutMs: 300 }));
    expect(result).toMatchObject({ left: true, verdict: { row: "timed-out" } });
    expect(await (await server.first).ended).toBe("reset");
  });
});

describe("signing in", () => {
  const frame = { deadlineMs: 20_000, markLeft: async () => true };

  it("gives the token in the auth answer alone", async () => {
    const server = await serve(answering(httpAnswer(200, `{"status":"success","login_token":"${TOKEN}"}`)));
    const { auth, ...rest } = await transportTo(server.url).send(LOGIN, frame);
    expect(auth).toEqual({ kind: "token", token: TOKEN });
    expect(JSON.stringify(rest)).not.toContain(TOKEN);
    const text = await (await server.first).request;
    expect(text).toMatch(/^POST \/v1\/auth\/login /);
    expect(JSON.parse(text.split("\r\n\r\n")[1] ?? "")).toEqual({ email: "a@b.c", password: "pw-secret", country: "FR" });
  });

  it("verifies with e-mail and code", async () => {
    const server = await serve(answering(httpAnswer(401, '{"status":"error","message":"Verification failed"}')));
    const result = await transportTo(server.url).send(VERIFY, frame);
    expect(result).toMatchObject({ left: true, auth: { kind: "code_wrong" }, verdict: { charge: "yes", effect: "none", remedy: "end" } });
    const text = await (await server.first).request;
    expect(text).toMatch(/^POST \/v1\/auth\/verify /);
    expect(JSON.parse(text.split("\r\n\r\n")[1] ?? "")).toEqual({ email: "a@b.c", code: "123456" });
  });

  it("says nothing about the account when no answer came", async () => {
    const server = await serve((socket) => void socket.resetAndDestroy());
    expect(await transportTo(server.url).send(LOGIN, frame)).toMatchObject({
      auth: { kind: "other" },
      verdict: UNKNOWN,
    });
  });
});

describe("the contents of a result", () => {
  it("is never the key, the token or the provider's text", async () => {
    const server = await serve(
      (socket, text) => void socket.end(httpAnswer(400, JSON.stringify({ status: "error", message: `You sent ${text}` }))),
    );
    const told = JSON.stringify(await send(transportTo(server.url)));
    for (const secret of [KEY, TOKEN, "You sent"]) expect(told).not.toContain(secret);
  });

  it.each([
    [{ baseUrl: "ftp://x" }, /http or https/],
    [{ baseUrl: "https://me:pw-secret@api.linkupapi.com" }, /no user name/],
    [{ apiKey: "key-secret\n" }, /x-api-key/],
    [{ apiKey: "" }, /x-api-key/],
  ])("is no transport for options that cannot be used: %j", (options, message) => {
    const create = (): Transport => transportTo("http://127.0.0.1:1", options);
    expect(create).toThrow(message);
    expect(create).not.toThrow(/secret/);
  });
});

function sendGzip(socket: Socket, bytes: Buffer): void {
  socket.write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bytes.byteLength}\r\n\r\n`);
  socket.end(bytes);
}

/** A server whose thread is blocked and whose queue is full: the kernel lets further connections hang. */
async function startFullServer(): Promise<{ url: string; close: () => Promise<void> }> {
  const source = `
    const { parentPort } = require("node:worker_threads");
    const server = require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const worker = new Worker(source, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once("message", resolve));
  // Linux queues one connection more than the backlog says.
  const fillers = Array.from({ length: 2 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
  await Promise.all(fillers.map((filler) => once(filler, "connect")));
  return {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      for (const filler of fillers) filler.destroy();
      await worker.terminate();
    },
  };
}
