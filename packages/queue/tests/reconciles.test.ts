/** Looking for a write that was told unknown: the job that looks, and when it is refused. A look with a worker is in apps/worker/tests/reconcile-later.test.ts. */
import type { Outcome } from "@linkup-queue/contracts";
import { fromNow } from "@linkup-queue/testkit";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type FoundJob, jobDigest, NO_HISTORY } from "../src/index.ts";
import { outcomeOf } from "../src/job/outcome.ts";
import { packOutcome } from "../src/ledger/outcome-store.ts";
import { type Rig, type RigJob, startRig } from "./rig.ts";

const HOUR_MS = 3_600_000;
let rig: Rig;

beforeAll(async () => {
  rig = await startRig();
});
afterAll(async () => rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  await rig.account("ada", 1_000);
});

const INPUT = { linkedin_url: "https://www.linkedin.com/in/jane-doe", message_text: "Hello" };

/** A job of unknown outcome, as it is found; `input` null: nobody has its data any more. */
async function unknown({ operation = "message.send", input = INPUT as object | null, leftAtMs = rig.nowMs } = {}): Promise<FoundJob> {
  const job = await rig.job("ada", { operation, queue: operation === "invitation.send" ? "network" : "messages" });
  if (input === null) await rig.client.del(rig.bull(job.ref.queue, job.ref.id));
  else await rig.client.hset(rig.bull(job.ref.queue, job.ref.id), "data", JSON.stringify({ accountId: "ada", input }));
  const sent = await rig.send(job);
  const settlement = rig.settlement(job, sent, "timed_out");
  const ending = { status: "unknown", code: "timed_out", message: "No answer", httpStatus: null, output: null } as const;
  const outcome = outcomeOf(job.ref, job.meta, { ending, history: { ...NO_HISTORY, calls: 1, uncertain: 1, startedMs: leftAtMs } });
  await rig.gate.settle({ ...settlement, next: { kind: "end", status: "unknown", code: "timed_out", outcome: packOutcome(outcome) } });
  await rig.engine.outbox.republish(jobDigest(job.ref));
  return await find(job);
}

async function find({ ref }: Pick<RigJob, "ref">): Promise<FoundJob> {
  const [found] = await rig.engine.jobs.views.find(ref.id);
  return found ?? expect.fail("no job");
}

const look = (found: FoundJob) => rig.engine.jobs.reconciles.look(found);
const withOutcome = (found: FoundJob, changes: Partial<Outcome>): FoundJob => ({
  ...found,
  view: { ...found.view, outcome: found.view.outcome && { ...found.view.outcome, ...changes } },
});

test("it is added once as a read, and the gate grants its id looks alone", async () => {
  const found = await unknown();
  const answers = await Promise.all([look(found), look(found), look(found)]);
  const jobId = `${found.ref.id}~look`;
  for (const answer of answers) expect(answer).toMatchObject({ kind: "looking", queue: "messages", jobId, of: found.ref.id });
  expect(answers.filter((answer) => answer.kind === "looking" && !answer.duplicate)).toHaveLength(1);
  const [added] = await rig.engine.jobs.views.find(jobId, "messages");
  expect(added).toMatchObject({ stored: { name: "message.conversation" }, view: { state: "waiting", operation: "message.conversation" } });
  expect(added?.stored?.data).not.toContain("Hello");
  const ref = { queue: "messages", id: jobId, timestamp: 0 } as const;
  const base = await rig.job("ada", { id: jobId, operation: "message.send" });
  expect(await rig.ask({ ...base, ref }), "whoever asks for a send").toMatchObject({
    kind: "look",
    reconciling: { account: "ada", code: "timed_out", looks: 0, absent: false, of: { digest: found.digest } },
  });
});

