/** Lists that are sent again under one key, as people correct them: nobody gets anything twice, nobody nothing, and what can't be is told by line. */
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { JobDoor } from "../src/door/job-door.ts";
import { readJob } from "../src/door/read-job.ts";
import { BatchLines, type DoorAnswer } from "../src/index.ts";
import { jobDigest } from "../src/job/job-ref.ts";
import type { CallQueues } from "../src/redis/call-queues.ts";
import { doorForAllTests } from "./door-rig.ts";
import type { Rig } from "./rig.ts";

const DAY_MS = 86_400_000;
const CALLER = "crm";
let rig: Rig;
let queues: CallQueues;
let door: JobDoor;

doorForAllTests((of) => {
  ({ rig, queues, door } = of);
});
beforeEach(async () => {
  await rig.reset();
  await rig.open();
});

/** `text` of none is refused. */
type Row = { to: string; text: string; account?: string; own?: string };

const message = ({ to, text, account = "ada", own }: Row) => ({
  operation: "message.send",
  accountId: account,
  input: { linkedin_url: `https://www.linkedin.com/in/${to}`, message_text: text },
  ...(own === undefined ? {} : { idempotencyKey: own }),
});
const hi = (to: string, text = `Hello ${to}`): Row => ({ to, text });

type Told = "new" | "duplicate" | "conflict" | "refused";
type Upload = { key?: string; chunk?: number; firstLine?: number };

/** Sends lines as the api and the command line do. */
async function sendLines(values: readonly unknown[], { key = "monday", chunk = 50, firstLine = 1 }: Upload = {}) {
  const lines = new BatchLines({ caller: CALLER, key });
  const reads = values.map((value, at) => lines.read(value, firstLine + at));
  const jobs = reads.flatMap((read) => (read.ok ? [read.job] : []));
  const answers: DoorAnswer[] = [];
  for (let at = 0; at < jobs.length; at += chunk) answers.push(...(await door.add(jobs.slice(at, at + chunk))));
  const next = answers.values();
  return reads.map((read): DoorAnswer | { kind: "refused" } =>
    read.ok ? (next.next().value ?? { kind: "refused" }) : { kind: "refused" },
  );
}

const toldOf = (answer: DoorAnswer | { kind: "refused" }): Told => {
  if (answer.kind === "failed") throw answer.error;
  return answer.kind === "accepted" ? (answer.duplicate ? "duplicate" : "new") : answer.kind;
};
const send = async (rows: readonly Row[], upload?: Upload): Promise<Told[]> => (await sendLines(rows.map(message), upload)).map(toldOf);

async function textsTo(queue = "messages"): Promise<string[]> {
  const jobs = await queues.of(queue as "messages").getJobs();
  return jobs.map(({ data }) => `${data.input["linkedin_url"].split("/").at(-1)}: ${data.input["message_text"]}`).toSorted();
}

