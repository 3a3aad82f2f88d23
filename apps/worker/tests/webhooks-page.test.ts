/** The receiver that docs/webhooks.md shows is run, and does what the page says of it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DELIVERY_PACE } from "@linkup-queue/queue";
import { fromNow, type LogLine, spawnProcess, waitFor } from "@linkup-queue/testkit";
import { expect, test } from "vitest";
import { message, startSystem } from "./fixture.ts";

const MAIN = new URL("./receiver-main.ts", import.meta.url);
const PAGE = readFileSync(new URL("../../../docs/webhooks.md", import.meta.url), "utf8");
const SECRET = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;

test("the page's receiver is the one that this test runs", () => {
  const [, shown] = /^```ts\n([\s\S]*?)^```/m.exec(PAGE) ?? [];
  const code = readFileSync(MAIN, "utf8").replace(/^\/\*\*.*\n/, "");
  expect(shown).toBe(code);
});

test("the page's times are the ones that are kept", () => {
  const { firstRetryMs, mostRetryMs, giveUpMs, deadMs } = DELIVERY_PACE;
  expect([firstRetryMs, mostRetryMs, giveUpMs, deadMs]).toEqual([2_000, 30 * 60_000, 24 * 3_600_000, 7 * 24 * 3_600_000]);
  for (const words of ["2 seconds", "30 minutes", "a day", "7 days", "15 seconds"]) expect(PAGE).toContain(words);
});

test("the page's receiver believes what is signed, does each id once, and refuses the rest", async () => {
  const receiver = await spawnProcess({ args: [fileURLToPath(MAIN)], env: { WEBHOOK_SECRET: SECRET, PORT: "0" } });
  const system = await startSystem();
  try {
    const url = `http://127.0.0.1:${(receiver.ready["address"] as { port: number }).port}/`;
    await system.engine.webhooks.put("twice", { url, secret: SECRET });
    await system.engine.webhooks.put("again", { url, secret: SECRET });
    await system.add("messages", [message("nobody", 1)]);
    const [outcome] = await system.outcomesArrive(1);
    const isDone = (line: LogLine) => line["id"] === outcome?.outcomeId;
    const line = await receiver.waitForLine(isDone, { what: "the outcome" });
    expect(line["event"]).toEqual({ type: "outcome.failed", timestamp: outcome?.finishedAt, data: outcome });
    const delivered = async () => (await system.engine.webhooks.list({ limit: 2 })).map((webhook) => webhook.delivered);
    await waitFor(delivered, { what: "both deliveries", until: (seen) => seen.join() === "1,1" });
    expect(receiver.lines.filter(isDone)).toHaveLength(1);
    const forged = {
      "webhook-id": "o-2",
      "webhook-timestamp": String(Math.floor(fromNow(0).getTime() / 1_000)),
      "webhook-signature": "v1,AAAA",
    };
    expect((await fetch(url, { method: "POST", headers: forged, body: "{}" })).status).toBe(401);
  } finally {
    await receiver.kill();
    await system.close();
  }
});
