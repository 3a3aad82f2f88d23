/**
 * Scripts do less where less is enough: they write no field that stays, look for no brake where none was ever put on, take a job out of no set that
 * it can't be in. The same schedules with and without these short ways must leave the same behind: every key, every value, every expiry.
 */
import { readRedisText } from "@linkup-queue/testkit";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jobDigest, unpackOutcome } from "../src/index.ts";
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
const NEW = new Set(["settledOnce", "token", "credentials", "code", "print", "emailPrint", "fingerprint", "digests", "keyCanary"]);
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
    if (key === ":test-clock" || key === ":gate:emails" || !name.startsWith(tag)) continue;
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
    .map((one: unknown) => (key.startsWith(":gate:") ? one : timelessPart(one)));
}

const timeless = (outcome: object) => ({ ...outcome, startedAt: "", finishedAt: "" });

/** A field of one of BullMQ's jobs, or an event of its queues, which begins with an id of its moment. */
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

test("the short way of a script leaves every key, value and expiry as its long way does, whatever happens in whatever order", async () => {
  await fc.assert(fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 80 }), leavesTheSame), { numRuns: 12, endOnFailure: true });
});

test("most of it is of a service that works: there too", async () => {
  const common = STEP.filter((step) => !("end" in step) || ["ok", "not_found", "server_error", "timed_out"].includes(step.end));
  await fc.assert(fc.asyncProperty(fc.array(common, { minLength: 20, maxLength: 80 }), leavesTheSame), { numRuns: 12, endOnFailure: true });
});
