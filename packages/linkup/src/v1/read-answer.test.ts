/** Bodies of a 200, over every operation of the catalogue: in doubt never success, and errors by their words in whatever shape. */
import { OPERATION_NAMES, OPERATIONS, type OperationName } from "@linkup-queue/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAnswerBody } from "../http/answer-body.ts";
import type { AnswerBody } from "../seam/provider.ts";
import { classify } from "./classify.ts";
import { V1_OPERATIONS } from "./operations.ts";
import type { Proof } from "./proofs.ts";
import { readAnswerBody } from "./read-answer.ts";

const bodyOf = (value: unknown): AnswerBody => ({ state: "json", value });
const bytes = (text: string): AnswerBody => parseAnswerBody(Buffer.from(text));

/** A 200 with this body, for an operation's call. */
function verdictFor(name: OperationName, body: AnswerBody) {
  const { kind } = OPERATIONS[name];
  const { proof } = V1_OPERATIONS[name];
  return classify({ httpStatus: 200, body, kind, proof, retryWritesOn500: true });
}

/** The least `data` that a proof takes; undefined where the status is enough. */
function leastData({ data }: Proof): unknown {
  switch (data.is) {
    case "status":
      return undefined;
    case "list":
      return { [data.member]: [] };
    case "member":
      return { [data.members[0] ?? ""]: "x" };
    case "something":
      return { anything: null };
  }
}

/** Bodies that prove nothing, for whichever operation. */
const NO_PROOF: readonly unknown[] = [
  ...[null, true, "OK", 1, [], [{ status: "success" }], {}, { ok: true }, { success: true }, { result: "success" }],
  ...[{ status: 200 }, { status: true }, { status: "" }, { status: "pending" }, { status: "ok" }, { message: "Message sent" }],
  ...[{ data: {} }, { data: { status: "success" } }, { data: { name: "Ann", first_name: "Ann" } }, { success: true, data: { a: 1 } }],
];

/** Bodies that tell of an error in one of the known shapes. */
const ERRORS: readonly Record<string, unknown>[] = [
  ...["error", "Error", "failed", "failure", "fail", "400", " 404 Not Found", 400, 503, false].map((status) => ({ status })),
  ...[{ success: false }, { success: "false" }, { success: "False" }, { success: 0 }, { ok: false }, { Success: false }],
  ...[{ statusCode: 403 }, { status_code: "403" }, { code: 429 }, { code: "429" }, { httpStatus: 500 }],
  ...[{ error: "x" }, { error: true }, { error: { message: "x" } }, { error: { code: "X" } }, { error: ["x"] }, { Error: "x" }],
  ...[{ errors: ["x"] }, { errors: { a: ["b"] } }, { errors: "x" }, { detail: "x" }, { detail: [{ msg: "x" }] }, { error_message: "x" }],
];

describe.each(OPERATION_NAMES)("a 200 to %s", (name) => {
  const { kind } = OPERATIONS[name];
  const data = leastData(V1_OPERATIONS[name].proof);
  const proven = { status: "success", ...(data === undefined ? {} : { data }) };

  it("succeeds with its proof, however the word is written and with nothing where errors would be told", () => {
    const nothing = { error: null, errors: [], detail: "", success: true, code: 0, message: "x" };
    for (const body of [proven, { ...proven, status: " Success " }, { ...proven, ...nothing }, { ...proven, error: "none", code: "200" }]) {
      expect(verdictFor(name, bodyOf(body)).remedy, JSON.stringify(body)).toBe("complete");
    }
  });

  it("proves nothing without it: a charged bad_response that nobody repeats", () => {
    for (const body of NO_PROOF) {
      const verdict = verdictFor(name, bodyOf(body));
      expect(verdict, JSON.stringify(body)).toMatchObject({ code: "bad_response", effect: "unknown", remedy: "doubt", output: null });
      if (typeof body === "object" && body !== null && !Array.isArray(body)) expect(verdict.charge).toBe("yes");
    }
    for (const text of ["", "<html><body>OK</body></html>", '{"status":"success"', "\u0000"]) {
      expect(verdictFor(name, bytes(text))).toMatchObject({
        code: "bad_response",
        charge: "unknown",
        effect: "unknown",
        remedy: "doubt",
      });
    }
  });

  it("is an error in every shape of one, alone, beside the proof, and inside the data of an envelope that does not vouch for it", () => {
    const expected = {
      code: kind === "read" ? "bad_response" : "action_failed",
      charge: "yes",
      effect: "unknown",
      remedy: kind === "read" ? "doubt" : "end",
    };
    for (const sign of ERRORS) {
      const shapes = [sign, { ...proven, ...sign }, { data: sign }, { status: "pending", data: { data: sign } }, { data: [sign] }];
      for (const body of shapes) expect(verdictFor(name, bodyOf(body)), JSON.stringify(body)).toMatchObject(expected);
    }
  });

  it("is told by its words wherever the text sits", () => {
    const text = "LinkedIn Rate limit exceeded";
    const shapes = [
      ...[{ error: text }, { error: { message: text } }, { errors: [text] }, { errors: { a: [text] } }, { errors: [{ message: text }] }],
      ...[{ detail: text }, { detail: [{ msg: text, loc: ["body"] }] }, { code: 429, message: text }, { statusCode: "429", title: text }],
      ...[
        { status: "error", message: text },
        { status: "error", data: text },
        { status: "error", data: { message: text } },
      ],
      ...[{ data: text }, { data: { error: text } }, { data: { data: { status: 429, message: text } } }, { data: [{ error: text }] }],
      ...[
        { success: false, error: { code: "RATE_LIMITED", message: text } },
        { ...proven, error: text },
      ],
    ];
    for (const body of shapes) expect(verdictFor(name, bodyOf(body)).code, JSON.stringify(body)).toBe("linkedin_limited");
  });
});

