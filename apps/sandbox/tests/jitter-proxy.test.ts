/** The proxy between a client and the sandbox: uneven ways in, stalls, refusals, cuts. */

import { once } from "node:events";
import { connect } from "node:net";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type JitterProxy, type Sandbox, startJitterProxy, startSandbox } from "../src/index.ts";
import { type Caller, callerOf, message, SEND } from "./client.ts";

let sandbox: Sandbox;
let proxy: JitterProxy;
let caller: Caller;

beforeEach(async () => {
  sandbox = await startSandbox();
});
afterEach(async () => {
  await proxy.close();
  await sandbox.close();
});

async function through(delayMs: { min: number; max: number }): Promise<void> {
  proxy = await startJitterProxy({ target: sandbox.url, delayMs, seed: 3 });
  caller = callerOf(proxy);
}

const send = async (): Promise<number> => (await caller.post(SEND, message("AQED-brought"))).status;

test("calls arrive late by a random time within the bounds, and are answered", async () => {
  await through({ min: 30, max: 90 });
  const sentMs = sandbox.summary().uptimeMs;
  expect(await Promise.all(Array.from({ length: 12 }, send))).toEqual(new Array(12).fill(200));
  const delays = sandbox.journal().map(({ arrivalMs }) => arrivalMs - sentMs);
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(29);
  expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(10);
});

test("while stalled nothing arrives; afterwards what waited goes on", async () => {
  await through({ min: 0, max: 0 });
  proxy.stall();
  const waiting = send();
  await waitFor(() => proxy.connections(), { what: "the connection", until: (seen) => seen === 1 });
  expect(sandbox.summary().requests).toBe(0);
  await proxy.resume();
  expect(await waiting).toBe(200);
});

test("an answer that meets a stall waits too", async () => {
  await through({ min: 0, max: 0 });
  sandbox.scenario({ latencyMs: 200 });
  let answered = false;
  const waiting = send().finally(() => {
    answered = true;
  });
  await waitFor(() => sandbox.summary().requests, { what: "the request", until: (seen) => seen === 1, everyMs: 5 });
  proxy.stall();
  await waitFor(() => sandbox.journal()[0]?.answeredMs, { what: "the answer" });
  expect(answered).toBe(false);
  await proxy.resume();
  expect(await waiting).toBe(200);
});

test("while refusing, connections are refused; afterwards the same port serves again", async () => {
  await through({ min: 0, max: 0 });
  await proxy.refuse();
  const [error] = await once(connect(proxy.port, "127.0.0.1"), "error").catch((thrown: unknown) => [thrown]);
  expect(error).toMatchObject({ code: "ECONNREFUSED" });
  await proxy.resume();
  expect(await send()).toBe(200);
});

test("a cut breaks the calls in flight", async () => {
  await through({ min: 0, max: 0 });
  sandbox.scenario({ next: [{ status: "hang" }] });
  const broken = send().catch(() => "broken");
  await waitFor(() => sandbox.summary().byStatus.hang, { what: "the call to hang", until: (seen) => seen === 1 });
  proxy.cut();
  expect(await broken).toBe("broken");
});

test("bytes that a client sent before it died still arrive", async () => {
  await through({ min: 60, max: 60 });
  const body = JSON.stringify(message("AQED-brought"));
  const client = connect(proxy.port, "127.0.0.1");
  client.on("error", () => undefined);
  await once(client, "connect");
  const head = `POST ${SEND} HTTP/1.1\r\nhost: x\r\nx-api-key: k\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  await new Promise((resolve) => client.write(head + body, resolve));
  await waitFor(() => proxy.connections(), { what: "the connection", until: (seen) => seen === 1 });
  client.resetAndDestroy();
  await waitFor(() => sandbox.summary().effects.done, { what: "the effect", until: (seen) => seen === 1 });
});

test("a reset by the sandbox reaches the client as a broken call", async () => {
  await through({ min: 0, max: 5 });
  sandbox.scenario({ next: [{ status: "reset", when: "after" }] });
  expect(await send().catch(() => "broken")).toBe("broken");
  expect(sandbox.summary().effects.done).toBe(1);
});
