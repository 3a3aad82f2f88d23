/** The first recipients of a campaign, whatever comes between: exactly these are sent to, in the order of the list, each once. */
import { personKey } from "@linkup-queue/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { dealShares } from "../src/campaigns/campaign-shares.ts";
import { CampaignFeeder } from "../src/campaigns/feed/campaign-feeder.ts";
import { forgetRecipients } from "../src/erasure/forget-recipients.ts";
import type { RedisScripts } from "../src/redis/scripts.ts";
import { type CampaignRig, campaignsEachTest, people, person } from "./campaign-rig.ts";
import type { Rig } from "./rig.ts";

let rig: Rig;
let system: CampaignRig;

const ACCOUNTS = ["ada", "bob", "cyd", "dan"];

campaignsEachTest(
  (itsRig, itsSystem) => {
    rig = itsRig;
    system = itsSystem;
  },
  { accounts: ACCOUNTS },
);

/** A round of a feeder that dies when its jobs are in their queue and nothing is noted of it. */
async function feedAndDie(): Promise<void> {
  const { scripts, config } = rig.engine;
  const run: RedisScripts["run"] = async (script, ...rest) => {
    if (script.name === "campaign_fed") throw new Error("killed");
    return await scripts.run(script, ...rest);
  };
  const dying = { client: scripts.client, keys: scripts.keys, run } as RedisScripts;
  const feeder = new CampaignFeeder(dying, config, { onError: (error) => void system.errors.push(error) });
  // Without anything to feed it has nothing to note.
  await feeder.feedOnce().catch((error: unknown) => expect(error).toMatchObject({ message: "killed" }));
  await feeder.close();
}

async function erase(recipientId: string): Promise<void> {
  const { scripts, gate, outbox, campaigns } = rig.engine;
  await forgetRecipients({ scripts, gate, outbox, campaigns }, personKey(person(recipientId).fields["linkedin_url"] ?? ""));
}

const STEP = fc.constantFrom("feed", "feed", "die", "call", "stop and go on" as const);
const RUN = fc.record({
  accounts: fc.integer({ min: 1, max: ACCOUNTS.length }),
  batches: fc.array(fc.integer({ min: 1, max: 16 }), { minLength: 1, maxLength: 3 }),
  firsts: fc.array(fc.integer({ min: 1, max: 14 }), { minLength: 1, maxLength: 3 }),
  erased: fc.uniqueArray(fc.nat(30), { maxLength: 3 }),
  late: fc.nat(6),
  steps: fc.array(STEP, { maxLength: 20 }),
});

test("never more than the first n are sent to, and in the end exactly these, over batches, kills, pauses, erasures and several starts", async () => {
  let runs = 0;
  const property = fc.asyncProperty(RUN, async ({ accounts, batches, firsts, erased, late, steps }) => {
    runs += 1;
    // The window of the calls of the run before is over.
    await rig.advance(120_000);
    const id = `c${runs}`;
    const accountIds = ACCOUNTS.slice(0, accounts);
    const { campaigns } = system;
    await system.draft(id, accountIds, 0);
    const lists = batches.map((count, batch) => people(count, `${id}-${batch}`));
    for (const recipients of lists) await campaigns.accept(id, { accountIds, recipients });
    const list = lists.flat().map((recipient) => recipient.id);
    const gone = new Set(erased.flatMap((at) => list[at] ?? []));
    for (const one of gone) await erase(one);

    const called: string[] = [];
    const callAll = async () => {
      for (const job of await system.waiting(id)) {
        called.push(job.meta.recipientId ?? "");
        await rig.call(await system.take(job));
      }
    };
    const take = {
      feed: async () => void (await system.feed()),
      die: feedAndDie,
      call: callAll,
      "stop and go on": async () => {
        await campaigns.change(id, "pause");
        await campaigns.change(id, "resume");
      },
    };
    const todo = [...steps];
    /** The first `first` of those who were not erased, and nobody else. */
    const reach = async (first: number) => {
      const expected = () => list.filter((one) => !gone.has(one)).slice(0, first);
      while ((await system.read(id)).state === "running") {
        await take[todo.shift() ?? "feed"]();
        if (todo.length === 0) await callAll();
        expect(expected()).toEqual(expect.arrayContaining(called));
      }
      expect(called.toSorted()).toEqual(expected().toSorted());
      const isAll = expected().length === list.length - gone.size;
      expect(await system.read(id)).toMatchObject(
        isAll ? { state: "ended", why: "all_done" } : { state: "paused", why: "first_done", first, firstLeft: 0 },
      );
    };

    let first = 0;
    for (const more of firsts) {
      const { state } = await system.read(id);
      if (state === "ended") break;
      first += more;
      await campaigns.change(id, state === "draft" ? "start" : "resume", { first });
      await reach(first);
    }
    // Whoever comes later is behind all others.
    const later = people(late, `${id}-late`);
    await campaigns.accept(id, { accountIds, recipients: later });
    list.push(...later.map((recipient) => recipient.id));
    await reach(first);
    if ((await system.read(id)).state === "paused") await campaigns.change(id, "resume");
    await reach(list.length);
    expect(new Set(called).size).toBe(called.length);
    expect(system.errors).toEqual([]);
  });
  await fc.assert(property, { numRuns: 12, endOnFailure: true });
});

test("of any number of accounts and however much each of them has done, the first are those of the list", async () => {
  const { scripts } = rig.engine;
  const property = fc.asyncProperty(
    fc.record({
      accounts: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 95, max: 230 })),
      accepted: fc.nat(900),
      done: fc.array(fc.nat(20), { minLength: 1, maxLength: 30 }),
      count: fc.nat(1_000),
    }),
    async ({ accounts, accepted, done, count }) => {
      const accountIds = Array.from({ length: accounts }, (_none, n) => `a-${n}`);
      const shares = new Map(dealShares(people(accepted), accountIds, 0).map((share) => [share.accountId, share.recipients]));
      const open = accountIds.map((id, at) => (shares.get(id) ?? []).slice(done[at % done.length]));
      const left = open.map((some) => some.length);
      const places = open.flat().map(({ id }) => Number(id.slice(2)));
      const first = new Set(places.toSorted((one, other) => one - other).slice(0, count));
      const expected = open.map((some) => some.filter(({ id }) => first.has(Number(id.slice(2)))).length);
      const said = await scripts.runStep(
        "return cjson.encode(campaign_first.of(a.count, a.accepted, a.left))",
        String(scripts.layout.version),
        { count, accepted, left },
      );
      expect(JSON.parse(String(said))).toEqual(expected);
    },
  );
  await fc.assert(property, { numRuns: 40 });
});
