/** Turns between campaigns and accounts, as arithmetic: weights, waiting, hand-over, and nothing saved up. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { dealTurns, type Feedable, type Room } from "./campaign-turns.ts";

const ROOM: Room = { ahead: {}, away: {}, aheadPerAccount: 1_000, most: 1_000, virtual: 0, served: {} };

type Given = { accounts?: string[]; count?: number; weight?: number; turn?: number; handover?: boolean; away?: Room["away"] };

function feedable(id: string, { accounts = ["a"], count = 100, weight = 1, turn = 0, handover = false, away = {} }: Given = {}): Feedable {
  const takers = accounts.filter((account) => away[account] === undefined);
  const todo = new Map(accounts.map((account) => [account, { chunk: 0, at: 5, left: count }]));
  return { id, weight, turn, todo, handsOver: handover && takers.length > 0, takers: handover ? takers : [] };
}
const counts = (values: readonly string[]) =>
  Object.fromEntries([...new Set(values)].sort().map((one) => [one, values.filter((other) => other === one).length]));

test("campaigns take turns by weight", () => {
  const turns = dealTurns([feedable("bulk"), feedable("normal", { weight: 10, count: 1_000 })], { ...ROOM, most: 110 });
  expect(counts(turns.map(({ campaign }) => campaign.id))).toEqual({ bulk: 10, normal: 100 });
});

test("a campaign that could not use its turns does not save them up", () => {
  const turns = dealTurns([feedable("back", { turn: 0 }), feedable("busy", { turn: 500 })], { ...ROOM, virtual: 500, most: 100 });
  expect(counts(turns.map(({ campaign }) => campaign.id))).toEqual({ back: 60, busy: 40 });
});

test("when there is room for fewer than there are accounts, those that waited longest come first", () => {
  const accounts = Array.from({ length: 10 }, (_none, n) => `a${n}`);
  const served: Record<string, number> = {};
  const seen: string[] = [];
  for (let round = 0; round < 5; round++) {
    for (const { accountId } of dealTurns([feedable("c", { accounts })], { ...ROOM, aheadPerAccount: 1, most: 2, served })) {
      seen.push(accountId);
      served[accountId] = seen.length;
    }
  }
  expect(new Set(seen).size).toBe(10);
});

test("the share of an account that is away is handed over only where that is asked for, that of one that is gone ends by itself", () => {
  const accounts = ["here", "away"];
  const room = (state: string) => ({ ...ROOM, away: { away: state } });
  const dealt = (handover: boolean, state: string) =>
    counts(
      dealTurns([feedable("c", { accounts, count: 3, handover, away: { away: state } })], room(state)).map(
        ({ from, accountId }) => `${from} by ${accountId}`,
      ),
    );
  expect(dealt(false, "cooling")).toEqual({ "here by here": 3 });
  expect(dealt(true, "cooling")).toEqual({ "away by here": 3, "here by here": 3 });
  expect(dealt(false, "gone")).toEqual({ "away by away": 3, "here by here": 3 });
  expect(dealt(true, "gone")).toEqual({ "away by here": 3, "here by here": 3 });
});

test("whatever there is, no recipient is dealt twice, no account above its room, and no more than may be", () => {
  const campaign = fc.record({
    accounts: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { minLength: 1 }),
    count: fc.integer({ min: 0, max: 6 }),
    weight: fc.constantFrom(1, 10, 100),
    turn: fc.integer({ min: 0, max: 50 }),
    handover: fc.boolean(),
  });
  const room = fc.record({
    ahead: fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 0, max: 3 })),
    away: fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom("cooling", "gone")),
    most: fc.integer({ min: 0, max: 12 }),
  });
  fc.assert(
    fc.property(fc.array(campaign, { maxLength: 4 }), room, (specs, { ahead, away, most }) => {
      const campaigns = specs.map((spec, index) => feedable(`c${index}`, { ...spec, away }));
      const turns = dealTurns(campaigns, { ...ROOM, ahead, away, most, aheadPerAccount: 2 });
      expect(turns.length).toBeLessThanOrEqual(most);
      expect(new Set(turns.map(({ campaign: { id }, from, index }) => `${id} ${from} ${index}`)).size).toBe(turns.length);
      for (const { campaign: of, from, index } of turns) {
        expect(index).toBeGreaterThanOrEqual(5);
        expect(index).toBeLessThan(5 + (of.todo.get(from)?.left ?? 0));
      }
      for (const [account, count] of Object.entries(counts(turns.map(({ accountId }) => accountId)))) {
        expect(count + (ahead[account] ?? 0)).toBeLessThanOrEqual(2);
        if (away[account] === "cooling") expect(count).toBe(0);
      }
    }),
  );
});