const readOf = (name: OperationName, data: unknown, beside: object = {}) =>
  verdictFor(name, bodyOf({ status: "success", ...beside, data }));

describe("under an envelope that says success", () => {
  it("a profile with a code, a detail, a status or an error of its own stays a success, and its texts are nobody's error", () => {
    const own = { first_name: "Ann", code: 500, detail: "API rate limit exceeded", status: "failed", statusCode: 404, error: "x" };
    expect(readOf("profile.scrape", own)).toMatchObject({ code: null, remedy: "complete", output: own });
    // An error beside it counts, and is told by its own words alone.
    expect(readOf("profile.scrape", own, { error: "Zut" })).toMatchObject({ code: "bad_response", remedy: "doubt" });
  });

  it("an empty list where an object is due is no answer of a read, and nothing against a write", () => {
    for (const name of OPERATION_NAMES) {
      const { kind } = OPERATIONS[name];
      expect(readOf(name, []).row, name).toBe(kind === "read" ? "unproven" : "success");
      expect(readOf(name, null).row, name).toBe(kind === "read" ? "unproven" : "success");
      expect(readOf(name, {}).row, name).toBe(kind === "read" ? "unproven" : "success");
      for (const data of ["Error while sending message", false, ["x"]]) expect(readOf(name, data).row, name).toBe("unproven");
    }
  });

  it("a list in another member, or no list in its own, is no proof; an empty one is", () => {
    expect(readOf("message.inbox", { conversations: [] }).row).toBe("success");
    for (const data of [
      { conversations: null },
      { conversations: "x" },
      { messages: [] },
      { total_results: 0 },
      { conversations: [], error: "x" },
    ]) {
      expect(readOf("message.inbox", data).row).toBe("unproven");
    }
  });

  it("data that nobody has seen, or that a write answers, proves nothing when it reports a failure of its own", () => {
    for (const failure of [
      { status: "error", message: "x" },
      { success: "false" },
      { error: "x" },
      { data: { status: "failed" } },
      { data: "x" },
    ]) {
      for (const name of ["company.info", "post.feed", "message.send", "post.react"] as const) {
        expect(readOf(name, failure), name).toMatchObject({ row: "unproven", code: "bad_response", effect: "unknown" });
      }
    }
  });

  it("data of a profile whose known members are all empty is no proof", () => {
    expect(readOf("profile.scrape", { first_name: "", last_name: null, experience: [], message: "x" }).row).toBe("unproven");
  });
});

describe("a body's reading", () => {
  const proof: Proof = { data: { is: "status" }, source: "test" };
  const read = (value: unknown) => readAnswerBody(bodyOf(value), proof);

  it("tells whether it is LinkUp's envelope, whatever it says", () => {
    for (const value of [{ status: "success" }, { status: "Error", message: "x" }, { status: "failed" }, { success: false }])
      expect(read(value).enveloped).toBe(true);
    for (const value of [{ detail: "Not Found" }, { status: 404 }, { status: "gone" }, {}, [], null, "error"]) {
      expect(read(value).enveloped, JSON.stringify(value)).toBe(false);
    }
    expect(readAnswerBody({ state: "unreadable" }, proof)).toMatchObject({ says: "unreadable", enveloped: false });
  });

  it("is total and bounded: arbitrary JSON is read, and only the envelope's word makes a success", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const { says, words } = read(value);
        expect(words.size).toBeLessThan(10_000);
        if (says === "success") expect(value).toMatchObject({ status: expect.stringMatching(/^\s*success\s*$/i) });
      }),
      { numRuns: 2_000 },
    );
    const deep = JSON.parse(`${'{"data":'.repeat(150)}{"error":"x"}${"}".repeat(150)}`);
    expect(read(deep).says).toBe("bare");
    const wide = { errors: Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`e${n}`, `word${n}`])) };
    expect(read(wide).words.size).toBeLessThan(100);
  });
});
