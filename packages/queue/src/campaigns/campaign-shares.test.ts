/** Shares: nobody lost, nobody twice, even over batches, and few chunks where there are many accounts. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { dealShares } from "./campaign-shares.ts";

const people = (count: number) => Array.from({ length: count }, (_none, n) => ({ id: `p-${n}`, fields: {} }));
const names = (count: number) => Array.from({ length: count }, (_none, n) => `a-${n}`);

function totals(batches: readonly number[], accounts: number): number[] {
  const sums = new Map(names(accounts).map((id) => [id, 0]));
  let offset = 0;
  for (const count of batches) {
    for (const { accountId, recipients } of dealShares(people(count), names(accounts), offset)) {
      sums.set(accountId, (sums.get(accountId) ?? 0) + recipients.length);
    }
    offset += count;
  }
  return [...sums.values()];
}
const spread = (values: readonly number[]) => Math.max(...values) - Math.min(...values);

test("a short list differs by one between accounts, over uploads too", () => {
  expect(spread(totals([7, 120, 3, 150], 5))).toBeLessThanOrEqual(1);
});

test("a long list over many accounts comes one by one first, then in chunks of ten, and every account gets some", () => {
  expect(dealShares(people(1_000), names(1_000), 0)).toHaveLength(280);
  expect(
    spread(
      totals(
        Array.from({ length: 20 }, () => 1_000),
        1_000,
      ),
    ),
  ).toBeLessThanOrEqual(10);
});

test("whatever comes, everybody has exactly one account", () => {
  fc.assert(
    fc.property(fc.nat(2_500), fc.integer({ min: 1, max: 300 }), fc.nat(100_000), (count, accounts, offset) => {
      const ids = dealShares(people(count), names(accounts), offset).flatMap(({ recipients }) => recipients.map(({ id }) => id));
      expect(ids).toHaveLength(count);
      expect(new Set(ids).size).toBe(count);
    }),
    { numRuns: 50 },
  );
});
