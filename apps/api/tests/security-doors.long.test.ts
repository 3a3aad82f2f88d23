/**
 * Attacks at the api's doors at full size, as those would bring them who can reach its port: floods, names of prototypes, requests that proxies and
 * servers read differently, connections that never end, other sites' pages. Short tests beside this one hold each rule alone.
 */
import { request } from "node:http";
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { acquireRedis, type TestRedis, waitFor } from "@linkup-queue/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ErrorBody } from "../src/http/api-error.ts";
import { ROUTES } from "../src/index.ts";
import { basic } from "./board-system.ts";
import { SECRETS, startTestApi, type TestApi } from "./fixture.ts";
import { openSocket, sendRaw } from "./raw-http.ts";

let redis: TestRedis;
let api: TestApi;
beforeAll(async () => {
  redis = await acquireRedis({ durable: false, fresh: true });
});
afterAll(async () => redis.stop());

/** Every api of a file's tests has one Redis, which outlives each. */
const KEPT = { stop: () => Promise.resolve() };
async function start(options: Parameters<typeof startTestApi>[0] = {}): Promise<TestApi> {
  return await startTestApi({ ...options, redis: { ...redis, ...KEPT } });
}

const WRONG = ["Bearer an-outdated-secret-0123456789", `Basic ${Buffer.from("the-admin:an-outdated-secret").toString("base64")}`];

async function status(line: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const [method = "", path = ""] = line.split(" ");
  const response = await fetch(`${api.api.url}${path}`, { method, headers });
  await response.arrayBuffer();
  return response.status;
}

/** The first piece of a stream of events, which has no end. */
async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return "";
  const reader = body.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return new TextDecoder().decode(value);
}

describe("a flood of wrong secrets", () => {
  afterEach(async () => api.close());
  const PLACES = ["GET /v1/key", "POST /v1/jobs", "OPTIONS /v1/key", "GET /board", "GET /board/api/queues", "GET /nowhere"];

  test("at every door never keeps a right secret out, also as the first request after a restart in its midst", async () => {
    api = await start();
    let flooding = true;
    const seen = new Set<number>();
    const flood = Array.from({ length: 20 }, async (_none, lane) => {
      for (let count = lane; flooding; count++) {
        const line = PLACES[count % PLACES.length] ?? "";
        const answer = await status(line, { authorization: WRONG[line.includes("board") ? 1 : 0] ?? "" }).catch(() => 0);
        seen.add(answer);
      }
    });
    try {
      await waitFor(() => seen.has(429), { what: "the flood to be slowed", until: Boolean });
      for (let restarts = 0; restarts < 3; restarts++) {
        const port = api.api.port;
        await api.close();
        api = await start({ settings: { port } });
        expect(await status("POST /v1/key/pause", { authorization: `Bearer ${SECRETS.admin}` })).toBe(200);
        expect(await status("GET /board", { authorization: basic("viewer") })).toBe(200);
        for (let round = 0; round < 40; round++) {
          expect(await status("POST /v1/key/resume", { authorization: `Bearer ${SECRETS.admin}` })).toBe(200);
        }
      }
    } finally {
      flooding = false;
      await Promise.all(flood);
    }
    expect([...seen].filter((code) => code >= 200 && code < 300)).toEqual([]);
    expect([...seen].filter((code) => code >= 500)).toEqual([]);
  });

  test("with an address of its own in each request, as only a trusted proxy could tell, is slowed in all", async () => {
    api = await start({ settings: { trustedProxies: ["127.0.0.0/8", "::1/128"] } });
    let slowed = 0;
    for (let count = 0; count < 1_500 && slowed < 20; count++) {
      const from =
        count % 2 === 0 ? `2001:db8:${(count >> 4).toString(16)}:${(count & 15).toString(16)}::7` : `10.9.${count >> 8}.${count & 255}`;
      if ((await status("GET /v1/key", { authorization: WRONG[0] ?? "", "x-forwarded-for": from })) === 429) slowed += 1;
    }
    expect(slowed).toBe(20);
    expect(await status("GET /v1/key", { authorization: `Bearer ${SECRETS.viewer}`, "x-forwarded-for": "10.10.0.1" })).toBe(200);
  });

  test.each([
    ["thousands of addresses", Array.from({ length: 900 }, (_none, at) => `10.0.${at >> 8}.${at & 255}`).join(",")],
    ["no address", ",".repeat(8_000)],
    ["names of members", "__proto__, constructor, toString"],
    ["a scope", "fe80::1%eth0, ::ffff:1.2.3.4%0"],
  ])("whose X-Forwarded-For holds %s is answered like any other", async (_which, forwarded) => {
    api = await start({ settings: { trustedProxies: ["127.0.0.1", "10.0.0.0/8"] } });
    expect(await status("GET /v1/key", { authorization: WRONG[0] ?? "", "x-forwarded-for": forwarded })).toBe(401);
    expect(await status("GET /v1/key", { authorization: `Bearer ${SECRETS.admin}`, "x-forwarded-for": forwarded })).toBe(200);
  });
});

