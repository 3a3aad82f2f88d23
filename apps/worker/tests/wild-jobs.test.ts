/** Jobs of a plain producer, however large, deep or odd: each ends as bad data, free, and its worker goes on at once. */
import { MAX_JOB_BYTES } from "@linkup-queue/contracts";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type System, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

const INPUT = { linkedin_url: "https://www.linkedin.com/in/x", message_text: "Hi" };

/** JSON as a producer in any language may write it: text, so that the producer's own JSON library sets no bound. */
function jsonOf(count: number, member: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => member(index)).join(",");
}
const nested = (levels: number, open: string, close: string) => open.repeat(levels) + close.repeat(levels);
const withInput = (members: string) =>
  `{"accountId":"ada","input":{"linkedin_url":"${INPUT.linkedin_url}","message_text":"Hi",${members}}}`;

const WILD: [what: string, data: string][] = [
  ["130,000 unknown fields", `{"accountId":"ada",${jsonOf(130_000, (n) => `"f${n}":1`)},"input":{}}`],
  ["130,000 unknown fields in its input", withInput(jsonOf(130_000, (n) => `"f${n}":1`))],
  ["130,000 fields that each name a person", withInput(jsonOf(130_000, (n) => `"f${n}":"https://www.linkedin.com/in/p${n}"`))],
  ["9,000 unknown fields", withInput(jsonOf(9_000, (n) => `"f${n}":1`))],
  ["lists nested 50,000 deep", withInput(`"x":${nested(50_000, "[", "]")}`)],
  ["objects nested 50,000 deep", withInput(`"x":${nested(50_000, '{"a":', "}").replace(":}", ":1}")}`)],
  ["a whole nested 1,000,000 deep", nested(1_000_000, "[", "]")],
  ["an array of a million", withInput(`"x":[${jsonOf(1_000_000, () => "1")}]`)],
  ["an array of a million as the whole", `[${jsonOf(1_000_000, () => "1")}]`],
  ["a key of 1 MB", withInput(`"${"k".repeat(1_000_000)}":1`)],
  ["an account id of 1 MB", `{"accountId":"${"a".repeat(1_000_000)}","input":${JSON.stringify(INPUT)}}`],
  ["more bytes than a job may have", withInput(`"x":"${"x".repeat(MAX_JOB_BYTES)}"`)],
  ["three times as many", withInput(`"x":"${"x".repeat(3 * MAX_JOB_BYTES)}"`)],
  ["fewer characters than bytes", withInput(`"x":"${"é".repeat(MAX_JOB_BYTES / 2)}"`)],
  ["a key __proto__ beside its input", `{"accountId":"ada","__proto__":{"a":1},"input":${JSON.stringify(INPUT)}}`],
  ["a key __proto__ in its input", withInput('"__proto__":{"media_link":"x"}')],
  ["a key __proto__ as text is escaped", withInput('"__pro\\u0074o__":{"media_link":"x"}')],
  ["keys of every object", withInput('"toJSON":"x","constructor":1,"hasOwnProperty":1,"then":1,"length":1e9,"valueOf":null')],
  ["no JSON", "{"],
  ["no JSON after a million brackets", "[".repeat(1_000_000)],
  ["nothing", ""],
];

/** Adds a job whose data is this text, which BullMQ's own client for Node might not write. */
async function addText(data: string): Promise<string> {
  const queue = system.queue("messages");
  const job = await queue.add("message.send", null, { delay: 3_600_000 });
  const id = job.id ?? "";
  await system.engine.scripts.client.hset(queue.toKey(id), "data", data);
  await job.promote();
  return id;
}

test("data of any size, depth and oddity ends invalid_input, free, and the next job goes on", async () => {
  system = await startSystem();
  await system.activeAccounts(["ada"]);
  for (const [index, [what, data]] of WILD.entries()) {
    const wild = await addText(data);
    const [good] = await system.add("messages", [message("ada", index)]);
    await system.outcomesArrive(2 * (index + 1)).catch((error: unknown) => {
      throw new Error(`after ${what}`, { cause: error });
    });
    const outcome = system.outcomes.find(({ jobId }) => jobId === wild);
    expect(outcome, what).toMatchObject({ status: "failed", code: "invalid_input", calls: 0, credits: { charged: 0, uncertain: 0 } });
    expect(outcome?.message.length, what).toBeLessThan(2_000);
    expect(system.outcomes.find(({ jobId }) => jobId === good)?.status, what).toBe("succeeded");
  }
  await expectAgreement(system);
}, 120_000);

test("data beyond the bounds is not kept once its job has ended", async () => {
  system = await startSystem();
  const id = await addText(`{"accountId":"ada","input":{},"x":"${"x".repeat(2 * MAX_JOB_BYTES)}"}`);
  await system.outcomesArrive(1);
  const queue = system.queue("messages");
  await waitFor(async () => (await queue.getJob(id))?.finishedOn !== undefined, { timeoutMs: 10_000, what: "BullMQ to have its end" });
  expect(await system.engine.scripts.client.hstrlen(queue.toKey(id), "data")).toBeLessThan(200);
});

test("a name, an id and options of any size end invalid_input too, and the next job goes on", async () => {
  system = await startSystem();
  await system.activeAccounts(["ada"]);
  const data = { accountId: "ada", input: INPUT };
  const options = Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`f${at}`, at]));
  await system.add("messages", [
    { name: "n".repeat(1_000_000), data },
    { name: "message.send", data: { ...data, extra: 1 }, opts: { jobId: "i".repeat(100_000) } },
    { name: "message.send", data: { ...data, extra: 1 }, opts: options },
    message("ada", 1),
  ]);
  const outcomes = await system.outcomesArrive(4);
  expect(outcomes.map(({ code }) => code).toSorted()).toEqual(["invalid_input", "invalid_input", "invalid_input", null]);
  await expectAgreement(system);
});
