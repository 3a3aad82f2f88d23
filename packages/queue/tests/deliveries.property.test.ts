/** Random schedules of settling, claiming, posting, crashing and late words: every outcome reaches every webhook that asked, in its lane's order. */
import type { OutcomeStatus } from "@linkup-queue/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Claimed, DELIVERY_PACE, endOf, jobDigest, NO_HISTORY, settlementOf, WebhookDeliveries } from "../src/index.ts";
import { type Rig, startRig } from "./rig.ts";

const PACE = { ...DELIVERY_PACE, giveUpMs: 1e12, failingMs: 1e12 };
const HOOKS: Record<string, readonly OutcomeStatus[]> = { all: ["failed", "cancelled"], failed: ["failed"] };
const TARGET = { url: "https://8.8.8.8/", secret: `whsec_${Buffer.alloc(32, 2).toString("base64")}` };

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ outcomeDays: 1 });
});
afterAll(async () => rig.close());

/** One run: what Redis holds beside what a person would expect of it. */
class Deliveries {
  readonly deliveries = new WebhookDeliveries(rig.engine, PACE);
  readonly #laneOf = new Map<string, string>();
  /** Items in the order of their settling, by webhook and recipient. */
  readonly expected = new Map<string, string[]>();
  readonly taken = new Map<string, string[]>();
  /** Deliveries reported as delivered: lane and item. */
  readonly told = new Set<string>();
  /** Claimed, and nothing told of it yet. */
  readonly held: Claimed[] = [];
  #settled = 0;

  async settle(recipient: number, status: "failed" | "cancelled", published: boolean): Promise<void> {
    this.#settled += 1;
    const ref = { queue: "messages", id: `job-${this.#settled}`, timestamp: rig.nowMs } as const;
    const names = { accountId: "nobody", campaignId: null, recipientId: `person-${recipient}` };
    const meta = { operation: "message.send", ...names, redriveOf: null, enqueuedAtMs: rig.nowMs };
    const ending = { status, code: "cancelled", message: "", httpStatus: null, output: null } as const;
    const { outcome, end } = endOf(ref, meta, { ending, history: NO_HISTORY });
    const settlement = settlementOf(ref, meta, { next: { kind: "end", ...end } });
    await rig.gate.settle(settlement);
    // A connection that breaks repeats a script.
    await rig.gate.settle(settlement);
    if (published) await rig.gate.markPublished(jobDigest(ref));
    this.#laneOf.set(outcome.outcomeId, names.recipientId);
    for (const [hook, statuses] of Object.entries(HOOKS)) {
      if (!statuses.includes(status)) continue;
      const lane = `${hook}/${names.recipientId}`;
      this.expected.set(lane, [...(this.expected.get(lane) ?? []), outcome.outcomeId]);
    }
  }

  laneOf({ webhook, item }: Claimed): string {
    return `${webhook}/${this.#laneOf.get(item) ?? ""}`;
  }

  async claim(capacity: number): Promise<number> {
    const { posts } = await this.deliveries.claim(capacity, { perWebhook: 3, inFlight: new Map() });
    for (const claimed of posts) {
      const lane = this.laneOf(claimed);
      const busy = this.held.filter((other) => this.laneOf(other) === lane && Number(other.lease) > rig.nowMs);
      expect(busy, `${lane} is posted by one at a time`).toEqual([]);
      expect(claimed.item, `the first of ${lane} that was not told as delivered`).toBe(
        (this.expected.get(lane) ?? []).find((item) => !this.told.has(`${lane} ${item}`)),
      );
      expect(await this.deliveries.body(claimed), "its data is there").not.toBeNull();
      this.held.push(claimed);
    }
    return posts.length;
  }