describe("an api", () => {
  beforeEach(async () => {
    api = await start({ limits: { bodyMs: 3_000, silenceMs: 3_000 } });
  });
  afterEach(async () => api.close());

  const NAMES = [
    ..."__proto__ constructor prototype toString valueOf hasOwnProperty __defineGetter__ isPrototypeOf".split(" "),
    ..."%00 %0a %0d%0aset-cookie:x %2e%2e %2f..%2f %ff %F0%9F%92%A9 %E2%80%AE *  [0] $ne".split(" "),
    "x".repeat(2_000),
  ].filter((name) => name !== "");

  test("finds no member of a prototype under any name in any place of any path or query, and fails at none", async () => {
    const bad: string[] = [];
    for (const { method, path, schemas } of ROUTES) {
      const isStream = path.endsWith("/batch") || path.endsWith("/recipients");
      for (const name of path.includes("{") ? NAMES : NAMES.slice(0, 4)) {
        for (const query of ["", `?${name}=${name}&__proto__[x]=1&limit=constructor`]) {
          const at = path.replaceAll(/\{\w+\}/g, name) + query;
          const response = await fetch(`${api.api.url}${at}`, {
            method: method.toUpperCase(),
            headers: { authorization: `Bearer ${SECRETS.admin}`, "content-type": isStream ? "application/x-ndjson" : "application/json" },
            ...(schemas.body === null ? {} : { body: "{}" }),
          });
          const isEndless = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
          const text = await (isEndless ? beginningOf(response) : response.text());
          const isWell = response.status < 400 || (response.status < 500 && ErrorBody.safeParse(JSON.parse(text || "null")).success);
          if (!isWell || text.includes("native code") || response.headers.has("set-cookie"))
            bad.push(`${method} ${at.slice(0, 80)}: ${response.status} ${text.slice(0, 80)}`);
        }
      }
    }
    expect(bad).toEqual([]);
    expect(api.logged()).not.toMatch(/"level":[56]0/);
  });

  test("has a board that fails at no name either, and changes nothing for a page of another site, whatever it pretends", async () => {
    const authorization = basic("admin");
    const own = { authorization, "sec-fetch-site": "same-origin" };
    const bad: string[] = [];
    for (const name of NAMES) {
      const paths = [
        `/queue/${name}`,
        `/api/queues/${name}`,
        `/api/queues/${name}/${name}`,
        `/api/queues/messages/${name}`,
        `/api/queues/messages/${name}/logs`,
      ];
      paths.push(
        `/api/queues/messages/${name}/flow`,
        `/api/queues/${name}/workers`,
        `/api/queues/${name}/metrics`,
        `/api/${name}`,
        `/static/${name}`,
        `/${name}`,
      );
      paths.push(
        `/api/queues?activeQueue=${name}&status=${name}`,
        `/api/queues?activeQueue[]=${name}&status[__proto__]=x&page[]=1`,
        `/api/queues?status=${name}&activeQueue=messages`,
      );
      for (const path of paths) {
        const response = await fetch(`${api.api.url}/board${path}`, { headers: own });
        const text = await response.text();
        if (response.status >= 500 || text.includes("native code"))
          bad.push(`GET ${path.slice(0, 80)}: ${response.status} ${text.slice(0, 90)}`);
      }
      for (const line of [
        `PUT /api/queues/${name}/pause`,
        `PUT /api/queues/messages/${name}/retry`,
        `PUT /api/queues/messages/${name}/clean`,
        `PUT /api/${name}`,
      ]) {
        const [method = "", path = ""] = line.split(" ");
        const response = await fetch(`${api.api.url}/board${path}`, { method, headers: own });
        const text = await response.text();
        if (response.status >= 500 || response.status < 400 || text.includes("native code"))
          bad.push(`${line.slice(0, 80)}: ${response.status} ${text.slice(0, 90)}`);
      }
    }
    expect(bad).toEqual([]);
    const { client } = api.engine.scripts;
    const paused = async () => await client.hget(`${api.engine.scripts.tag}:messages:meta`, "paused");
    for (const headers of [
      { "x-http-method-override": "PUT", "sec-fetch-site": "cross-site" },
      { "x-http-method": "PUT", "sec-fetch-site": "same-origin" },
      { origin: api.api.url.replace("127.0.0.1", "127.0.0.1.evil.example") },
      { origin: `${api.api.url}@evil.example` },
      { origin: api.api.url.replace("http:", "file:") },
      { origin: "", referer: api.api.url },
      { "sec-fetch-site": "same-origin, cross-site" },
      { "sec-fetch-site": "" },
    ]) {
      for (const method of ["GET", "POST", "PUT", "HEAD", "DELETE"]) {
        if (method === "PUT" && "x-http-method" in headers) continue;
        const query = method === "GET" ? "?_method=PUT" : "";
        await fetch(`${api.api.url}/board/api/queues/messages/pause${query}`, {
          method,
          headers: { authorization, ...headers } as Record<string, string>,
        });
        expect(await paused(), `${method} ${JSON.stringify(headers)}`).toBeNull();
      }
    }
  });

  const AUTHORIZED = `host: x\r\nauthorization: Bearer ${SECRETS.admin}\r\n`;
  const SMUGGLED = `POST /v1/key/pause HTTP/1.1\r\n${AUTHORIZED}content-length: 0\r\n\r\n`;
  const post = (headers: string, body: string) =>
    `POST /v1/jobs?dryRun=1 HTTP/1.1\r\n${AUTHORIZED}content-type: application/json\r\n${headers}\r\n\r\n${body}`;
  const chunked = `0\r\n\r\n${SMUGGLED}`;

  test.each([
    ["two lengths", post("content-length: 5\r\ncontent-length: 0", `{}   ${SMUGGLED}`)],
    ["a list of lengths", post("content-length: 0, 5", `{}   ${SMUGGLED}`)],
    ["a length and chunks", post(`content-length: ${chunked.length}\r\ntransfer-encoding: chunked`, chunked)],
    ["chunks and a length", post(`transfer-encoding: chunked\r\ncontent-length: 4`, `5c\r\n${SMUGGLED}\r\n0\r\n\r\n`)],
    ["chunks that are not the last encoding", post("transfer-encoding: chunked, identity", chunked)],
    ["an encoding with a sign before it", post("transfer-encoding: \u000bchunked", chunked)],
    ["a space before the colon", post(`transfer-encoding : chunked\r\ncontent-length: ${chunked.length}`, chunked)],
    ["a header over two lines", post(`x: y\r\n transfer-encoding: chunked\r\ncontent-length: ${chunked.length}`, chunked)],
    ["a length with a sign", post("content-length: +5", `{}   ${SMUGGLED}`)],
    ["a length in hexadecimal", post("content-length: 0x5", `{}   ${SMUGGLED}`)],
    ["a chunk whose length is beyond any number", post("transfer-encoding: chunked", `ffffffffffffffff0\r\n${SMUGGLED}`)],
    ["a chunk's length with a sign", post("transfer-encoding: chunked", `-1\r\n${SMUGGLED}`)],
    ["lines that end in a bare LF", post(`transfer-encoding: chunked`, `5c\n${SMUGGLED}\n0\n\n`)],
    ["bare CR in a header", `GET /healthz HTTP/1.1\r\nhost: x\r\nx: y\r${SMUGGLED}\r\n\r\n`],
    [
      "a request within a GET that tells a length",
      `GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}GET /no HTTP/1.1\r\n\r\n`,
    ],
  ])("is asked for nothing in a body with %s", async (_which, bytes) => {
    const answer = await sendRaw(api.api.port, `${bytes}GET /end HTTP/1.0\r\n\r\n`, { until: /HTTP\/1\.[01] 404/ });
    expect(answer).toMatch(/^HTTP\/1\.1 [234]\d\d/);
    expect(answer).not.toMatch(/HTTP\/1\.1 5\d\d/);
    expect((await api.call("viewer", "GET /v1/key")).body).toMatchObject({ state: "open" });
  });

  test("refuses headers that are too large, too many, or repeated, and goes on", async () => {
    for (const head of [
      `GET /v1/key HTTP/1.1\r\n${AUTHORIZED}${"x".repeat(70_000)}: y\r\n\r\n`,
      `GET /v1/key HTTP/1.1\r\n${AUTHORIZED}cookie: ${"y".repeat(1_000_000)}\r\n\r\n`,
      `GET /v1/key HTTP/1.1\r\nhost: x\r\n${Array.from({ length: 20_000 }, (_none, at) => `x${at}: y`).join("\r\n")}\r\nauthorization: Bearer x\r\n\r\n`,
      `GET /${"a".repeat(100_000)} HTTP/1.1\r\n${AUTHORIZED}\r\n`,
    ]) {
      expect(await sendRaw(api.api.port, head)).toMatch(/^HTTP\/1\.1 (?:431|414|400)|^$/);
    }
    // Two secrets in one request are none.
    const twice = `GET /v1/key HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${WRONG[0]}\r\nauthorization: Bearer ${SECRETS.admin}\r\n\r\n`;
    expect(await sendRaw(api.api.port, twice)).toMatch(/^HTTP\/1\.1 4\d\d/);
    expect((await api.call("viewer", "GET /v1/key")).status).toBe(200);
  });

  test("inflates no more of a packed body than a plain one may have, many at a time", async () => {
    const bomb = new Uint8Array(gzipSync(Buffer.alloc(300 * 1024 * 1024, 0x20)));
    const headers = { authorization: `Bearer ${SECRETS.producer}`, "content-type": "application/json", "content-encoding": "gzip" };
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const response = await fetch(`${api.api.url}/v1/jobs`, { method: "POST", headers, body: bomb });
        await response.arrayBuffer();
        return response.status;
      }),
    );
    expect(
      answers.every((code) => code === 413 || code === 429),
      String(answers),
    ).toBe(true);
    expect((await api.call("viewer", "GET /v1/key")).status).toBe(200);
  });

  test("answers its health beside five hundred connections that never get to the end of their headers or bodies, and lets go of each", async () => {
    const sockets: Socket[] = [];
    let closed = 0;
    const hang = async (bytes: string) => {
      const socket = await openSocket(api.api.port);
      socket.once("close", () => {
        closed += 1;
      });
      socket.resume();
      socket.write(bytes);
      sockets.push(socket);
    };
    for (let count = 0; count < 125; count++) {
      await hang("GET /healthz HTTP/1.1\r\nhost: x\r\nx-slow: ");
      await hang("");
      await hang(post("content-length: 1000", "{"));
      await hang(post("transfer-encoding: chunked", "5\r\n{"));
    }
    const drip = setInterval(() => {
      for (const socket of sockets) if (!socket.destroyed) socket.write("a");
    }, 200);
    try {
      for (let count = 0; count < 50; count++) expect(await status("GET /healthz")).toBe(200);
      await waitFor(() => closed, {
        what: "the connections to be let go of",
        until: (count) => count === sockets.length,
        timeoutMs: 120_000,
      });
    } finally {
      clearInterval(drip);
      for (const socket of sockets) socket.destroy();
    }
  });

  test("asks every OPTIONS for a secret, on each path and on none", async () => {
    const paths = [...new Set(ROUTES.map(({ path }) => path.replaceAll(/\{\w+\}/g, "x")))];
    for (const path of [...paths, "/nowhere", "/v1", "//v1/key", "/%2e%2e/v1/key", "/Board", "/board/"]) {
      const answer = await status(`OPTIONS ${path}`);
      expect([401, 429], path).toContain(answer);
    }
    const star = await new Promise<number>((resolve, reject) => {
      request({ port: api.api.port, host: "127.0.0.1", method: "OPTIONS", path: "*" }, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      })
        .on("error", reject)
        .end();
    });
    expect([400, 401, 429]).toContain(star);
  });
});
