/** Batches over HTTP: an answer for each line as it is accepted, or one summary; keys; broken lines; flat memory. */
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { text as toText } from "node:stream/consumers";
import { queuePrefix } from "@linkup-queue/contracts";
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SECRETS, startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ limits: { bodyBytes: 20_000, silenceMs: 5_000, lingerMs: 50 } });
});
afterAll(async () => api.close());

type Answered = { line: number; jobId?: string; duplicate?: boolean; error?: { code: string; issues?: { path: string }[] } };

const scrape = (name: string) =>
  JSON.stringify({ operation: "profile.scrape", accountId: "ada", input: { linkedin_url: `https://www.linkedin.com/in/${name}` } });

function headers(more: Record<string, string> = {}): Record<string, string> {
  return { authorization: `Bearer ${SECRETS.producer}`, "content-type": "application/x-ndjson", ...more };
}

async function send(body: string | Uint8Array | ReadableStream<Uint8Array>, more: Record<string, string> = {}) {
  return await fetch(`${api.api.url}/v1/jobs/batch`, { method: "POST", headers: headers(more), body, duplex: "half" } as RequestInit);
}

async function linesOf(response: Response): Promise<Answered[]> {
  const text = await response.text();
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answered);
}

const waiting = () => api.engine.scripts.client.zcard(`${queuePrefix(api.settings.keyId)}:profiles:prioritized`);

test("each line is answered in its order, wrong ones by themselves, blank ones counted", async () => {
  const before = await waiting();
  const body = [scrape("a"), "{broken", "", scrape("b"), '"text"', `{"x":"${"y".repeat(30_000)}"}`, '{"__proto__":{}}', scrape("c")].join(
    "\n",
  );
  const response = await send(body);
  expect(response.headers.get("content-type")).toMatch(/^application\/x-ndjson/);
  const answers = await linesOf(response);
  expect(answers.map(({ line, error }) => [line, error?.code ?? "accepted"])).toEqual([
    [1, "accepted"],
    [2, "invalid_input"],
    [4, "accepted"],
    [5, "invalid_input"],
    [6, "payload_too_large"],
    [7, "invalid_input"],
    [8, "accepted"],
  ]);
  expect(await waiting()).toBe(before + 3);
});

test("a list that is no list of lines in UTF-8 is told once, in either form of the answer, and nothing of it is added", async () => {
  const before = await waiting();
  const lists = [
    [Buffer.from(`\uFEFF${scrape("wide-1")}\n${scrape("wide-2")}\n`, "utf16le"), "is UTF-16: save it as UTF-8"],
    [`[${scrape("array-1")},\n${scrape("array-2")}]`, "is one JSON array: send its objects one a line"],
  ] as const;
  for (const [list, message] of lists) {
    const told = { error: { code: "invalid_input", issues: [{ path: "", message: expect.stringContaining(message) }] } };
    expect(await linesOf(await send(list))).toEqual([{ line: 1, error: expect.objectContaining(told.error) }]);
    const summed = await send(list, { accept: "application/json" });
    expect(summed.status).toBe(400);
    expect(await summed.json()).toMatchObject(told);
  }
  expect(await waiting()).toBe(before);
});

test("the connection of a list that was refused serves the next requests, and is not cut off in one of them", async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const post = async (body: string) => {
    const sent = request(`${api.api.url}/v1/jobs/batch`, { method: "POST", agent, headers: headers() }).end(body);
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    return { text: await toText(answer) };
  };
  const refused = await post(`[${scrape("linger-1")},\n${scrape("linger-2")}]`);
  expect(refused.text).toContain("is one JSON array");
  const body = Array.from({ length: 1_500 }, (_none, index) => scrape(`linger-${index}`)).join("\n");
  const next = await post(body);
  expect(next.text.trim().split("\n")).toHaveLength(1_500);
  agent.destroy();
});

