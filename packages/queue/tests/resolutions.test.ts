/** A person's word on an unknown outcome: kept once, told once more, and heeded by whoever would send again. */
import { LinkupError, type Outcome, personKey } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { forgetOutcomes } from "../src/erasure/forget-outcomes.ts";
import { replaceText } from "../src/erasure/forget-text.ts";
import { findUnknown } from "../src/findings/find-unknown.ts";
import { type Claimed, jobDigest, outcomeIdOf, WebhookDeliveries } from "../src/index.ts";
import { packOutcome, readOutcome, readStored } from "../src/ledger/outcome-store.ts";
import { type Rig, type RigJob, startRig } from "./rig.ts";

const DAY_MS = 86_400_000;
const TARGET = { url: "https://8.8.8.8/", secret: `whsec_${Buffer.alloc(32, 2).toString("base64")}` };
let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ resultsMax: 3 });
});
afterAll(async () => rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 1_000);
});

const idOf = ({ ref }: RigJob) => outcomeIdOf(jobDigest(ref));

/** A message of unknown effect, its outcome published unless `published` is false. */
async function unknown({ published = true } = {}): Promise<RigJob> {
  const job = await rig.job("ada");
  await rig.call(job, "timed_out");
  if (published) await rig.engine.outbox.republish(jobDigest(job.ref));
  return job;
}

async function say(job: RigJob, happened: boolean, by = "crm"): Promise<{ outcome: Outcome; duplicate: boolean }> {
  return await rig.engine.jobs.resolutions.resolve({ digest: jobDigest(job.ref), ended: "unknown" }, { happened, by });
}

async function refusal(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => "not refused",
    (error: unknown) => LinkupError.from(error).code,
  );
}

/** Ids on the results queue, the oldest first, and what their outcomes say of a person's word. */
async function told(): Promise<[string, boolean | null][]> {
  const ids = (await rig.client.lrange(rig.bull("results", "wait"), 0, -1)).reverse();
  return await Promise.all(
    ids.map(async (id): Promise<[string, boolean | null]> => {
      const { resolved } = JSON.parse((await rig.client.hget(rig.bull("results", id), "data")) ?? "{}") as Outcome;
      return [id, resolved?.happened ?? null];
    }),
  );
}

test("the first word is kept, the same word again changes nothing, and the other is refused", async () => {
  const job = await unknown();
  const { outcome, duplicate } = await say(job, true);
  expect(duplicate).toBe(false);
  expect(outcome).toMatchObject({ status: "unknown", code: "timed_out", resolved: { happened: true, by: "crm" } });
  expect(await say(job, true, "ada")).toEqual({ outcome, duplicate: true });
  expect(await refusal(say(job, false))).toBe("conflict");
  expect(await readOutcome(rig.engine.scripts, idOf(job))).toEqual(outcome);
});

test("of two people who speak at the same moment one is heard", async () => {
  const job = await unknown();
  const said = await Promise.allSettled([say(job, true, "ada"), say(job, false, "bob"), say(job, true, "eve")]);
  const { resolved } = (await readOutcome(rig.engine.scripts, idOf(job))) ?? {};
  for (const answer of said) if (answer.status === "fulfilled") expect(answer.value.outcome.resolved).toEqual(resolved);
  expect(said.filter(({ status }) => status === "rejected").length).toBe(resolved?.happened === true ? 1 : 2);
});

test("there is no word on a job without an outcome, on one whose end is known, and on an outcome that is kept no longer", async () => {
  const { resolutions } = rig.engine.jobs;
  const job = await rig.job("ada");
  const word = { happened: true, by: "crm" };
  const digest = jobDigest(job.ref);
  expect(await refusal(resolutions.resolve({ digest, ended: null }, word))).toBe("conflict");
  await rig.call(job);
  expect(await refusal(resolutions.resolve({ digest, ended: "succeeded" }, word))).toBe("conflict");
  const lost = await unknown();
  await rig.advance(7 * DAY_MS + 1_000);
  expect(await refusal(say(lost, true))).toBe("not_found");
});

