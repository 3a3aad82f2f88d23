/** Accounts of a campaign that change while it is paused, whatever comes between: who was fed stays with the account, all others are dealt anew. */
import { personKey } from "@linkup-queue/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { z } from "zod";
import { CampaignFeeder } from "../src/campaigns/feed/campaign-feeder.ts";
import { campaignFedScript } from "../src/campaigns/feed/lua/feed-scripts.ts";
import { forgetRecipients } from "../src/erasure/forget-recipients.ts";
import type { RedisScripts } from "../src/redis/scripts.ts";
import { type CampaignRig, campaignsEachTest, people, person } from "./campaign-rig.ts";
import type { Rig } from "./rig.ts";

let rig: Rig;
let system: CampaignRig;

const ACCOUNTS = ["ada", "bob", "cyd", "dan", "eve"];

campaignsEachTest(
  (itsRig, itsSystem) => {
    rig = itsRig;
    system = itsSystem;
  },
  { accounts: ACCOUNTS },
);

type FedRequest = z.input<typeof campaignFedScript.args>;

/** A round of a feeder that stops when its jobs are in their queue and nothing is noted of it; what it would have noted. */
async function feedAndStop(): Promise<FedRequest | null> {
  const { scripts, config } = rig.engine;
  let noted: FedRequest | null = null;
  const run: RedisScripts["run"] = async (script, ...rest) => {
    if (script.name !== "campaign_fed") return await scripts.run(script, ...rest);
    noted = rest[0] as FedRequest;
    throw new Error("stopped");
  };
  const stopping = { client: scripts.client, keys: scripts.keys, run } as RedisScripts;
  const feeder = new CampaignFeeder(stopping, config, { onError: (error) => void system.errors.push(error) });
  await feeder.feedOnce().catch((error: unknown) => expect(error).toMatchObject({ message: "stopped" }));
  await feeder.close();
  return noted;
}

async function erase(recipientId: string): Promise<void> {
  const { scripts, gate, outbox, campaigns } = rig.engine;
  await forgetRecipients({ scripts, gate, outbox, campaigns }, personKey(person(recipientId).fields["linkedin_url"] ?? ""));
}

const SOME = fc.subarray(ACCOUNTS, { minLength: 1 });
const STEP = fc.oneof(
  fc.constantFrom({ kind: "feed" }, { kind: "feed" }, { kind: "stop" }, { kind: "wake" }, { kind: "call" }),
  fc.record({ kind: fc.constant("accounts"), accounts: SOME, count: fc.nat(7) }),
  fc.record({ kind: fc.constant("erase"), at: fc.nat(40) }),
  fc.record({ kind: fc.constant("add"), count: fc.integer({ min: 1, max: 8 }) }),
);
type Step = { kind: string; accounts?: string[]; at?: number; count?: number };
const RUN = fc.record({
  accounts: SOME,
  batches: fc.array(fc.integer({ min: 1, max: 16 }), { minLength: 1, maxLength: 3 }),
  first: fc.option(fc.integer({ min: 1, max: 14 })),
  steps: fc.array(STEP, { minLength: 4, maxLength: 24 }),
});

test("each recipient has one job, none is lost, the unfed are shared evenly, and an account that was taken out gets no new one", async () => {
  let runs = 0;
  const property = fc.asyncProperty(RUN, async ({ accounts, batches, first, steps }) => {
    runs += 1;
    // The window of the calls of the run before is over.
    await rig.advance(120_000);
    const id = `c${runs}`;
    const { campaigns } = system;
    let accountIds = accounts;
    await system.draft(id, accountIds, 0);
    const list: string[] = [];
    const add = async (count: number) => {
      const { definition, revision } = await system.read(id);
      const recipients = people(count, `${id}-${list.length}`);
      await campaigns.accept(id, { accountIds: definition.accountIds, recipients, revision });
      list.push(...recipients.map((recipient) => recipient.id));
    };
    for (const count of batches) await add(count);

    const accountOf = new Map<string, string>();
    /** Jobs that are new in their queue are of the accounts of now; the others are of whom they were. */
    const look = async () => {
      for (const { meta, accountId } of await system.waiting(id)) {
        const recipient = meta.recipientId ?? "";
        const known = accountOf.get(recipient);
        if (known === undefined) expect(accountIds).toContain(accountId);
        else expect(accountId).toBe(known);
        accountOf.set(recipient, accountId);
      }
    };
    const called: string[] = [];
    const gone = new Set<string>();
    const asleep: FedRequest[] = [];
    const changeAccounts = async (to: string[], late = 0) => {
      const { state } = await system.read(id);
      if (state !== "running" && state !== "paused" && state !== "draft") return;
      if (state === "running") await campaigns.change(id, "pause");
      const { left } = await campaigns.amend(id, (definition) => ({ ...definition, accountIds: to }));
      expect(Object.keys(left).filter((account) => !to.includes(account))).toEqual([]);
      // Recipients that come next go on where the deal ended.
      if (late > 0) await add(late);
      const now = await system.read(id);
      const shares = to.map((account) => now.left[account] ?? 0).toSorted((one, other) => one - other);
      if (to.join() !== accountIds.join()) expect((shares.at(-1) ?? 0) - (shares[0] ?? 0)).toBeLessThanOrEqual(1);
      accountIds = to;
      if (state === "running") await campaigns.change(id, "resume");
    };
    const take = async ({ kind, accounts: to = [], at = 0, count = 0 }: Step) => {
      if (kind === "feed") await system.feed();
      if (kind === "stop") {
        const noted = await feedAndStop();
        if (noted !== null) asleep.push(noted);
      }
      if (kind === "wake") for (const noted of asleep.splice(0)) await rig.engine.scripts.run(campaignFedScript, noted);
      if (kind === "accounts") await changeAccounts(to, count);
      if (kind === "add") await add(count);
      if (kind === "erase" && list[at] !== undefined && !accountOf.has(list[at])) {
        await erase(list[at]);
        gone.add(list[at]);
      }
      await look();
      if (kind !== "call") return;
      for (const job of await system.waiting(id)) {
        called.push(job.meta.recipientId ?? "");
        await rig.call(await system.take(job));
      }
    };
    const todo: Step[] = [...steps];
    const sendAll = async () => {
      for (let rounds = 0; (await system.read(id)).state === "running"; rounds++) {
        expect(rounds).toBeLessThan(500);
        await take(todo.shift() ?? { kind: "feed" });
        if (todo.length === 0) await take({ kind: "call" });
      }
    };
    const live = () => list.filter((one) => !gone.has(one));

    await campaigns.change(id, "start", first === null ? {} : { first });
    await sendAll();
    if (first !== null) expect(called.toSorted()).toEqual(live().slice(0, first).toSorted());
    if ((await system.read(id)).state === "paused") {
      await changeAccounts(ACCOUNTS.toReversed());
      await campaigns.change(id, "resume");
      await sendAll();
    }
    expect(called.toSorted()).toEqual(live().toSorted());
    const { state, why, recipients, left } = await system.read(id);
    expect({ state, why, fed: recipients.fed, ended: recipients.ended }).toEqual({
      state: "ended",
      why: "all_done",
      fed: list.length,
      ended: list.length,
    });
    expect(Object.values(left).filter((count) => count !== 0)).toEqual([]);
    expect(await rig.client.keys(rig.engine.scripts.key(`dealt:${id}:*`))).toEqual([]);
    expect(system.errors).toEqual([]);
  });
  await fc.assert(property, { numRuns: 25, endOnFailure: true });
});
