/** The worker's own figures: what left, by operation and answer, and what it cost. */
import { freePort } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { message, type System, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

test("calls by operation and status and their credits are counted, log-ins too, and free failures cost nothing", async () => {
  const healthPort = await freePort();
  system = await startSystem({ settings: { healthPort }, scenario: { next: [{ status: 500, operation: "message.send" }] } });
  await system.account("ada");
  await system.add("messages", [message("ada", 1), { name: "message.send", data: { accountId: "ada", input: {} } }]);
  await system.outcomesArrive(2);
  const text = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
  const figures = text.split("\n").filter((line) => /^linkup_(calls|credits)_total/.test(line));
  expect(figures.toSorted()).toEqual([
    'linkup_calls_total{operation="auth.login",status="200"} 1',
    'linkup_calls_total{operation="message.send",status="200"} 1',
    'linkup_calls_total{operation="message.send",status="500"} 1',
    'linkup_credits_total{kind="charged"} 2',
  ]);
});