test("it is told once more on results under a name of its own, behind the first telling, however often that is asked for", async () => {
  const job = await unknown({ published: false });
  const { outcome } = await say(job, false);
  const publish = () => rig.engine.outbox.publishResolved([outcome.outcomeId]);
  await publish();
  expect(await told(), "the first telling is not there yet").toEqual([]);
  await rig.engine.outbox.republish(jobDigest(job.ref));
  await Promise.all([publish(), publish()]);
  await publish();
  expect((await told()).map(([id]) => id)).toEqual([outcome.outcomeId, `${outcome.outcomeId}~resolved`]);
});

test("a telling that a crash left, or that found no capacity, is made by the sweep", async () => {
  const jobs = [await unknown(), await unknown()];
  for (const job of jobs) await say(job, true);
  await rig.advance(6_000);
  await rig.swept();
  expect((await told()).length, "no more than LINKUP_RESULTS_MAX").toBe(3);
  await rig.client.del(rig.bull("results", "wait"));
  await rig.swept();
  expect((await told()).length).toBe(1);
  await rig.client.del(rig.bull("results", "wait"));
  await rig.swept();
  expect(await told()).toEqual([]);
});

test("a telling that waits for the results queue keeps its outcome, where outcomes are kept for no time at all, too", async () => {
  const engine = rig.withConfig({ outcomeDays: 0 });
  const job = await unknown({ published: false });
  const digest = jobDigest(job.ref);
  const { outcome } = await engine.jobs.resolutions.resolve({ digest, ended: "unknown" }, { happened: true, by: "crm" });
  await engine.outbox.republish(digest);
  await engine.outbox.publishResolved([outcome.outcomeId]);
  expect((await told()).map(([id]) => id)).toEqual([outcome.outcomeId, `${outcome.outcomeId}~resolved`]);
  expect(await readOutcome(rig.engine.scripts, outcome.outcomeId)).toBeNull();
  expect(await rig.client.hlen(rig.key("owed"))).toBe(0);
  await engine.close();
});

test("a mark without its outcome is dropped", async () => {
  const job = await unknown();
  const { outcome } = await say(job, true);
  await rig.client.del(rig.key(`outcome:${outcome.outcomeId}`));
  await rig.engine.outbox.publishResolved([outcome.outcomeId]);
  expect(await rig.client.exists(rig.key("resolved-outbox"), rig.key("owed"))).toBe(0);
});

test("a webhook is told under an id of its own behind what it was told before, and the outcome stays for as long as that is owed", async () => {
  await rig.engine.webhooks.put("crm", { ...TARGET, statuses: ["unknown"] });
  const deliveries = new WebhookDeliveries(rig.engine);
  const claim = async () => (await deliveries.claim(10, { perWebhook: 10, inFlight: new Map() })).posts;
  const posted = async (): Promise<Claimed> => {
    const [post, ...others] = await claim();
    if (post === undefined || others.length > 0) throw new Error(`expected one post, not ${others.length}`);
    return post;
  };
  const job = await unknown();
  const first = await posted();
  await say(job, true);
  expect(await claim(), "the first telling is out").toEqual([]);
  await deliveries.done(first, { ok: true });
  await deliveries.done(await posted(), { ok: true });
  // Nobody is owed it any more, and its time is nearly over.
  const late = await unknown();
  await deliveries.done(await posted(), { ok: true });
  await rig.advance(7 * DAY_MS - 60_000);
  const { outcome } = await say(late, false);
  await rig.advance(3_600_000);
  const second = await posted();
  expect(second.item).toBe(`${outcome.outcomeId}~resolved`);
  const body = JSON.parse((await deliveries.body(second)) ?? "{}") as unknown;
  expect(body).toEqual({ type: "outcome.unknown", timestamp: outcome.resolved?.at, data: outcome });
  await deliveries.done(second, { ok: true });
  await rig.client.del(rig.bull("results", "wait"));
  await rig.engine.outbox.publishResolved([idOf(job), idOf(late)]);
  expect(await rig.client.hlen(rig.key("owed"))).toBe(0);
  expect(await rig.client.pttl(rig.key(`outcome:${outcome.outcomeId}`))).toBeLessThanOrEqual(7 * DAY_MS);
});

