/** Polling that finds, fails or waits in vain. */
import { expect, test } from "vitest";
import { waitFor } from "./wait-for.ts";

test("the first real value ends the waiting and is handed over", async () => {
  let looks = 0;
  expect(await waitFor(() => (++looks === 3 ? 0 : null), { what: "the third look", everyMs: 1 })).toBe(0);
  expect(looks).toBe(3);
});

test("the first value that is the awaited one ends the waiting, also where it is nothing", async () => {
  const values = [3, 2, 1, null];
  expect(await waitFor(() => values.shift(), { what: "the last", until: (seen) => seen === null, everyMs: 1 })).toBeNull();
  expect(values).toEqual([]);
});

test("waiting in vain is an error that says for what, how long, and what was seen last", async () => {
  const waiting = waitFor(() => ({ posts: 2 }), { what: "three posts", until: ({ posts }) => posts === 3, timeoutMs: 10, everyMs: 2 });
  await expect(waiting).rejects.toThrow("Waited 0.01 s in vain for three posts; seen last: { posts: 2 }");
});

test("an error of the look is not hidden", async () => {
  const look = (): never => {
    throw new TypeError("broken look");
  };
  await expect(waitFor(look, { what: "nothing" })).rejects.toThrow("broken look");
});
