/** The way in for jobs with a key, over more time than the key's own record lasts: no other job is taken for the one that has it. */
import { JobData } from "@linkup-queue/contracts";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { CallQueues } from "../src/call-queues.ts";
import { type DoorAnswer, type DoorJob, JobDoor } from "../src/job-door.ts";
import { jobDigest } from "../src/job-ref.ts";
import { type Rig, startRig } from "./rig.ts";

const DAY_MS = 86_400_000;
/** The record lasts for the rest of its week and LINKUP_LEDGER_DAYS more. */
const PAST_RECORD_MS = 61 * DAY_MS;
let rig: Rig;
let queues: CallQueues;
let door: JobDoor;

beforeAll(async () => {
  rig = await startRig();
  queues = new CallQueues(rig.client, rig.engine.config.keyId);
  door = new JobDoor(rig.engine.scripts, rig.engine.config, queues);
});
afterAll(async () => {
  await queues.close();
  await rig.close();
});
beforeEach(async () => {
  await rig.reset();
  await rig.open();
});

function hello(changes: Partial<DoorJob> = {}, text = "Hello"): DoorJob {
  const data = JobData.parse({ accountId: "ada", input: { linkedin_url: "https://www.linkedin.com/in/x", message_text: text } });
  return { queue: "messages", operation: "message.send", data, priority: 10, runAtMs: null, key: { caller: "crm", text: "k" }, ...changes };
}

async function add(job: DoorJob): Promise<DoorAnswer> {
  const [answer] = await door.add([job]);
  if (answer === undefined) throw new Error("no answer");
  return answer;
}

async function accepted(job: DoorJob): Promise<string> {
  const answer = await add(job);
  if (answer.kind !== "accepted") throw new Error(`expected it to be accepted, not ${answer.kind}`);
  return answer.jobId;
}

test.each([
  ["a job that waits for its account", hello()],
  ["a job that is due in half a year", hello({ runAtMs: Date.now() + 182 * DAY_MS })],
  ["a job whose time had come when it was sent", hello({ runAtMs: Date.now() - 1_000 })],
])("the key of %s is its own after its record has ended: the same is a duplicate, another is refused", async (_which, job) => {
  const jobId = await accepted(job);
  await rig.advance(PAST_RECORD_MS);
  expect(await add(job)).toEqual({ kind: "accepted", jobId, duplicate: true });
  for (const other of [
    { ...job, data: hello({}, "Another text").data },
    { ...job, operation: "message.inbox" },
    { ...job, priority: 100 },
    { ...job, runAtMs: Date.now() + 183 * DAY_MS },
  ]) {
    expect(await add(other), JSON.stringify(other)).toEqual({ kind: "conflict" });
  }
  expect(await add(job)).toEqual({ kind: "accepted", jobId, duplicate: true });
  expect(await add(hello({ key: { caller: "crm", text: "a new one" } }))).toMatchObject({ duplicate: false });
});

test("a job that ended long after its key's record did is a duplicate while its id is used, and new afterwards", async () => {
  const job = hello();
  const jobId = await accepted(job);
  await rig.account("ada");
  await rig.advance(PAST_RECORD_MS);
  const rigJob = await rig.job("ada", { id: jobId });
  await rig.call(rigJob);
  await rig.client.del(rig.bull("messages", jobId));
  // Its outcome is not published yet: the ledger still knows what it was.
  expect(await add(job)).toEqual({ kind: "accepted", jobId, duplicate: true });
  expect(await add(hello({ operation: "message.inbox" }))).toEqual({ kind: "conflict" });
  await rig.gate.markPublished(jobDigest(rigJob.ref));
  for (let day = 0; day < 30; day += 10) {
    expect(await add(job), `after ${day} days`).toEqual({ kind: "accepted", jobId, duplicate: true });
    await rig.advance(10 * DAY_MS);
  }
  await rig.advance(8 * DAY_MS);
  expect(await add(job)).toEqual({ kind: "accepted", jobId, duplicate: false });
});

test.each([0, 1, 2, 3, 4, 5, 6])(
  "a key that is sent again each day, first on day %i of the ledger's week, is done again only when it is new",
  async (day) => {
    const weekMs = 7 * DAY_MS;
    await rig.setClock(Math.ceil(rig.nowMs / weekMs) * weekMs + day * DAY_MS);
    await rig.account("ada");
    const job = hello();
    const jobId = await accepted(job);
    const rigJob = await rig.job("ada", { id: jobId });
    await rig.call(rigJob);
    await rig.gate.markPublished(jobDigest(rigJob.ref));
    await rig.client.del(rig.bull("messages", jobId));
    for (let days = 0; ; days++) {
      const answer = await add(job);
      const isAdded = (await rig.client.exists(rig.bull("messages", jobId))) === 1;
      expect(answer, `after ${days} days`).toEqual({ kind: "accepted", jobId, duplicate: !isAdded });
      if (isAdded) {
        expect(days).toBeGreaterThanOrEqual(rig.engine.config.ledgerDays);
        return;
      }
      await rig.advance(DAY_MS);
    }
  },
);