test("a word that comes while a person is erased loses neither", async () => {
  const job = await unknown();
  const { scripts } = rig.engine;
  const outcomeId = idOf(job);
  const was = (await rig.client.getBuffer(rig.key(`outcome:${outcomeId}`))) ?? Buffer.alloc(0);
  const stored = await readStored(scripts, outcomeId);
  if (stored === null) throw new Error("no outcome");
  await say(job, true);
  const becomes = packOutcome({ ...stored.outcome, message: "erased" });
  expect(await replaceText(scripts, { event: "outcome", outcomeId }, { was, becomes })).toBe("changed");
  expect(await readOutcome(scripts, outcomeId)).toMatchObject({ resolved: { happened: true } });
});

test("a person who is forgotten goes from the second telling, too, also where it does not name them", async () => {
  const person = personKey("https://www.linkedin.com/in/jane-doe");
  const job = await unknown();
  const key = rig.key(`outcome:${idOf(job)}`);
  const stored = await readStored(rig.engine.scripts, idOf(job));
  if (stored === null) throw new Error("no outcome");
  await rig.client.set(key, packOutcome({ ...stored.outcome, recipientId: "crm-1" }, { about: [person] }), "KEEPTTL");
  await say(job, true);
  await rig.engine.outbox.publishResolved([idOf(job)]);
  const telling = async () => JSON.parse((await rig.client.hget(rig.bull("results", `${idOf(job)}~resolved`), "data")) ?? "{}") as Outcome;
  expect(await telling()).toMatchObject({ recipientId: "crm-1" });
  await forgetOutcomes(rig.engine.scripts, person);
  expect(await telling()).toMatchObject({ recipientId: null, status: "unknown", resolved: { happened: true } });
  expect(await readOutcome(rig.engine.scripts, idOf(job))).toMatchObject({ recipientId: null, resolved: { happened: true } });
});

test("a write that happened by a person's word is not done again, unless that is said as well", async () => {
  const { redrives } = rig.engine.jobs;
  const data = { accountId: "ada", input: { linkedin_url: "https://www.linkedin.com/in/x", message_text: "Hi" } };
  const redrive = (job: RigJob, evenIfHappened = false) => redrives.redrive("messages", job.ref.id, { maySendTwice: true, evenIfHappened });
  const job = await unknown();
  const other = await unknown();
  for (const { ref } of [job, other]) await rig.client.hset(rig.bull("messages", ref.id), { data: JSON.stringify(data), finishedOn: "1" });
  await say(job, true);
  await say(other, false);
  expect(await redrive(job)).toMatchObject({ kind: "refused", why: "happened" });
  // Kept beside the outcome, and for longer.
  await rig.client.del(rig.key(`outcome:${idOf(job)}`));
  expect(await redrive(job)).toMatchObject({ kind: "refused", why: "happened" });
  expect(await redrive(job, true)).toMatchObject({ kind: "redriven", duplicate: false });
  expect(await redrive(job), "asked again, it names the job that is there").toMatchObject({ kind: "redriven", duplicate: true });
  expect(await redrive(other)).toMatchObject({ kind: "redriven", duplicate: false });
});

test.each([false, true])(
  "a word on a job is no word on a later one of the same id; published as it is settled: %s",
  async (isPublished) => {
    const job = await unknown();
    await say(job, true);
    // The id is free, and the mark is there still.
    await rig.advance(38 * DAY_MS);
    expect(await rig.client.exists(rig.key(`resolved:${jobDigest(job.ref)}`))).toBe(1);
    const later = await rig.job("ada", { id: job.ref.id });
    const settlement = rig.settlement(later, await rig.send(later), "timed_out");
    await rig.gate.settle(isPublished ? rig.publishing(settlement) : settlement);
    expect(await rig.client.exists(rig.key(`resolved:${jobDigest(job.ref)}`))).toBe(0);
  },
);

test("the findings tell unknown outcomes of which nobody said anything", async () => {
  const jobs = [await unknown(), await unknown()];
  for (const { ref } of jobs) await rig.client.zadd(rig.bull("messages", "failed"), rig.nowMs, ref.id);
  const found = async () => (await findUnknown(rig.engine.scripts, rig.engine.config, rig.nowMs)).jobIds;
  expect((await found()).length).toBe(2);
  await say(jobs[0] as RigJob, true);
  expect(await found()).toEqual([jobs[1]?.ref.id]);
  await say(jobs[1] as RigJob, false);
  expect(await found()).toEqual([]);
});