test("a text that was made UTF-8 twice or holds a NUL is its line's fault, unless it is meant; a stray byte order mark is none", async () => {
  const message = (text: string, more = {}) =>
    JSON.stringify({
      operation: "message.send",
      accountId: "a",
      input: { linkedin_url: "https://www.linkedin.com/in/twice", message_text: text },
      ...more,
    });
  const list = ["Bonjour RenÃ©", "Hi\0", "Bonjour René", "“TOUCHÉ…”"].map((text) => message(text));
  const answers = await linesOf(
    await send([...list, message("RenÃ©", { allowDoubtfulText: true }), `\uFEFF${scrape("stray")}`].join("\n")),
  );
  expect(answers.map(({ line, error }) => [line, error?.issues?.[0]?.path ?? "accepted"])).toEqual([
    [1, "input.message_text"],
    [2, "input.message_text"],
    [3, "accepted"],
    [4, "accepted"],
    [5, "accepted"],
    [6, "accepted"],
  ]);
});

test("a sender that waits for each answer before its next line gets it", async () => {
  const { writable, readable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const responding = send(readable);
  await writer.write(Buffer.from(`${scrape("first")}\n`));
  const reader = (await responding).body?.getReader();
  const first = await reader?.read();
  expect(JSON.parse(Buffer.from(first?.value ?? []).toString())).toMatchObject({ line: 1, duplicate: false });
  await writer.write(Buffer.from(`${scrape("second")}\n`));
  const second = await reader?.read();
  expect(JSON.parse(Buffer.from(second?.value ?? []).toString())).toMatchObject({ line: 2, duplicate: false });
  await writer.close();
  expect((await reader?.read())?.done).toBe(true);
});

test("the header's key makes a batch that can be sent again", async () => {
  const body = Array.from({ length: 1_200 }, (_none, index) => scrape(`again-${index}`)).join("\n");
  const first = await linesOf(await send(body, { "idempotency-key": "batch-1" }));
  expect(first).toHaveLength(1_200);
  expect(first.every(({ duplicate }) => duplicate === false)).toBe(true);
  const before = await waiting();
  const second = await linesOf(await send(body, { "idempotency-key": "batch-1" }));
  expect(second).toEqual(first.map((answer) => ({ ...answer, duplicate: true })));
  expect(await waiting()).toBe(before);
});

const message = (to: string, text: string, more: Record<string, unknown> = {}) =>
  JSON.stringify({
    operation: "message.send",
    accountId: "ada",
    input: { linkedin_url: to.includes("-") ? to : `https://www.linkedin.com/in/${to}`, message_text: text },
    ...more,
  });

async function tell(lines: readonly string[], key: string): Promise<string[]> {
  const answers = await linesOf(await send(lines.join("\n"), { "idempotency-key": key }));
  return answers.map(({ line, duplicate, error }) => `${line} ${error?.code ?? (duplicate ? "duplicate" : "new")}`);
}

test("a batch whose refused line is taken out, as its answer advises, and that is sent again adds nobody's job twice", async () => {
  const lines = [
    message("ann", "Hello Ann"),
    message("not-an-address", "Hello Bob"),
    message("cyd", "Hello Cyd"),
    message("dee", "Hello Dee"),
  ];
  expect(await tell(lines, "corrected")).toEqual(["1 new", "2 invalid_input", "3 new", "4 new"]);
  expect(await tell([lines[0] ?? "", lines[2] ?? "", lines[3] ?? ""], "corrected")).toEqual(["1 duplicate", "2 duplicate", "3 duplicate"]);
  expect(await tell([message("eve", "Hello Eve"), ...lines.toReversed(), message("bob", "Hello Bob")], "corrected")).toEqual([
    "1 new",
    "2 duplicate",
    "3 duplicate",
    "4 invalid_input",
    "5 duplicate",
    "6 new",
  ]);
});

test("a person who comes again under the batch's key with another text, or another account, is a conflict told by line", async () => {
  await tell([message("ann", "Hello Ann"), message("cyd", "Hello Cyd")], "other-text");
  const other = [message("ann", "Hello dear Ann"), message("cyd", "Hello Cyd"), message("cyd", "Once more", { idempotencyKey: "more" })];
  expect(await tell(other, "other-text")).toEqual(["1 conflict", "2 duplicate", "3 new"]);
  expect(await tell([message("cyd", "Hello Cyd", { accountId: "bea" })], "other-text")).toEqual(["1 conflict"]);
  const [answer] = await linesOf(await send(other[0] ?? "", { "idempotency-key": "other-text" }));
  expect(JSON.stringify(answer)).toContain("give the line an idempotencyKey of its own");
});

test("a person with several lines gets each once, and none again when one of them is taken out", async () => {
  const lines = [message("ann", "One"), message("bob", "Hello"), message("ann", "Two")];
  expect(await tell(lines, "several")).toEqual(["1 new", "2 new", "3 new"]);
  expect(await tell(lines, "several")).toEqual(["1 duplicate", "2 duplicate", "3 duplicate"]);
  expect(await tell(lines.slice(1), "several")).toEqual(["1 duplicate", "2 conflict"]);
});

test("a batch that was sent when keys went by line is not added again; what can't be found among its lines is a conflict", async () => {
  const lines = Array.from({ length: 120 }, (_, n) => message(`old-${n}`.replace("-", ""), `Hello ${n}`));
  const keyed = lines.map((line, n) => JSON.stringify({ ...JSON.parse(line), idempotencyKey: `former/${n + 1}` }));
  const before = await linesOf(await send(keyed.join("\n")));
  const again = await linesOf(await send(lines.join("\n"), { "idempotency-key": "former" }));
  expect(again).toEqual(before.map((answer) => ({ ...answer, duplicate: true })));
  const told = await tell([...lines.slice(60), message("old3", "Hello dear 3"), ...lines.slice(0, 3)], "former");
  expect(told.filter((one) => !one.endsWith(" duplicate"))).toEqual(["61 conflict"]);
});

test("a summary counts all and lists the first thousand that were rejected", async () => {
  const lines = [...Array.from({ length: 1_500 }, () => "nonsense"), scrape("good"), scrape("good-2")];
  const response = await send(lines.join("\n"), { accept: "application/json", "idempotency-key": "sum" });
  const summary = (await response.json()) as { accepted: number; rejected: Answered[]; rejectedCount: number };
  expect(summary).toMatchObject({ accepted: 2, duplicates: 0, rejectedCount: 1_500 });
  expect(summary.rejected).toHaveLength(1_000);
  expect(summary.rejected[0]).toMatchObject({ line: 1, error: { code: "invalid_input" } });
});

test("a sender that reads nothing before it has sent everything gets its summary", async () => {
  const body = Buffer.from(Array.from({ length: 20_000 }, (_none, index) => scrape(`deaf-${index}`)).join("\n"));
  const socket = connect(api.api.port, "127.0.0.1");
  await once(socket, "connect");
  socket.pause();
  const head = Object.entries(
    headers({ accept: "application/json", host: "x", "content-length": String(body.length), connection: "close" }),
  );
  socket.write(`POST /v1/jobs/batch HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}`).join("\r\n")}\r\n\r\n`);
  await new Promise<void>((resolve) => socket.write(body, () => resolve()));
  let text = "";
  socket.on("data", (chunk) => {
    text += String(chunk);
  });
  socket.resume();
  await once(socket, "close");
  expect(text).toContain("HTTP/1.1 200");
  expect(text).toContain('"accepted":20000');
});

test("a last line whose connection broke is not taken, whole as it may look, and those before it are", async () => {
  const before = await waiting();
  const socket = connect(api.api.port, "127.0.0.1");
  const lines = `${scrape("cut-1")}\n${scrape("cut-2")}\n${scrape("cut-3")}`;
  const head = Object.entries(headers({ host: "x", "transfer-encoding": "chunked" }));
  socket.write(`POST /v1/jobs/batch HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}`).join("\r\n")}\r\n\r\n`);
  socket.write(`${Buffer.byteLength(lines).toString(16)}\r\n${lines}\r\n`);
  let text = "";
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.includes('"line":2')) break;
  }
  socket.destroy();
  await waitFor(() => api.logged().includes('"aborted":true'), { what: "the api to see the broken connection" });
  expect(await waiting()).toBe(before + 2);
});

test("a sender that falls silent is told from which line on to send again", async () => {
  const { writable, readable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const responding = send(readable);
  await writer.write(Buffer.from(`${scrape("silent")}\n`));
  const answers = await linesOf(await responding);
  expect(answers).toMatchObject([{ line: 1 }, { line: 2, error: { code: "timed_out" } }]);
  await writer.abort().catch(() => undefined);
});

test("another content type, an encoding and a wrong key are refused before a byte is read", async () => {
  expect((await send(scrape("x"), { "content-type": "application/json" })).status).toBe(415);
  expect((await send(scrape("x"), { "content-encoding": "gzip" })).status).toBe(415);
  expect((await send(scrape("x"), { "idempotency-key": "two words" })).status).toBe(400);
});
