/** The rate window over real HTTP, and the summary's independent count. */
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { maxInWindow } from "../src/book/rate-window.ts";
import { type Sandbox, startSandbox } from "../src/index.ts";
import { callerOf, logIn, message, SEND } from "./client.ts";

let sandbox: Sandbox;
afterEach(() => sandbox.close());

async function burst(count: number, apiKey = "key-1"): Promise<number[]> {
  const caller = callerOf(sandbox, apiKey);
  return Promise.all(Array.from({ length: count }, async () => (await caller.post(SEND, message("AQED-brought"))).status));
}

const count = (statuses: number[], status: number): number => statuses.filter((one) => one === status).length;

test("the 301st request in 60 s is refused with 429, charged, and nothing is done", async () => {
  sandbox = await startSandbox();
  const statuses = await burst(310);
  expect([count(statuses, 200), count(statuses, 429)]).toEqual([300, 10]);
  const summary = sandbox.summary();
  expect(summary).toMatchObject({ limit: 300, windowMs: 60_000, requests: 310, refused429: 10, maxInWindow: 310 });
  expect(summary).toMatchObject({ credits: { charged: 310 }, effects: { done: 300 }, byStatus: { "200": 300, "429": 10 } });
  const refused = await callerOf(sandbox).post(SEND, message("AQED-brought"));
  expect(refused.body).toEqual({ status: "error", message: "API Rate limit exceeded", data: "API Rate limit exceeded" });
});

test("each key has its own window, and maxInWindow is that of the busiest", async () => {
  sandbox = await startSandbox({ limit: 5 });
  expect(count(await burst(5, "key-1"), 200)).toBe(5);
  expect(count(await burst(4, "key-2"), 200)).toBe(4);
  expect(sandbox.summary().maxInWindow).toBe(5);
  expect(sandbox.summary().keys.map(({ maxInWindow: most }) => most)).toEqual([5, 4]);
});

test("the window slides: a place is free again one window after its arrival", async () => {
  sandbox = await startSandbox({ limit: 2, windowMs: 150 });
  expect(count(await burst(3), 429)).toBe(1);
  await waitFor(() => sandbox.summary().uptimeMs - (sandbox.journal().at(-1)?.arrivalMs ?? 0), {
    what: "a window",
    until: (seen) => seen > 150,
  });
  expect(count(await burst(2), 200)).toBe(2);
});

test.each([
  [true, 429],
  [false, 200],
])(
  "with refusedOccupy %s a call that follows a refused one, a window after the accepted one, is answered %d",
  async (refusedOccupy, status) => {
    sandbox = await startSandbox({ limit: 1, scenario: { refusedOccupy } });
    expect(await burst(1)).toEqual([200]);
    const acceptedMs = sandbox.journal()[0]?.arrivalMs ?? 0;
    await waitFor(() => sandbox.summary().uptimeMs - acceptedMs, { what: "400 ms", until: (seen) => seen > 400 });
    expect(await burst(1)).toEqual([429]);
    // From here on the accepted arrival is out of the window and the refused one, 400 ms younger, is in it.
    sandbox.scenario({ windowMs: sandbox.summary().uptimeMs - acceptedMs });
    expect(await burst(1)).toEqual([status]);
  },
);

test("maxInWindow and the buckets follow from the journal's arrivals, for any window and span", async () => {
  sandbox = await startSandbox({ limit: null });
  await logIn(callerOf(sandbox), "ada@example.com");
  for (let i = 0; i < 5; i += 1) await burst(20);
  const arrivals = sandbox.journal().map(({ arrivalMs }) => arrivalMs);
  expect(arrivals).toEqual(arrivals.toSorted((a, b) => a - b));
  const fromMs = arrivals[10] ?? 0;
  for (const windowMs of [0.5, 5, 50, 5000]) {
    expect(sandbox.summary({ windowMs }).maxInWindow).toBe(maxInWindow(arrivals, windowMs));
    expect(sandbox.summary({ windowMs, fromMs }).maxInWindow).toBe(maxInWindow(arrivals.slice(10), windowMs));
  }
  const { buckets, requests } = sandbox.summary({ bucketMs: 2 }).arrivals;
  expect([requests, buckets.reduce((sum, one) => sum + one, 0)]).toEqual([101, 101]);
});

test("utilisation is requests over what the limit allows in the span that was asked for", async () => {
  sandbox = await startSandbox({ limit: 100, windowMs: 1000 });
  await burst(25);
  const { arrivals } = sandbox.summary({ fromMs: 0, toMs: 10_000 });
  expect(arrivals).toMatchObject({ fromMs: 0, toMs: 10_000, requests: 25, utilisation: 0.025 });
});