test("a look that waits is cancelled like any job, and the write stays unknown", async () => {
  const found = await unknown();
  await look(found);
  const [waiting] = await rig.engine.jobs.views.find(`${found.ref.id}~look`, "messages");
  expect(await rig.engine.jobs.cancels.cancel(waiting ?? expect.fail("no look"))).toBe("cancelled");
  const [ended] = await rig.engine.jobs.views.find(`${found.ref.id}~look`, "messages");
  expect(ended?.view.outcome).toMatchObject({ status: "cancelled", code: "cancelled" });
  expect((await find(found)).view.outcome).toMatchObject({ status: "unknown", resolved: null });
});

test("a crash between its entry and its job is healed by asking again, or the sweep ends it", async () => {
  const found = await unknown();
  await look(found);
  const jobId = `${found.ref.id}~look`;
  await rig.client.del(rig.bull("messages", jobId));
  await rig.client.zrem(rig.bull("messages", "prioritized"), jobId);
  expect(await look(found)).toMatchObject({ kind: "looking", jobId, duplicate: true });
  expect(await rig.client.exists(rig.bull("messages", jobId))).toBe(1);
  await rig.client.del(rig.bull("messages", jobId));
  await rig.client.zrem(rig.bull("messages", "prioritized"), jobId);
  for (let sweeps = 0; sweeps < 3; sweeps++) {
    await rig.advance(HOUR_MS);
    await rig.swept();
  }
  expect((await rig.results()).get(jobId)).toBe("unknown");
  expect((await find({ ref: found.ref })).view.outcome).toMatchObject({ status: "unknown", resolved: null });
});

test("an id that somebody else's job has is left alone", async () => {
  const found = await unknown();
  const other = await rig.job("ada", { id: `${found.ref.id}~look` });
  await rig.call(other);
  expect(await look(found)).toMatchObject({ kind: "looking", jobId: `${found.ref.id}~look2`, duplicate: false });
});

test.each<[string, (found: FoundJob) => FoundJob | Promise<FoundJob>]>([
  ["not_ended", (found) => ({ ...found, ended: null })],
  ["not_unknown", (found) => ({ ...found, ended: "failed" })],
  ["outcome_gone", (found) => ({ ...found, view: { ...found.view, outcome: null } })],
  ["no_look", (found) => withOutcome(found, { operation: "post.create" })],
  ["resolved", (found) => withOutcome(found, { resolved: { happened: true, by: "ada", at: "" } })],
  ["state_doubted", (found) => withOutcome(found, { code: "state_lost" })],
  ["state_doubted", (found) => withOutcome(found, { startedAt: null })],
  ["data_gone", (found) => ({ ...found, stored: null })],
  ["data_gone", (found) => withOutcome(found, { accountId: "bob" })],
  [
    "redriven",
    async (found) => {
      await rig.engine.jobs.redrives.redrive("messages", found.ref.id, { maySendTwice: true });
      return found;
    },
  ],
  [
    "resolved",
    async (found) => {
      await rig.engine.jobs.resolutions.resolve(found, { happened: false, by: "ada" });
      return found;
    },
  ],
  [
    "state_lost",
    async (found) => {
      await rig.client.hset(rig.key("key"), "lost", String(rig.nowMs));
      return found;
    },
  ],
])("it is refused: %s", async (why, change) => {
  const found = await change(await unknown());
  expect(await look(found)).toMatchObject({ kind: "refused", why, message: expect.any(String) });
  expect(await rig.engine.jobs.views.find(`${found.ref.id}~look`, "messages")).toEqual([]);
});

test("an invitation is looked for within an hour: later it may have been declined, which looks like none", async () => {
  const invitation = { operation: "invitation.send", input: { linkedin_url: INPUT.linkedin_url } };
  expect(await look(await unknown({ ...invitation, leftAtMs: fromNow(-2 * HOUR_MS).getTime() }))).toMatchObject({ why: "too_long_ago" });
  expect(await look(await unknown({ ...invitation, leftAtMs: fromNow(0).getTime() }))).toMatchObject({
    kind: "looking",
    queue: "network",
  });
});
