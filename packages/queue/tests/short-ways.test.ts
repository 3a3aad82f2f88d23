/**
 * Scripts do less where less is enough: they write no field that stays, look for no brake where none was ever put on, take a job out of no set that
 * it can't be in. The same schedules with and without these short ways must leave the same behind: every key, every value, every expiry.
 */
import { readRedisText } from "@linkup-queue/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jobDigest, type Settlement } from "../src/index.ts";
import { campaignJobId } from "../src/job/recipient-job-id.ts";
import { unpackOutcome } from "../src/ledger/outcome-store.ts";
import { STEP, type Step } from "./gate-model.ts";
import { runSchedule, startGateRig } from "./prove-gate.ts";
import type { Rig } from "./rig.ts";

let short: Rig;
let long: Rig;
beforeAll(async () => {
  short = await startGateRig();
  long = await startGateRig({ noShortWays: true });
});
afterAll(async () => await Promise.all([short.close(), long.close()]));

/** Sealed texts, keyed digests, and a settlement's name, which is made of its outcome with its moments: all are new each time. */
const NEW = new Set([
  "settledOnce",
  "token",
  "credentials",
  "code",
  "print",
  "emailPrint",
  "fingerprint",
  "digests",
  "keyCanary",
  "sealed",
]);
/** Expiries run by the machine's clock, so the second run of a schedule has some of its seconds less, ms. */
const TTL_STEP_MS = 6 * 3_600_000;

/** The part that it is in a key's name; a call's is its own. */
const SETTLEMENT = /(?<=^:gate:back:)(?!call-).+/;

type Line = { key: string; type: string; ttlMs: number | null; value: unknown };

/** Whatever is kept, by key, without what is new each time. */
async function keyspace(rig: Rig): Promise<Record<string, unknown>> {
  const { tag } = rig.engine.scripts;
  const kept: Record<string, unknown> = {};
  for (const line of (await readRedisText(rig.redis.url)).split("\n")) {
    if (line === "") continue;
    const { key: name, type, ttlMs, value } = JSON.parse(line) as Line;
    const key = name.replace(tag, "").replace(SETTLEMENT, "<settlement>");
    // The sweep's lease runs by the machine's clock, too.
    if (key === ":test-clock" || key === ":gate:emails" || key === ":gate:sweeping" || !name.startsWith(tag)) continue;
    kept[key] = { type, expires: ttlMs === null ? null : Math.round(ttlMs / TTL_STEP_MS), value: await withoutMoments(rig, key, value) };
  }
  return kept;
}

async function withoutMoments(rig: Rig, key: string, value: unknown): Promise<unknown> {
  if (key.startsWith(":gate:outcome:")) {
    const packed = await rig.client.getBuffer(rig.engine.scripts.tag + key);
    return packed === null ? null : timeless(unpackOutcome(packed));
  }
  if (!Array.isArray(value)) return value;
  return value
    .filter((one: unknown) => !(Array.isArray(one) && NEW.has(String(one[0]))))
    .map((one: unknown) => (key.startsWith(":gate:") && key !== ":gate:to-archive" ? one : timelessPart(one)));
}

const timeless = (outcome: object) => ({ ...outcome, startedAt: "", finishedAt: "" });

/** A field of one of BullMQ's jobs, or an entry of a stream, which begins with an id of its moment. */
function timelessPart(one: unknown): unknown {
  if (!Array.isArray(one)) return one;
  const [name, text] = one as [string, unknown];
  if (/^\d+-\d+$/.test(name)) return text;
  if (name === "timestamp" || name === "processedOn" || name === "finishedOn") return name;
  return name === "data" && String(text).includes('"finishedAt"') ? timeless(JSON.parse(String(text)) as object) : one;
}

async function leavesTheSame(steps: readonly Step[]): Promise<void> {
  await runSchedule(short, steps);
  const kept = await keyspace(short);
  await runSchedule(long, steps);
  expect(await keyspace(long)).toEqual(kept);
}

