/** The way in for jobs with a key, over more time than the key's own record lasts: no other job is taken for the one that has it. */
import { JobData } from "@linkup-queue/contracts";
import { STARTS } from "@linkup-queue/testkit";
import { beforeEach, describe, expect, test } from "vitest";
import type { DoorAnswer, DoorJob, JobDoor } from "../src/door/job-door.ts";
import { jobDigest } from "../src/job/job-ref.ts";
import { ledgerStatesScript } from "../src/views/lua/ledger-states.ts";
import { doorForAllTests } from "./door-rig.ts";
import type { Rig } from "./rig.ts";

const DAY_MS = 86_400_000;
/** The record lasts as an id that became used when it was written: LINKUP_LEDGER_DAYS, here 30, and a week more at most. */
const PAST_RECORD_MS = 38 * DAY_MS;
let rig: Rig;
let door: JobDoor;

doorForAllTests((of) => {
  ({ rig, door } = of);
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

/** Records lie in buckets of thirty days: the week of this day, a Thursday, goes on for six days after its bucket. */
const LAST_OF_A_BUCKET = { name: "the last day of a bucket of records", ms: Date.parse("2028-05-25T12:00:00Z") };

describe.each([...STARTS, LAST_OF_A_BUCKET])("from $name", ({ ms: startMs }) => {
  beforeEach(async () => {
    await rig.reset(startMs);
    await rig.open();
  });

  test.each([
    ["a job that waits for its account", hello()],
    ["a job that is due in half a year", hello({ runAtMs: startMs + 182 * DAY_MS })],
    ["a job whose time had come when it was sent", hello({ runAtMs: startMs - 1_000 })],
  ])("the key of %s is its own after its record has ended: the same is a duplicate, another is refused", async (_which, job) => {
    const jobId = await accepted(job);
    await rig.advance(PAST_RECORD_MS);
    expect(await add(job)).toEqual({ kind: "accepted", jobId, duplicate: true });
    for (const other of [
      { ...job, data: hello({}, "Another text").data },
      { ...job, operation: "message.inbox" as const },
      { ...job, priority: 100 },
      { ...job, runAtMs: startMs + 183 * DAY_MS },
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

  test("a key that is sent again each day is done again only when it is new", async () => {
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
  });

  test("a key that is sent with another job each day is refused for as long as the ledger knows its first one", async () => {
    await rig.account("ada");
    const jobId = await accepted(hello());
    const rigJob = await rig.job("ada", { id: jobId });
    await rig.call(rigJob);
    await rig.gate.markPublished(jobDigest(rigJob.ref));
    await rig.client.del(rig.bull("messages", jobId));
    const isUsed = async () => {
      const asked = { digests: [jobDigest(rigJob.ref)], ledgerDays: rig.engine.config.ledgerDays };
      return JSON.stringify(await rig.engine.scripts.run(ledgerStatesScript, asked)) === '[["","","s"]]';
    };
    for (let days = 0; await isUsed(); days++) {
      expect(await add(hello({}, "Another text")), `after ${days} days`).toEqual({ kind: "conflict" });
      await rig.advance(DAY_MS);
    }
    expect(await add(hello({}, "Another text"))).toEqual({ kind: "accepted", jobId, duplicate: false });
  });
});
