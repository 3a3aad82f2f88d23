/** What polling does when it finds, fails or waits in vain. */
import { expect, test } from "vitest";
import { waitFor } from "./wait-for.ts";

test("the first real value ends the waiting and is handed over", async () => {
  let looks = 0;
  expect(await waitFor(() => (++looks === 3 ? 0 : null), { timeoutMs: 5_000, what: "the third look", everyMs: 1 })).toBe(0);
  expect(looks).toBe(3);
});

test("waiting in vain is an error that says for what and how long", async () => {
  await expect(waitFor(() => false, { timeoutMs: 10, what: "a miracle", everyMs: 2 })).rejects.toThrow(
    "Waited 10 ms in vain for a miracle",
  );
});

test("what the look throws is not hidden", async () => {
  const look = (): never => {
    throw new TypeError("broken look");
  };
  await expect(waitFor(look, { timeoutMs: 1_000, what: "nothing" })).rejects.toThrow("broken look");
});
