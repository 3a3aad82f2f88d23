/** The one look of all who follow: what a look that failed did not tell, the next one tells. */
import type { Account, CampaignHead, Engine, KeyState } from "@linkup-queue/queue";
import { expect, test } from "vitest";
import { everythingOf } from "./everything.ts";
import { type LiveChange, LiveHub } from "./live-hub.ts";

/** An engine as far as the hub looks at it. `failing`: the next so many readings of accounts fail. */
function standIn() {
  const is = { state: "open", account: "active", failing: 0 };
  const engine = {
    keys: { read: async () => ({ state: is.state, reason: "", untilMs: null, brakes: [], nowMs: 0 }) as unknown as KeyState },
    windowHistory: async () => ({ answered: [] }),
    dayBudget: async () => null,
    accounts: {
      list: async () => {
        if (is.failing === 0) return [{ id: "ada", state: is.account, why: "", coolingUntil: null, rests: [] } as unknown as Account];
        is.failing -= 1;
        throw new Error("Redis is away");
      },
    },
    campaignHeads: async (): Promise<CampaignHead[]> => [],
    people: { replies: { heardSince: async () => ({ replies: [], place: "0-0" }) } },
  } as unknown as Engine;
  return { is, engine };
}

test("a change of the key, and one of an account, that came before a look which failed are told by the next", async () => {
  const { is, engine } = standIn();
  const errors: unknown[] = [];
  const hub = new LiveHub({
    engine,
    everything: everythingOf(engine),
    redis: { within: (ask) => ask() },
    onError: (error) => void errors.push(error),
  });
  const told: string[] = [];
  const both = Promise.withResolvers<void>();
  const nameOf = (change: LiveChange) => {
    if (change.kind === "key") return `key ${change.now.key.state}`;
    return change.kind === "account" ? `account ${change.account?.state}` : change.kind;
  };
  const begun = Promise.withResolvers<void>();
  const leave = hub.follow((changes) => {
    for (const change of changes) told.push(nameOf(change));
    begun.resolve();
    if (told.includes("key stopped") && told.includes("account disabled")) both.resolve();
  });
  try {
    await begun.promise;
    // Each third look is at all: the key changes with that look, whose reading of accounts fails.
    is.failing = 2;
    is.account = "disabled";
    let looks = 0;
    const read = engine.keys.read.bind(engine.keys);
    engine.keys.read = async () => {
      looks += 1;
      if (looks === 3) is.state = "stopped";
      return await read();
    };
    await both.promise;
    expect(errors.length).toBe(2);
  } finally {
    leave();
    await hub.close();
  }
});