  /** The receiver answers; `hears`: whether the worker lives to tell it. */
  async end(at: number, { ok, hears }: { ok: boolean; hears: boolean }): Promise<void> {
    const [claimed] = this.held.splice(at % Math.max(1, this.held.length), 1);
    if (claimed === undefined) return;
    const lane = this.laneOf(claimed);
    const taken = this.taken.get(lane) ?? [];
    if (ok && !taken.includes(claimed.item)) this.taken.set(lane, [...taken, claimed.item]);
    if (!hears) return;
    const said = await this.deliveries.done(claimed, ok ? { ok } : { ok, why: "http_500", random: 0.5, retryAfterMs: null, gone: false });
    if (said === "delivered" || said === "recovered") this.told.add(`${lane} ${claimed.item}`);
  }
}

type Step =
  | { do: "settle"; recipient: number; status: "failed" | "cancelled"; published: boolean }
  | { do: "claim"; capacity: number }
  | { do: "end"; at: number; ok: boolean; hears: boolean }
  | { do: "advance"; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("settle" as const),
    recipient: fc.integer({ min: 0, max: 2 }),
    status: fc.constantFrom("failed" as const, "cancelled" as const),
    published: fc.boolean(),
  }),
  fc.record({ do: fc.constant("claim" as const), capacity: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ do: fc.constant("end" as const), at: fc.nat(9), ok: fc.boolean(), hears: fc.boolean() }),
  fc.record({ do: fc.constant("advance" as const), ms: fc.constantFrom(1, 900, 5_000, 25_000) }),
);

/** A post told as delivered after its lease ran out and another process had begun the same. */
const LATE_SUCCESS: Step[] = [
  { do: "settle", recipient: 0, status: "failed", published: false },
  { do: "claim", capacity: 1 },
  { do: "advance", ms: 25_000 },
  { do: "claim", capacity: 1 },
  { do: "settle", recipient: 0, status: "failed", published: false },
  { do: "end", at: 0, ok: true, hears: true },
  { do: "advance", ms: 1 },
  { do: "claim", capacity: 1 },
];

/** The same of a lane's last item: what comes behind it waits for the other process's post, too. */
const LATE_SUCCESS_OF_THE_LAST: Step[] = [
  { do: "settle", recipient: 1, status: "failed", published: false },
  { do: "claim", capacity: 2 },
  { do: "end", at: 0, ok: false, hears: false },
  { do: "advance", ms: 25_000 },
  { do: "claim", capacity: 2 },
  { do: "end", at: 0, ok: true, hears: true },
  { do: "settle", recipient: 1, status: "failed", published: false },
];

test("whatever happens in whatever order, each webhook gets each outcome that it asked for, each lane in its order, and nothing is left", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async (steps) => {
      await rig.reset();
      await rig.open();
      await rig.engine.webhooks.put("all", TARGET);
      await rig.engine.webhooks.put("failed", { ...TARGET, statuses: ["failed"] });
      const run = new Deliveries();
      for (const one of steps) {
        if (one.do === "settle") await run.settle(one.recipient, one.status, one.published);
        else if (one.do === "claim") await run.claim(one.capacity);
        else if (one.do === "end") await run.end(one.at, one);
        else await rig.advance(one.ms);
      }
      // Everybody lives now, and every receiver answers.
      for (let quiet = 0; quiet < 3; ) {
        const claimed = await run.claim(50);
        while (run.held.length > 0) await run.end(0, { ok: true, hears: true });
        quiet = claimed > 0 ? 0 : quiet + 1;
        await rig.advance(claimed > 0 ? 1 : 1_800_000);
      }
      for (const [lane, items] of run.expected) expect([lane, run.taken.get(lane)]).toEqual([lane, items]);
      for (const id of Object.keys(HOOKS)) {
        expect(await rig.engine.webhooks.read(id)).toMatchObject({ waiting: 0, dead: 0, dropped: 0, state: "ok" });
      }
      const keys = (await rig.client.keys("*")).filter((key) => /:gate:(hook:|owed)/.test(key));
      expect(keys).toEqual([]);
    }),
    { numRuns: 200, examples: [[LATE_SUCCESS], [LATE_SUCCESS_OF_THE_LAST]] },
  );
});