describe("a list that is sent again under its key", () => {
  const LIST = [hi("ann"), hi("bob", ""), hi("cyd"), hi("dee")];

  test("with a refused row taken out, rows added and moved gives each person theirs once", async () => {
    expect(await send(LIST)).toEqual(["new", "refused", "new", "new"]);
    expect(await send([hi("ann"), hi("cyd"), hi("dee")])).toEqual(["duplicate", "duplicate", "duplicate"]);
    expect(await send([hi("eve"), hi("dee"), hi("ann"), hi("bob"), hi("cyd")])).toEqual([
      "new",
      "duplicate",
      "duplicate",
      "new",
      "duplicate",
    ]);
    expect(await textsTo()).toEqual(["ann: Hello ann", "bob: Hello bob", "cyd: Hello cyd", "dee: Hello dee", "eve: Hello eve"]);
  });

  test("with another text, or from another account, is a conflict for that person alone", async () => {
    await send(LIST);
    expect(await send([hi("ann", "Hello dear Ann"), hi("cyd"), { ...hi("dee"), account: "bea" }])).toEqual([
      "conflict",
      "duplicate",
      "conflict",
    ]);
    const [answer] = await sendLines([message(hi("ann", "Hello dear Ann"))]);
    expect(answer).toEqual({ kind: "conflict", why: "target" });
    expect(await textsTo()).toHaveLength(3);
  });

  test("is the same however its addresses are spelled", async () => {
    await send([hi("ann")]);
    const spelled = { ...message(hi("ann")), input: { linkedin_url: "linkedin.com/in/ANN/?trk=x", message_text: "Hello ann" } };
    expect((await sendLines([spelled])).map(toldOf)).toEqual(["duplicate"]);
  });

  test("under another key, or another caller's, is another list", async () => {
    await send([hi("ann")]);
    expect(await send([hi("ann")], { key: "tuesday" })).toEqual(["new"]);
  });

  test("after it broke off in the middle adds the rest alone", async () => {
    const list = Array.from({ length: 300 }, (_, n) => hi(`p-${n % 120}`, `Text ${n}`));
    await send(list.slice(0, 170), { chunk: 7 });
    expect(await send(list, { chunk: 50 })).toEqual([...Array(170).fill("duplicate"), ...Array(130).fill("new")]);
  });
});

describe("several rows for one person", () => {
  test("are each sent once, and the same list again adds nothing", async () => {
    const list = [hi("ann", "One"), hi("bob"), hi("ann", "Two"), hi("ann", "One")];
    expect(await send(list)).toEqual(["new", "new", "new", "new"]);
    expect(await send(list, { chunk: 1 })).toEqual(["duplicate", "duplicate", "duplicate", "duplicate"]);
    expect(await textsTo()).toEqual(["ann: One", "ann: One", "ann: Two", "bob: Hello bob"]);
  });

  test("of which the first is taken out: the other is a conflict, and sent no second time", async () => {
    await send([hi("ann", "One"), hi("ann", "Two")]);
    expect(await send([hi("ann", "Two")])).toEqual(["conflict"]);
    expect(await textsTo()).toEqual(["ann: One", "ann: Two"]);
  });

  test("of which one is put before another: the new one is a conflict, the other is known under its first ordinal", async () => {
    const [first] = await sendLines([message(hi("ann", "Two"))]);
    const again = await sendLines([hi("ann", "One"), hi("ann", "Two")].map(message));
    expect(again).toEqual([
      { kind: "conflict", why: "target" },
      { ...first, duplicate: true },
    ]);
    expect(await textsTo()).toEqual(["ann: Two"]);
  });

  test("of which one was refused: taken out or corrected, it moves no other", async () => {
    expect(await send([hi("ann", ""), hi("ann", "Two")])).toEqual(["refused", "new"]);
    expect(await send([hi("ann", "Two")])).toEqual(["duplicate"]);
    expect(await send([hi("ann", "One"), hi("ann", "Two")])).toEqual(["new", "duplicate"]);
    expect(await textsTo()).toEqual(["ann: One", "ann: Two"]);
  });

  test("of which one has a key of its own: it goes by that, and keeps its place among the others", async () => {
    expect(await send([hi("ann", "One"), hi("ann", "Two")])).toEqual(["new", "new"]);
    expect(await send([{ ...hi("ann", "Dear"), own: "dear" }, hi("ann", "Two")])).toEqual(["new", "duplicate"]);
    expect(await send([{ ...hi("ann", "Dear"), own: "dear" }, hi("ann", "Two")])).toEqual(["duplicate", "duplicate"]);
  });

  test("from many accounts to one post are each made once", async () => {
    const react = (account: string) => ({
      operation: "post.react",
      accountId: account,
      input: { post_url: "https://www.linkedin.com/feed/update/urn:li:activity:7123456789012345678" },
    });
    const accounts = Array.from({ length: 100 }, (_, n) => react(`acc-${n}`));
    expect(new Set((await sendLines(accounts)).map(toldOf))).toEqual(new Set(["new"]));
    expect(new Set((await sendLines(accounts)).map(toldOf))).toEqual(new Set(["duplicate"]));
  });
});

