/** Turns between campaigns and accounts, as arithmetic: weights, waiting, hand-over, and nothing saved up. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Capacity, dealTurns, type Feedable } from "./campaign-turns.ts";

const CAPACITY: Capacity = { ahead: {}, away: {}, aheadPerAccount: 1_000, most: 1_000, virtual: 0, served: {}, last: {} };

type Given = { accounts?: string[]; count?: number; weight?: number; turn?: number; handover?: boolean; away?: Capacity["away"] };

function feedable(id: string, { accounts = ["a"], count = 100, weight = 1, turn = 0, handover = false, away = {} }: Given = {}): Feedable {
  const takers = accounts.filter((account) => away[account] === undefined);
  const todo = new Map(accounts.map((account) => [account, { chunk: 0, at: 5, left: count }]));
  return { id, weight, turn, todo, handsOver: handover && takers.length > 0, takers: handover ? takers : [] };
}
const counts = (values: readonly string[]) =>
  Object.fromEntries([...new Set(values)].sort().map((one) => [one, values.filter((other) => other === one).length]));

test("campaigns take turns by weight", () => {
  const turns = dealTurns([feedable("bulk"), feedable("normal", { weight: 10, count: 1_000 })], { ...CAPACITY, most: 110 });
  expect(counts(turns.map(({ campaign }) => campaign.id))).toEqual({ bulk: 10, normal: 100 });
});

test("a campaign that could not use its turns does not save them up", () => {
  const turns = dealTurns([feedable("back", { turn: 0 }), feedable("busy", { turn: 500 })], { ...CAPACITY, virtual: 500, most: 100 });
  expect(counts(turns.map(({ campaign }) => campaign.id))).toEqual({ back: 57, busy: 43 });
});

test("when there is capacity for fewer than there are accounts, those that waited longest come first", () => {
  const accounts = Array.from({ length: 10 }, (_none, n) => `a${n}`);
  const served: Record<string, number> = {};
  const seen: string[] = [];
  for (let round = 0; round < 5; round++) {
    for (const { accountId } of dealTurns([feedable("c", { accounts })], { ...CAPACITY, aheadPerAccount: 1, most: 2, served })) {
      seen.push(accountId);
      served[accountId] = seen.length;
    }
  }
  expect(new Set(seen).size).toBe(10);
});

test("the share of an account that is away is handed over only where that is asked for, that of one that is gone ends by itself", () => {
  const accounts = ["here", "away"];
  const capacity = (state: string) => ({ ...CAPACITY, away: { away: state } });
  const dealt = (handover: boolean, state: string) =>
    counts(
      dealTurns([feedable("c", { accounts, count: 3, handover, away: { away: state } })], capacity(state)).map(
        ({ from, accountId }) => `${from} by ${accountId}`,
      ),
    );
  expect(dealt(false, "cooling")).toEqual({ "here by here": 3 });
  expect(dealt(true, "cooling")).toEqual({ "away by here": 3, "here by here": 3 });
  expect(dealt(false, "gone")).toEqual({ "away by away": 3, "here by here": 3 });
  expect(dealt(true, "gone")).toEqual({ "away by here": 3, "here by here": 3 });
});

test("whatever there is, no recipient is dealt twice, no account above its capacity, and no more than may be", () => {
  const campaign = fc.record({
    accounts: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d"), { minLength: 1 }),
    count: fc.integer({ min: 0, max: 6 }),
    weight: fc.constantFrom(1, 10, 100),
    turn: fc.integer({ min: 0, max: 50 }),
    handover: fc.boolean(),
  });
  const capacity = fc.record({
    ahead: fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 0, max: 3 })),
    away: fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom("cooling", "gone")),
    most: fc.integer({ min: 0, max: 12 }),
  });
  fc.assert(
    fc.property(fc.array(campaign, { maxLength: 4 }), capacity, (specs, { ahead, away, most }) => {
      const campaigns = specs.map((spec, index) => feedable(`c${index}`, { ...spec, away }));
      const turns = dealTurns(campaigns, { ...CAPACITY, ahead, away, most, aheadPerAccount: 2 });
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

test("campaigns of one weight take turns within each account, so that no account is left behind with a small one", () => {
  const accounts = Array.from({ length: 20 }, (_none, n) => `a${n}`);
  const size: Record<string, number> = { big: 500, small: 5 };
  const served: Record<string, number> = {};
  const last: Record<string, string> = {};
  const done = new Map<string, number>();
  const places = new Map<string, number>();
  const sequence = new Map<string, string>(accounts.map((account) => [account, ""]));
  const letters: string[] = [];
  let virtual = 0;
  let state = 4_711;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
  // Each account's call comes back once in a round, in an order that changes; all others are full then.
  const order = Array.from({ length: 15 }, () => accounts.toSorted(() => (random() % 2 === 0 ? 1 : -1))).flat();
  for (const [sent, free] of order.entries()) {
    const ahead = Object.fromEntries(accounts.map((account) => [account, account === free ? 1 : 2]));
    const campaigns = Object.entries(size).map(([id, count]) => {
      const todo = accounts.map((account) => {
        const at = done.get(`${id} ${account}`) ?? 0;
        return [account, { chunk: 0, at, left: count - at }] as const;
      });
      const left = todo.filter(([, share]) => share.left > 0);
      return { ...feedable(id, { accounts, turn: places.get(id) ?? 0 }), todo: new Map(left) };
    });
    for (const { campaign, accountId, began, turn } of dealTurns(campaigns, {
      ...CAPACITY,
      ahead,
      aheadPerAccount: 2,
      virtual,
      served,
      last,
    })) {
      done.set(`${campaign.id} ${accountId}`, (done.get(`${campaign.id} ${accountId}`) ?? 0) + 1);
      places.set(campaign.id, turn);
      virtual = Math.max(virtual, began);
      served[accountId] = sent + 1;
      last[accountId] = campaign.id;
      const letter = campaign.id === "big" ? "b" : "s";
      letters.push(letter);
      sequence.set(accountId, `${sequence.get(accountId)}${letter}`);
    }
  }
  const longest = accounts.map((account) => Math.max(...(sequence.get(account)?.match(/b+(?=.*s)/g) ?? [""]).map(({ length }) => length)));
  expect(Math.max(...longest)).toBeLessThanOrEqual(2);
  // Half of what leaves is the small one's until it is done: 100 of 200, within a tenth.
  expect(letters.lastIndexOf("s")).toBeLessThan(220);
});
