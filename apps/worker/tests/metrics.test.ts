/** The worker's own figures: what left, by operation and answer, what it cost, what of that was for nothing, and who had to wait why. */
import { freePort, waitFor } from "@linkup-queue/testkit";
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

async function figures(port: number, name: string): Promise<Record<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const lines = [...text.matchAll(new RegExp(`^${name}\\{\\w+="(\\w+)"\\} (\\d+)$`, "gm"))];
  return Object.fromEntries(lines.map(([, label = "", value]) => [label, Number(value)]));
}

test("wasted credits are those of the ledger: of calls that met a dead token, and of jobs that did not succeed", async () => {
  const healthPort = await freePort();
  const next = [{ status: 404, operation: "message.send" }] as const;
  system = await startSystem({ settings: { healthPort }, scenario: { next: [...next], dieOnce: { afterCalls: 2 } } });
  await system.account("ada");
  await system.add("messages", [message("ada", 1), message("ada", 2), message("ada", 3), message("ada", 4)]);
  await system.outcomesArrive(4);
  const { total } = await system.credits();
  expect(total).toMatchObject({ uncertain: 0, wasted: 2 });
  expect(await figures(healthPort, "linkup_credits_total")).toEqual({ charged: total.charged, wasted: total.wasted });
});

test("jobs that can't leave at once are counted by why: the window, their account busy or away, their campaign, their own call still out", async () => {
  const healthPort = await freePort();
  system = await startSystem({ settings: { healthPort, rateLimit: 2, rateWindowMs: 1_000 }, scenario: { latencyMs: 200 } });
  await system.activeAccounts(["ada", "bob"]);
  await system.engine.accounts.pause("bob");
  await system.add("messages", [message("ada", 1), message("ada", 2), message("ada", 3), message("bob", 4)]);
  await system.outcomesArrive(3);
  const campaign = { state: "paused", maxCredits: "" };
  await system.engine.scripts.client.hset(system.engine.scripts.key("campaign:spring"), campaign);
  await system.add("messages", [message("ada", 5, { campaignId: "spring" })]);
  const counted = async () => await figures(healthPort, "linkup_gate_waits_total");
  await waitFor(async () => "campaign_paused" in (await counted()), { what: "the campaign's job to be held" });
  const waits = await counted();
  expect(waits).toMatchObject({ disabled: 1, campaign_paused: 1 });
  expect(waits["busy"]).toBeGreaterThanOrEqual(1);
  expect(waits["window"]).toBeGreaterThanOrEqual(1);
});