test("lines without an object go by all that they say", async () => {
  const post = (text: string, account = "ada") => ({ operation: "post.create", accountId: account, input: { message: text } });
  const list = [post("News"), post("News"), post("News", "bea"), post("More")];
  expect((await sendLines(list)).map(toldOf)).toEqual(["new", "new", "new", "new"]);
  expect((await sendLines([post("More"), post("News"), post("Late"), post("News")])).map(toldOf)).toEqual([
    "duplicate",
    "duplicate",
    "new",
    "duplicate",
  ]);
});

test("lines whose process died before they were in are added when the list is sent again, moved or not", async () => {
  const lines = new BatchLines({ caller: CALLER, key: "monday" });
  const reads = [hi("ann", ""), hi("ann", "Two"), hi("bob")].map((one, at) => lines.read(message(one), at + 1));
  await door.look(reads.flatMap((read) => (read.ok ? [read.job] : [])));
  expect(await textsTo()).toEqual([]);
  await send([hi("ann", "Two"), hi("bob")]);
  expect(await textsTo()).toEqual(["ann: Two", "bob: Hello bob"]);
});

test("two that send the same list at the same time add each line once", async () => {
  const list = Array.from({ length: 200 }, (_, n) => hi(`p-${n % 150}`, `Text ${n}`));
  const both = await Promise.all([send(list, { chunk: 10 }), send(list, { chunk: 33 })]);
  expect(both.flat().every((told) => told === "new" || told === "duplicate")).toBe(true);
  expect(await textsTo()).toHaveLength(200);
});

test("a list that is sent again after its jobs ended is known for LINKUP_LEDGER_DAYS", async () => {
  await rig.account("ada");
  const [first] = await sendLines([message(hi("ann"))]);
  if (first?.kind !== "accepted") throw new Error("not accepted");
  const job = await rig.job("ada", { id: first.jobId });
  await rig.call(job);
  await rig.gate.markPublished(jobDigest(job.ref));
  await rig.client.del(rig.bull("messages", first.jobId));
  await rig.advance((rig.engine.config.ledgerDays - 1) * DAY_MS);
  expect(await send([hi("bob"), hi("ann")])).toEqual(["new", "duplicate"]);
  expect(await send([hi("ann", "Another")])).toEqual(["conflict"]);
});

/** Lists over few people and texts, so that all that can meet does. */
const row = fc.record({
  to: fc.constantFrom("ann", "bob", "cyd"),
  text: fc.constantFrom("One", "Two", "Three", ""),
  account: fc.constantFrom("ada", "ada", "ada", "bea"),
});
const lists = fc.array(fc.array(row, { maxLength: 9 }), { minLength: 2, maxLength: 4 });

test("whatever is added, taken out, moved or corrected, each ordinal of a person is accepted once, and no text more often than a list has it", async () => {
  let run = 0;
  const runs = fc.asyncProperty(lists, fc.integer({ min: 1, max: 4 }), async (uploads, chunk) => {
    run += 1;
    /** The content that was accepted under each ordinal of a person. */
    const accepted = new Map<string, string>();
    const most = new Map<string, number>();
    for (const rows of uploads) {
      const told = await send(rows, { key: `run-${run}`, chunk });
      const ordinals = new Map<string, number>();
      const copies = new Map<string, number>();
      const count = (counts: Map<string, number>, name: string) => counts.set(name, (counts.get(name) ?? 0) + 1).get(name) ?? 0;
      for (const [at, { to, text, account }] of rows.entries()) {
        const place = `${to}/${count(ordinals, to)}`;
        if (text === "") {
          expect(told[at]).toBe("refused");
          continue;
        }
        const content = `${to}: ${text} from ${account}`;
        const copy = count(copies, content);
        most.set(content, Math.max(most.get(content) ?? 0, copy));
        const known = accepted.get(place);
        const before = [...accepted.values()].filter((one) => one === content).length;
        const want = known === content ? "duplicate" : known !== undefined ? "conflict" : copy <= before ? "duplicate" : "new";
        expect(told[at], `${JSON.stringify(uploads)} ${place} ${content}`).toBe(want);
        if (want === "new") accepted.set(place, content);
      }
    }
    for (const [content, copies] of most) {
      expect([...accepted.values()].filter((one) => one === content).length).toBeLessThanOrEqual(copies);
    }
  });
  await fc.assert(runs, { numRuns: process.env["TEST_RUNS"] === "many" ? 300 : 60 });
}, 120_000);

