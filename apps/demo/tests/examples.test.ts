/** The three examples together, as three services would run them: one adds by HTTP, one by plain BullMQ, one takes the results. */
import type { Outcome } from "@linkup-queue/contracts";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, expectTypeOf, test } from "vitest";
import { addJobs } from "../src/examples/add-jobs.mjs";
import { addJobsByHttp } from "../src/examples/add-jobs-by-http.mjs";
import { consumeResults, type Outcome as ExampleOutcome } from "../src/examples/consume-results.mjs";
import { followOutcomes } from "../src/examples/follow-outcomes.mjs";
import { inputFor, SECRET, startAll } from "./start-all.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

test("jobs added by HTTP and by plain BullMQ are sent once each, and every outcome is taken", async () => {
  const { sandbox, apiUrl, at, stop } = await startAll();
  closing.push(stop);
  const outcomes: ExampleOutcome[] = [];
  const consumer = consumeResults((outcome) => void outcomes.push(outcome), { ...at, onError: () => undefined });
  closing.push(() => consumer.close());

  const byHttp = ["ada", "bob"].map((person) => ({
    operation: "message.send" as const,
    accountId: "anna",
    input: inputFor(person),
    idempotencyKey: person,
  }));
  const first = await addJobsByHttp(byHttp, { apiUrl, secret: SECRET });
  const again = await addJobsByHttp(byHttp, { apiUrl, secret: SECRET });
  expect(first).toMatchObject({ accepted: 2, duplicates: 0, rejectedCount: 0 });
  expect(again).toMatchObject({ accepted: 2, duplicates: 2, rejectedCount: 0 });
  const mine = { queue: "messages", operation: "message.send", jobId: "mine-1", data: { accountId: "anna", input: inputFor("cleo") } };
  await addJobs([mine], at);

  await waitFor(() => outcomes.length, { what: "three outcomes", until: (seen) => seen >= 3 });
  expect(outcomes.map(({ status }) => status)).toEqual(["succeeded", "succeeded", "succeeded"]);
  const followed: string[] = [];
  const cursor = await followOutcomes(({ outcomeId }) => void followed.push(outcomeId), { apiUrl, secret: SECRET });
  expect(followed.sort()).toEqual(outcomes.map(({ outcomeId }) => outcomeId).sort());
  expect(await followOutcomes(() => expect.fail("it came before"), { apiUrl, secret: SECRET, after: cursor })).toBe(cursor);
  const { effects, repeated } = sandbox.summary();
  expect([effects.done, repeated]).toEqual([3, 0]);
});

test("the consumer's own type of an outcome takes every outcome there is, and names each of its fields", () => {
  // Checked by the compiler, not when it runs.
  expectTypeOf<Outcome>().toExtend<ExampleOutcome>();
  expectTypeOf<keyof ExampleOutcome>().toEqualTypeOf<keyof Outcome>();
});
