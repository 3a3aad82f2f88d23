/** The life of a job against the sandbox: every way it can end. */
import { afterEach, expect, test } from "vitest";
import { message, type System, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

test("a message goes out once and its outcome arrives with what it cost", async () => {
  system = await startSystem();
  await system.account("ada");
  const [jobId] = await system.add("messages", [message("ada", 1)]);
  const [outcome] = await system.outcomesArrive(1);
  expect(outcome).toMatchObject({
    status: "succeeded",
    code: null,
    jobId,
    queue: "messages",
    operation: "message.send",
    accountId: "ada",
    calls: 1,
    credits: { charged: 1, uncertain: 0 },
  });
  const summary = system.sandbox.summary();
  expect(summary.effects.done).toBe(1);
  expect(summary.credits.charged).toBe(2);
});