describe("a list that was sent when keys went by line", () => {
  const former = async (rows: readonly Row[], key = "monday") => {
    const jobs = rows.flatMap((one, at) => {
      const read = readJob(message(one), { caller: CALLER, fallbackKey: `${key}/${at + 1}`, nowMs: rig.nowMs });
      return read.ok ? [read.job] : [];
    });
    return await door.add(jobs);
  };
  const LIST = [hi("ann"), hi("bob", ""), hi("cyd"), hi("dee")];

  test("is not sent again, as it was or with the refused row taken out or corrected", async () => {
    const before = await former(LIST);
    const again = await sendLines(LIST.map(message));
    expect(again.filter(({ kind }) => kind !== "refused")).toEqual(before.map((answer) => ({ ...answer, duplicate: true })));
    expect(await send([hi("ann"), hi("cyd"), hi("dee")])).toEqual(["duplicate", "duplicate", "duplicate"]);
    expect(await send([hi("dee"), hi("cyd"), hi("ann")])).toEqual(["duplicate", "duplicate", "duplicate"]);
    expect(await textsTo()).toHaveLength(3);
  });

  test("and has a row that is not among those of then: nobody knows whether it is one of them corrected, so it is a conflict", async () => {
    await former(LIST);
    const answers = await sendLines([hi("ann", "Hello dear Ann"), hi("bob"), hi("cyd")].map(message));
    expect(answers.map(toldOf)).toEqual(["conflict", "conflict", "duplicate"]);
    expect(answers[0]).toEqual({ kind: "conflict", why: "former" });
    expect(await textsTo()).toHaveLength(3);
  });

  test("is found line by line in a list of any length, and by no other key", async () => {
    const list = Array.from({ length: 3_500 }, (_, n) => hi(`p-${n}`));
    for (let at = 0; at < list.length; at += 500) {
      const jobs = list.slice(at, at + 500).flatMap((one, offset) => {
        const read = readJob(message(one), { caller: CALLER, fallbackKey: `long/${at + offset + 1}`, nowMs: rig.nowMs });
        return read.ok ? [read.job] : [];
      });
      await door.add(jobs);
    }
    const shorter = list.filter((_, n) => n % 10 !== 7);
    expect(new Set(await send(shorter, { key: "long", chunk: 500 }))).toEqual(new Set(["duplicate"]));
    expect(new Set(await send(list.slice(0, 20), { key: "lon" }))).toEqual(new Set(["new"]));
  });

  test("and now begins with thousands of lines that are refused is still known by its key", async () => {
    await former([hi("ann")]);
    const refused = Array.from({ length: 4_000 }, () => hi("nobody", ""));
    const told = await send([...refused, hi("ann", "Hello dear Ann")]);
    expect(told.at(-1)).toBe("conflict");
  });

  test("is forgotten when its keys would be, and its key then goes by target", async () => {
    await former([hi("ann")]);
    expect(await send([hi("ann")])).toEqual(["duplicate"]);
    await rig.advance((rig.engine.config.ledgerDays + 15) * DAY_MS);
    expect(await send([hi("bob")])).toEqual(["new"]);
    expect(await send([hi("bob", "Another")])).toEqual(["conflict"]);
  });
});