/** Jobs of one account that wait for each other, with what is kept after each step. */
async function lineOfJobs(rig: Rig): Promise<Record<string, unknown>[]> {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 1);
  const kept: Record<string, unknown>[] = [];
  const look = async () => {
    kept.push(await keyspace(rig));
    // Past the window, so that no call has to wait for its pace.
    await rig.advance(70_000);
  };
  const [first, second, third] = await rig.jobs(3, "ada");
  if (first === undefined || second === undefined || third === undefined) throw new Error("no jobs");
  const sent = await rig.send(first);
  for (const job of [second, third]) await rig.park(job);
  await look();
  await rig.settle(first, sent, "ok");
  await look();
  await rig.call(second, "server_error");
  await look();
  await rig.call(third);
  await look();
  await rig.call(second);
  await look();
  for (const { ref } of [first, second, third]) await rig.gate.markPublished(jobDigest(ref));
  await look();
  return kept;
}

test("jobs that are parked, handed their place, sent and repeated leave the same behind both ways, after each step", async () => {
  const kept = await lineOfJobs(short);
  const other = await lineOfJobs(long);
  for (const [at, one] of kept.entries()) expect(other[at], `look ${at}`).toEqual(one);
});

/**
 * Jobs that end in each way with their outcomes published by the settlement, one of them a campaign's, and one that comes while another was handed
 * the account's place; with what is kept after each.
 */
async function published(rig: Rig, { owed }: { owed: boolean }): Promise<Record<string, unknown>[]> {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 1);
  await rig.client.hset(rig.key("campaign:c"), { state: "ended", maxCredits: "", rev: 1, accepted: 1 });
  await rig.client.zadd(rig.key("ended-campaigns"), rig.nowMs, "c");
  if (owed) {
    await rig.client.set(rig.key("archiving"), "1");
    await rig.engine.webhooks.put("hook", { url: "https://one.example/hook", secret: `whsec_${Buffer.alloc(32, 5).toString("base64")}` });
    // Its generation is made by chance.
    await rig.client.hset(rig.key("webhook:hook"), "gen", "g");
  }
  const kept: Record<string, unknown>[] = [];
  const look = async () => {
    kept.push(await keyspace(rig));
    await rig.advance(70_000);
  };
  const told: (string | boolean)[] = [];
  const settle = async (settlement: Settlement) => {
    const answer = await rig.gate.settle(rig.publishing(settlement));
    told.push(answer.kind, "published" in answer);
    await look();
  };
  for (const end of ["ok", "timed_out", "not_found"] as const) {
    const job = await rig.job("ada");
    await settle(rig.settlement(job, await rig.send(job), end));
  }
  await settle(rig.uncalled(await rig.job("ada")));
  const own = await rig.job("ada", { id: campaignJobId("c", "ann"), campaignId: "c" });
  // The feeder's note.
  await rig.client.hset(rig.key(`job:${jobDigest(own.ref)}`), { own: "1", campaign: "c" });
  const recipient = { ...own, meta: { ...own.meta, recipientId: "ann" } };
  await settle(rig.settlement(recipient, await rig.send(recipient), "ok"));
  const [first, second, third] = await rig.jobs(3, "ada");
  if (first === undefined || second === undefined || third === undefined) throw new Error("no jobs");
  const sent = await rig.send(first);
  await rig.park(second);
  await settle(rig.settlement(first, sent, "ok"));
  await rig.park(third);
  await look();
  expect(told).toEqual(["ended", true, "ended", true, "ended", false, "ended", true, "ended", true, "ended", true]);
  return kept;
}

test.each([{ owed: false }, { owed: true }])(
  "outcomes that are published by the settlement leave the same behind as those whose mark is written and dropped: $owed",
  async (how) => {
    const kept = await published(short, how);
    const other = await published(long, how);
    for (const [at, one] of kept.entries()) expect(other[at], `look ${at}`).toEqual(one);
  },
);

test("the short way of a script leaves every key, value and expiry as its long way does, whatever happens in whatever order", async () => {
  await fc.assert(fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 80 }), leavesTheSame), { numRuns: 12, endOnFailure: true });
});

test("most of it is of a service that works: there too", async () => {
  const common = STEP.filter((step) => !("end" in step) || ["ok", "not_found", "server_error", "timed_out"].includes(step.end));
  await fc.assert(fc.asyncProperty(fc.array(common, { minLength: 20, maxLength: 80 }), leavesTheSame), { numRuns: 12, endOnFailure: true });
});
