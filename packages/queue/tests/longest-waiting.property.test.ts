/** Who is served next, by the order in which a plan names accounts and by the one in which turns are dealt: it is the same. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Capacity, dealTurns, type Feedable, longestWaiting } from "../src/campaigns/feed/campaign-turns.ts";
import { type Rig, startRig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => await rig.close());

const ACCOUNTS = Array.from({ length: 12 }, (_none, n) => `acc-${n}`);
/** By account; an account that has nothing ahead, or was never served, is left out. */
const byAccount = (count: fc.Arbitrary<number>) =>
  fc
    .array(fc.option(count), { minLength: ACCOUNTS.length, maxLength: ACCOUNTS.length })
    .map((values) => Object.fromEntries(ACCOUNTS.flatMap((id, at) => (values[at] == null ? [] : [[id, values[at]]]))));
const FACTS = fc.record({
  accounts: fc.shuffledSubarray(ACCOUNTS),
  most: fc.integer({ min: 1, max: ACCOUNTS.length }),
  ahead: byAccount(fc.integer({ min: 0, max: 2 })),
  served: byAccount(fc.integer({ min: 1, max: 6 })),
});
type Facts = typeof FACTS extends fc.Arbitrary<infer Value> ? Value : never;

/** By the order of the dealing, one after the other. */
function first({ accounts, most, ahead, served }: Facts): string[] {
  const counts = { ahead: new Map(Object.entries(ahead)), served: new Map(Object.entries(served)) };
  const found: string[] = [];
  while (found.length < most) {
    const next = longestWaiting(accounts, counts, (account) => !found.includes(account));
    if (next === null) break;
    found.push(next);
  }
  return found;
}

test("a plan names the accounts that turns are dealt to first, in their order, equals as they stand in the list", async () => {
  const { scripts } = rig.engine;
  const lua = "return cjson.encode({ first = longest_waiting.first(a.accounts, a.most, a.ahead, a.served) })";
  const property = fc.asyncProperty(FACTS, async (facts) => {
    const said = JSON.parse(String(await scripts.runStep(lua, String(scripts.layout.version), facts))) as { first: unknown };
    // An empty table of Lua's is no list.
    expect(Object.values(said.first as string[])).toEqual(first(facts));
  });
  await fc.assert(property, { numRuns: 200 });
});

test("turns that are dealt from the accounts that a plan names are those that all accounts would give", () => {
  const counted = fc.record({
    facts: FACTS,
    // No two are served at the same turn; so nothing is left to the order of a list.
    order: fc.shuffledSubarray(ACCOUNTS, { minLength: ACCOUNTS.length, maxLength: ACCOUNTS.length }),
    left: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: ACCOUNTS.length, maxLength: ACCOUNTS.length }),
    others: fc.shuffledSubarray(ACCOUNTS),
  });
  fc.assert(
    fc.property(counted, ({ facts, order, left, others }) => {
      const served = Object.fromEntries(order.map((id, at) => [id, at + 1]));
      const capacity: Capacity = { ...facts, served, away: {}, aheadPerAccount: 2, virtual: 0, last: {} };
      const hasCapacity = (id: string) => (facts.ahead[id] ?? 0) < capacity.aheadPerAccount;
      const isOpen = (id: string) => hasCapacity(id) && (left[ACCOUNTS.indexOf(id)] ?? 0) > 0;
      // Of one weight each: between equal ones the account that was served by the same campaign last makes a difference.
      const campaigns = (accountsOf: (accounts: readonly string[]) => readonly string[]): Feedable[] =>
        [facts.accounts, others].map((accounts, at) => {
          const todo = accountsOf(accounts).map((id) => [id, { chunk: 0, at: 0, left: left[ACCOUNTS.indexOf(id)] ?? 0 }] as const);
          return { id: `c${at}`, weight: 10 ** at, turn: 0, todo: new Map(todo), handsOver: false, takers: [] };
        });
      const named = (accounts: readonly string[]) => first({ ...facts, served, accounts: accounts.filter(isOpen) });
      const dealt = (some: readonly Feedable[]) => dealTurns(some, capacity).map(({ campaign, accountId }) => [campaign.id, accountId]);
      expect(dealt(campaigns(named))).toEqual(dealt(campaigns((accounts) => accounts)));
    }),
    { numRuns: 500 },
  );
});
