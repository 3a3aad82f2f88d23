/** Promises of the check of a job: everything wrong is told, no value is repeated, and what passes is canonical and priced. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { MAX_JOB_BYTES } from "../input/bounds.ts";
import { OPERATION_NAMES, OPERATIONS } from "../operations/catalogue.ts";
import { LinkupError } from "../outcome/error.ts";
import { issuesOf } from "../outcome/issues.ts";
import { checkJob, parseJob, type RawJob } from "./parse-job.ts";

const DATA = { accountId: "acc-1", input: { linkedin_url: "fr.linkedin.com/in/Jane-Doe/", message_text: "Hi" } };
const SEND = { queue: "messages", name: "message.send", data: DATA };

function refusal(raw: RawJob): string {
  try {
    parseJob(raw);
  } catch (error) {
    if (!(error instanceof LinkupError)) throw error;
    expect(error).toMatchObject({ code: "invalid_input" });
    return error.message;
  }
  throw new Error("was not refused");
}

function withInput(input: object): RawJob {
  return { ...SEND, data: { ...DATA, input: { ...DATA.input, ...input } } };
}

test("the template of a text is taken for a campaign's job alone", () => {
  const template = { revision: 2, fields: { first_name: "Jane" } };
  expect(parseJob({ ...SEND, data: { ...DATA, campaignId: "spring", template } }).data.template).toEqual(template);
  expect(refusal({ ...SEND, data: { ...DATA, template } })).toContain("template: is for the jobs of campaigns");
});

test("a valid job comes out with defaults, canonical input and its row", () => {
  const job = parseJob(withInput({ media_link: "https://files.example/a.pdf" }));
  expect(job.operation).toBe("message.send");
  expect(job.definition).toBe(OPERATIONS["message.send"]);
  expect(job.data).toEqual({
    v: 1,
    accountId: "acc-1",
    onUnknown: "report",
    input: { linkedin_url: "https://www.linkedin.com/in/jane-doe", message_text: "Hi", media_link: "https://files.example/a.pdf" },
  });
});

test("a checked job goes in again and stays the same", () => {
  const { data } = parseJob(SEND);
  expect(parseJob({ ...SEND, data }).data).toEqual(data);
});

test("an operation in the wrong queue is told the right one", () => {
  expect(refusal({ ...SEND, queue: "posts" })).toContain("queue: message.send belongs in the queue messages");
});

test("an unknown operation is refused without repeating its name, and the data is checked all the same", () => {
  const message = refusal({ queue: "messages", name: "hushhush", data: { ...DATA, accountId: "" } });
  expect(message).toMatch(/operation: is not a known operation.*accountId: 1 to 100/);
  expect(message).not.toContain("hushhush");
});

test.each([undefined, null, 1, "text", [], {}, { accountId: "a" }, { accountId: "a", input: [] }, { accountId: "a", input: "x" }])(
  "data %j is refused with a message that names what is missing",
  (data) => {
    expect(refusal({ ...SEND, data })).toMatch(/data|input|accountId/);
  },
);

test.each([null, 1, "text", []])("data %j, which is no object, is named as data", (data) => {
  expect(refusal({ ...SEND, data })).toContain("data: Invalid input: expected object");
});

test.each(["campaignId", "recipientId", "redriveOf"])("%s with half a character or a control character in it is refused", (name) => {
  for (const value of ["\ud800", "a\udc00b", "a\u0000", "a\nb"]) {
    expect(refusal({ ...SEND, data: { ...DATA, [name]: value } })).toContain(`${name}: must not hold control characters`);
  }
  expect(checkJob({ ...SEND, data: { ...DATA, [name]: "Ünï/cödé: 😀" } }).ok).toBe(true);
});

test("issues of the data and of the input are told together, each with its path", () => {
  const data = { accountId: "a b", campaignId: 7, extra: 1, expiresAt: "tomorrow", input: { linkedin_url: "x", login_token: "AQEDhush" } };
  const result = checkJob({ ...SEND, data });
  expect(result.ok ? [] : result.issues.map((issue) => issue.path).toSorted()).toEqual([
    ...["accountId", "campaignId", "expiresAt", "extra", "input.linkedin_url", "input.login_token", "input.message_text"],
  ]);
  const message = refusal({ ...SEND, data });
  expect(message).toContain("input.message_text: is required");
  expect(message).toContain("input.login_token: belongs to the account");
  expect(message).not.toMatch(/AQEDhush|tomorrow|a b;/);
});

test("at most ten issues are listed, the rest counted", () => {
  const extra = Object.fromEntries(Array.from({ length: 14 }, (_, i) => [`extra${i}`, 1]));
  const message = refusal(withInput(extra));
  expect(message.match(/is not a known field/g)).toHaveLength(10);
  expect(message).toMatch(/; and 4 more$/);
});

test("a name that may be a value is not repeated either", () => {
  const message = refusal(withInput({ "AQEDhush hush": 1, [`AQED${"x".repeat(60)}`]: 1 }));
  expect(message).not.toContain("AQED");
  expect(message).toContain("input.(unprintable name)");
});

test("a __proto__ key in the input is refused", () => {
  const input: unknown = JSON.parse('{"linkedin_url":"linkedin.com/in/x","message_text":"Hi","__proto__":{"media_link":"x"}}');
  expect(refusal({ ...SEND, data: { ...DATA, input } })).toContain("prototype");
});

test("rerun is accepted for a read and refused for a write", () => {
  const read = { queue: "profiles", name: "profile.me", data: { accountId: "a", input: {}, onUnknown: "rerun" } };
  expect(parseJob(read).data.onUnknown).toBe("rerun");
  expect(refusal({ ...SEND, data: { ...DATA, onUnknown: "rerun" } })).toContain("onUnknown: rerun is for reads only");
  expect(refusal({ ...read, data: { ...read.data, onUnknown: "reconcile" } })).toContain("onUnknown: reconcile is for");
  expect(parseJob({ ...SEND, data: { ...DATA, onUnknown: "reconcile" } }).data.onUnknown).toBe("reconcile");
});

test("rerun on a write is told beside a wrong input", () => {
  const message = refusal({ ...SEND, data: { ...DATA, onUnknown: "rerun", input: {} } });
  expect(message).toMatch(/onUnknown: rerun/);
  expect(message).toMatch(/input\.linkedin_url/);
});

test("data is bounded in bytes of JSON, not in characters, and need not be JSON to be refused", () => {
  const name = "post.create";
  const job = (file: string) => ({ queue: "posts", name, data: { accountId: "a", input: { message: "x", file } } });
  expect(parseJob(job("x".repeat(MAX_JOB_BYTES - 200))).operation).toBe(name);
  expect(refusal(job("é".repeat(MAX_JOB_BYTES / 2)))).toBe(`The job is not valid: data: must be at most ${MAX_JOB_BYTES} bytes of JSON`);
  const cyclic: Record<string, unknown> = { ...DATA };
  cyclic.input = cyclic;
  expect(refusal({ ...SEND, data: cyclic })).toContain("data: must be JSON");
  expect(refusal({ ...SEND, data: { ...DATA, input: { total: 1n } } })).toContain("data: must be JSON");
});

test("issuesOf gives every issue a path of names and places", () => {
  const schema = z.strictObject({ list: z.array(z.strictObject({ n: z.number() })) });
  const result = schema.safeParse({ list: [{ n: 1 }, { n: "x", password: "p" }] });
  expect(result.success ? [] : issuesOf(result.error)).toEqual([
    { path: "list.1.n", message: "Invalid input: expected number, received string" },
    { path: "list.1.password", message: "belongs to the account or the API key and must never be in a job; leave it out" },
  ]);
});

test("any data at all ends in a job or in our own error that repeats no value", () => {
  const secret = "hushhush";
  const leaf = fc.oneof(
    fc.constant(secret),
    fc.string().map((text) => secret + text),
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      leaf,
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", "input", "accountId", "linkedin_url", "v"), tie("value")),
    ),
  }));
  const data = fc.record(
    {
      v: value,
      accountId: fc.oneof(value, fc.constant("a")),
      input: value,
      campaignId: value,
      expiresAt: value,
      onUnknown: value,
      redriveOf: value,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.constantFrom(...OPERATION_NAMES, "nothing"), fc.oneof(data, value), (name, sent) => {
      const result = checkJob({ queue: "messages", name, data: sent });
      if (!result.ok) {
        expect(result.issues.length).toBeGreaterThan(0);
        expect(JSON.stringify(result.issues)).not.toContain(secret);
      }
    }),
    { numRuns: 1000 },
  );
});
