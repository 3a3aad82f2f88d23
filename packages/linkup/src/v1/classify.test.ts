/** The answer table, row by row on texts the provider is known to use, and its promises over arbitrary answers. It must never need a network. */
import { type OperationName, REMEDIES } from "@linkup-queue/contracts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAnswerBody } from "../http/answer-body.ts";
import { TRANSPORT_EVENTS, verdictWithoutAnswer } from "../http/transport-table.ts";
import type { AnswerBody } from "../seam/provider.ts";
import { ANSWER_TABLE, type CallKind } from "./answer-table.ts";
import { classify } from "./classify.ts";
import type { Proof } from "./proofs.ts";

const json = (value: unknown): AnswerBody => ({ state: "json", value });
const error = (message: string): AnswerBody => json({ status: "error", message });
/** Of a write its status, of a read any data. */
const PROOFS: Record<CallKind, Proof | null> = {
  write: { data: { is: "status" }, source: "test" },
  read: { data: { is: "something" }, source: "test" },
  auth: null,
};
const verdictOn = (httpStatus: number, body: AnswerBody, kind: CallKind = "write") =>
  classify({ httpStatus, body, kind, proof: PROOFS[kind], retryWritesOn500: true });

describe("a successful answer", () => {
  it("is complete, charged, done for a write and without effect for a read", () => {
    const body = json({ status: "success", message: "Message sent" });
    expect(verdictOn(200, body)).toMatchObject({
      code: null,
      charge: "yes",
      effect: "done",
      remedy: "complete",
      output: { message: "Message sent" },
    });
    const read = verdictOn(201, json({ status: "success", data: { name: "Ann" } }), "read");
    expect(read).toMatchObject({ code: null, charge: "yes", effect: "none", remedy: "complete" });
  });

  it("hands on its data, also when that is an empty list, else its members without the status", () => {
    expect(verdictOn(200, json({ status: "success", data: { a: 1 }, message: "x" })).output).toEqual({ a: 1 });
    expect(verdictOn(200, json({ status: "success", data: [] })).output).toEqual([]);
    expect(verdictOn(200, json({ status: "success", data: null, message: "x" })).output).toEqual({ data: null, message: "x" });
  });

  it("keeps no secret in its output, at any depth, and none of an auth answer at all", () => {
    const body = json({ status: "success", data: { accounts: [{ login_token: "AQ-secret", name: "x" }], Password: "p" } });
    expect(verdictOn(200, body).output).toEqual({ accounts: [{ name: "x" }] });
    expect(verdictOn(200, json({ status: "success", login_token: "AQ-secret", message: "m" }), "auth").output).toBeNull();
  });

  it("keeps an id above 2^53 to the digit", () => {
    const body = parseAnswerBody(Buffer.from('{"status":"success","data":{"invitation_id":7123456789012345678}}'));
    expect(verdictOn(200, body).output).toEqual({ invitation_id: "7123456789012345678" });
  });
});

type OwnCase = { operation: OperationName; httpStatus: number; body: AnswerBody; row: string; decided: string };
const ownCases: OwnCase[] = [
  { operation: "invitation.accept", httpStatus: 404, body: error("Not found"), row: "accept-path-gone", decided: "brake alone" },
  { operation: "invitation.accept", httpStatus: 404, body: json({ detail: "Not Found" }), row: "accept-path-gone", decided: "brake alone" },
  { operation: "invitation.accept", httpStatus: 404, body: { state: "unreadable" }, row: "accept-path-gone", decided: "brake alone" },
  { operation: "invitation.accept", httpStatus: 404, body: error("Invitation not found"), row: "accept-not-found", decided: "end" },
  { operation: "invitation.withdraw", httpStatus: 404, body: error("Not found"), row: "not-found", decided: "end" },
  { operation: "invitation.withdraw", httpStatus: 404, body: json({ detail: "Not Found" }), row: "path-gone", decided: "brake" },
  {
    operation: "message.send",
    httpStatus: 400,
    body: json({ status: "error", data: "Invalid parameter" }),
    row: "no-connection",
    decided: "end",
  },
  {
    operation: "message.send",
    httpStatus: 200,
    body: json({ status: "error", data: "Invalid parameter" }),
    row: "no-connection",
    decided: "end",
  },
  { operation: "message.send", httpStatus: 422, body: error("invalid Parameter"), row: "no-connection", decided: "end" },
  { operation: "message.send", httpStatus: 400, body: error("Bad parameter"), row: "invalid-request", decided: "end" },
  { operation: "post.react", httpStatus: 400, body: error("Invalid post_url parameter"), row: "invalid-request", decided: "end" },
];

describe("an answer that means something of its own for one operation", () => {
  it.each(ownCases)("$operation with $httpStatus $body: $row", ({ operation, httpStatus, body, row, decided }) => {
    const verdict = classify({ httpStatus, body, kind: "write", operation, proof: PROOFS.write, retryWritesOn500: true });
    expect([verdict.row, `${verdict.remedy}${verdict.alone ? " alone" : ""}`]).toEqual([row, decided]);
  });
});

type Case = [httpStatus: number, body: AnswerBody, kind: CallKind, row: string, decided: string];
const cases: Case[] = [
  [500, error("LinkedIn API error occurred"), "write", "server-error", "server_error no none retry"],
  [500, { state: "unreadable" }, "read", "server-error", "server_error no none retry"],
  [502, error("x"), "read", "gateway-error", "bad_response unknown unknown doubt"],
  [503, { state: "empty" }, "write", "gateway-error", "bad_response unknown unknown doubt"],
  [504, { state: "unreadable" }, "write", "gateway-error", "bad_response unknown unknown doubt"],
  [302, { state: "empty" }, "write", "redirect", "bad_response unknown unknown brake"],
  [308, { state: "unreadable" }, "read", "redirect", "bad_response unknown none brake"],
  [501, error("API v1 is retired"), "write", "service-ended-in-5xx", "bad_response unknown unknown brake"],
  [200, { state: "unreadable" }, "read", "unreadable", "bad_response unknown unknown doubt"],
  [200, json([1]), "read", "unreadable", "bad_response unknown unknown doubt"],
  [204, { state: "empty" }, "write", "unreadable", "bad_response unknown unknown doubt"],
  [200, { state: "too_large" }, "read", "too-large", "bad_response unknown unknown end"],
  [200, json({ status: "pending" }), "write", "odd-status", "bad_response yes unknown doubt"],
  [200, json({ status: "pending", data: { a: 1 } }), "read", "odd-status", "bad_response yes unknown doubt"],
  [200, json({}), "write", "bare", "bad_response yes unknown doubt"],
  [200, json({ name: "Ann" }), "read", "bare", "bad_response yes unknown doubt"],
  [200, json({ status: "success" }), "read", "unproven", "bad_response yes unknown doubt"],
  [200, json({ status: "success", data: "Message sent" }), "write", "unproven", "bad_response yes unknown doubt"],
  [400, error("Required fields are missing"), "write", "fields-missing", "invalid_request yes none doubt"],
  [400, error("Invalid LinkedIn URL format"), "write", "invalid-request", "invalid_request yes none end"],
  [400, error("Missing required parameter: login_token"), "write", "fields-missing", "invalid_request yes none doubt"],
  [400, error("Invalid keyword"), "read", "refused-otherwise", "invalid_request yes none doubt"],
  [400, error("Error while sending message"), "write", "action-failed", "action_failed yes unknown end"],
  [400, error("Error while sending connection request"), "write", "action-failed", "action_failed yes unknown end"],
  [400, error("Error creating post"), "write", "action-failed", "action_failed yes unknown end"],
  [400, error("Error posting comment"), "write", "action-failed", "action_failed yes unknown end"],
  [
    200,
    error("Error while sending message: LinkedIn token expired"),
    "write",
    "session-dead-in-action",
    "token_expired yes unknown refresh_token",
  ],
  [400, error("Invalid media link"), "write", "invalid-media", "invalid_request yes none end"],
  [422, json({ detail: "field required" }), "write", "refused-bare", "invalid_request yes none brake_and_end"],
  [
    422,
    json({ detail: [{ loc: ["body", "email"], msg: "field required" }] }),
    "auth",
    "login-refused-bare",
    "invalid_request yes none brake",
  ],
  [418, { state: "empty" }, "write", "refused-empty", "invalid_request yes none brake"],
  [409, json({ status: "gone" }), "read", "refused-bare", "invalid_request yes none brake_and_end"],
  [404, json({ status: 404, error: "Not Found", path: "/v1/profile/info" }), "read", "path-gone", "not_found yes none brake"],
  [404, json({ message: "Route POST:/v1/profile/info not found", statusCode: 404 }), "read", "service-ended", "forbidden yes none brake"],
  [404, json({ success: false, error: { message: "Profile not found" } }), "read", "not-found", "not_found yes none end"],
  [400, json({ detail: "Profile not found" }), "read", "thing-refused", "invalid_request yes none end"],
  [405, { state: "too_large" }, "read", "path-gone", "not_found yes none brake"],
  [400, { state: "unreadable" }, "write", "unreadable-refusal", "bad_response unknown unknown brake"],
  [400, { state: "unreadable" }, "read", "unreadable-refusal", "bad_response unknown none brake"],
  [408, { state: "empty" }, "write", "gave-up-in-front", "bad_response unknown unknown brake"],
  [404, json({ detail: "Not Found" }), "write", "path-gone", "not_found yes none brake"],
  [404, json({ detail: "Not Found" }), "auth", "path-gone", "not_found yes none brake"],
  [404, { state: "empty" }, "read", "path-gone", "not_found yes none brake"],
  [405, { state: "unreadable" }, "write", "path-gone", "not_found yes none brake"],
  [410, json({ message: "Gone", code: 410 }), "read", "path-gone", "not_found yes none brake"],
  [403, json({ message: "Forbidden" }), "write", "refused-in-front", "forbidden yes none brake"],
  [403, json({ message: "Missing Authentication Token" }), "read", "refused-in-front", "forbidden yes none brake"],
  [410, error("V1 is no longer available"), "write", "service-ended", "forbidden yes none brake"],
  [403, error("V1 API is deprecated, use V2"), "auth", "service-ended", "forbidden yes none brake"],
  [200, error("This API version is no longer supported"), "write", "service-ended", "forbidden yes none brake"],
  [400, error("Error while sending message: V1 is retired"), "write", "service-ended-in-action", "action_failed yes unknown brake"],
  [410, error("This post is no longer available"), "read", "thing-refused", "invalid_request yes none end"],
  [404, error("This post is no longer available"), "write", "not-found", "not_found yes none end"],
  [404, json({ detail: "This post is no longer available" }), "write", "not-found", "not_found yes none end"],
  [429, json({ message: "Too Many Requests" }), "write", "rate-limited", "rate_limited yes none cool_key"],
  [401, error("Invalid API key or insufficient credits"), "write", "key-refused", "forbidden yes none stop_key"],
  [401, error("Invalid API key or insufficient credits"), "auth", "key-refused", "forbidden yes none stop_key"],
  [401, { state: "empty" }, "auth", "key-refused-unclear", "forbidden yes none stop_key"],
  [401, error("Unauthorized"), "read", "key-refused-unclear", "forbidden yes none stop_key"],
  [402, { state: "unreadable" }, "read", "no-credits", "forbidden yes none stop_key"],
  [403, error("Insufficient credits available"), "read", "key-refused", "forbidden yes none stop_key"],
  [200, error("insufficient CREDITS"), "write", "key-refused", "forbidden yes none stop_key"],
  [403, error("LinkedIn token expired"), "write", "token-expired", "token_expired yes none refresh_token"],
  [403, error("cookie invalid"), "read", "token-expired", "token_expired yes none refresh_token"],
  [401, error("Invalid or expired LinkedIn cookie"), "write", "token-expired", "token_expired yes none refresh_token"],
  [400, error("Invalid or expired LinkedIn cookie"), "write", "token-expired-elsewhere", "token_expired yes none refresh_token"],
  [200, json({ status: "error", data: "LinkedIn token expired" }), "read", "token-expired", "token_expired yes none refresh_token"],
  [403, error("You may not do this"), "write", "forbidden", "forbidden yes none end"],
  [403, { state: "unreadable" }, "write", "refused-in-front", "forbidden yes none brake"],
  [404, error("Error while getting contact info"), "read", "not-found", "not_found yes none end"],
  [200, error("Error while getting contact info"), "read", "not-found-in-200", "not_found yes none end"],
  [429, error("API Rate limit exceeded"), "write", "rate-limited", "rate_limited yes none cool_key"],
  [429, { state: "unreadable" }, "write", "rate-limited-in-front", "rate_limited yes none cool_key"],
  [403, error("Your account is temporarily restricted"), "write", "account-restricted", "linkedin_limited yes none rest"],
  [429, error("CUSTOM_INVITE_LIMIT_REACHED"), "write", "note-limit", "linkedin_limited yes none rest"],
  [400, error("weekly invitation limit reached"), "write", "weekly-limit", "linkedin_limited yes none rest"],
  [400, error("Error while sending connection request: weekly limit reached"), "write", "weekly-limit", "linkedin_limited yes none rest"],
  [400, error("CANT_INVITE_CONNECTION_LIMIT_REACHED"), "write", "weekly-limit", "linkedin_limited yes none rest"],
  [400, error("You are out of invitations"), "write", "weekly-limit", "linkedin_limited yes none rest"],
  [429, error("FUSE_LIMIT_EXCEEDED"), "write", "invitation-limit", "linkedin_limited yes none rest"],
  [400, error("TOO_MANY_PENDING_INVITATIONS"), "write", "pending-limit", "linkedin_limited yes none rest"],
  [403, error("PRIMARY_HANDLE_NOT_CONFIRMED"), "write", "email-unconfirmed", "linkedin_limited yes none rest"],
  ...[200, 400, 403, 422, 429].flatMap((status): Case[] => [
    [status, error("profile view limit"), "read", "action-limit", "linkedin_limited yes none rest"],
    [status, error("Search quota exceeded"), "read", "action-limit", "linkedin_limited yes none rest"],
    [status, error("You've reached the commercial use limit"), "read", "commercial-limit", "linkedin_limited yes none rest"],
    [status, error("Error while sending message: message limit reached"), "write", "action-limit", "linkedin_limited yes none rest"],
  ]),
  [422, error("limit_exceeded"), "write", "limited-by-text", "linkedin_limited yes none rest"],
  [200, error("You have reached your daily limit"), "read", "limited-by-text", "linkedin_limited yes none rest"],
  [429, json({ message: "Limit Exceeded" }), "read", "rate-limited-in-front", "rate_limited yes none cool_key"],
  [400, error("total_results exceeds the search limit of 100"), "read", "refused-otherwise", "invalid_request yes none doubt"],
  [422, error("cannot_resend_yet"), "write", "recipient-refused", "recipient_refused yes none end"],
  [400, error("Error while sending message: Invalid cookie"), "write", "session-dead-in-action", "token_expired yes unknown refresh_token"],
  [429, error("Try again later"), "write", "limited-unclear", "linkedin_limited yes none rest"],
  [429, error("Try again later"), "auth", "limited-unclear-login", "rate_limited yes none cool_key"],
  [400, error("Zut"), "write", "refused-unclear", "invalid_request yes none end"],
  [429, error("LinkedIn Rate limit exceeded"), "write", "linkedin-limited", "linkedin_limited yes none rest"],
  [200, error("LinkedIn Rate limit exceeded"), "write", "linkedin-limited-by-text", "linkedin_limited yes none rest"],
  [200, error("Rate limit exceeded. Please try again later"), "read", "rate-limited-by-text", "rate_limited yes none cool_key"],
  [200, error("Missing required parameter: invitation_id"), "write", "fields-missing", "invalid_request yes none doubt"],
  [200, error("Access denied"), "write", "forbidden-in-200", "forbidden yes none end"],
  [200, error("LinkedIn API error occurred"), "write", "server-error-in-200", "server_error yes unknown doubt"],
  [200, error("LinkedIn API error occurred"), "read", "server-error-in-200", "server_error yes none doubt"],
  [200, error("Zut"), "write", "error-in-200", "action_failed yes unknown end"],
  [200, error("Zut"), "read", "error-in-200-of-a-read", "bad_response yes unknown doubt"],
  [200, error("This profile does not exist"), "read", "gone-in-200", "not_found yes none end"],
  [200, error("LinkedIn API error: the member doesn't exist"), "read", "gone-in-200", "not_found yes none end"],
  [200, error("Profile no longer available"), "read", "gone-in-200", "not_found yes none end"],
  [200, error("This post was deleted"), "read", "gone-in-200", "not_found yes none end"],
  [200, error("Your message could not be sent, the member no longer exists"), "write", "error-in-200", "action_failed yes unknown end"],
  [200, error("Service unavailable"), "read", "error-in-200-of-a-read", "bad_response yes unknown doubt"],
  [200, error("Zut"), "auth", "error-in-200", "action_failed yes unknown end"],
  [200, json({ success: false, error: { message: "profile not found" } }), "read", "not-found-in-200", "not_found yes none end"],
  [200, json({ detail: "Not Found" }), "write", "path-gone-in-200", "not_found yes none brake_and_end"],
  [200, json({ detail: "Post not found" }), "write", "not-found-in-200", "not_found yes none end"],
  [200, error("Invalid LinkedIn URL format"), "write", "invalid-request-in-200", "invalid_request yes none end"],
  [401, error("Bad username or password"), "auth", "auth-refused-by-text", "account_unavailable yes none end"],
  [401, error("Login refused by LinkedIn"), "auth", "auth-refused", "account_unavailable yes none end"],
  [401, error("Session expired"), "auth", "auth-session-expired", "account_unavailable yes none end"],
  [401, error("Verification failed"), "auth", "auth-code-wrong", "account_unavailable yes none end"],
  [500, { state: "empty" }, "auth", "server-error", "server_error no none retry"],
  [200, json({}), "auth", "auth-bare", "bad_response yes unknown doubt"],
  [101, { state: "empty" }, "write", "not-http", "bad_response unknown unknown end"],
];

const sentTo = (error: string) => json({ status: "success", message: "Message sent", error });

describe("a success with an error beside it", () => {
  it("is told by its words, may have been done when it was a write, and says so", () => {
    const limited = verdictOn(200, sentTo("LinkedIn Rate limit exceeded"));
    expect(limited).toMatchObject({ code: "linkedin_limited", charge: "yes", effect: "unknown", remedy: "rest", output: null });
    expect(limited.message).toMatch(/look on LinkedIn/);
    expect(verdictOn(200, sentTo("Session expired"))).toMatchObject({ code: "token_expired", effect: "unknown" });
    expect(verdictOn(200, sentTo("Zut"))).toMatchObject({ code: "action_failed", effect: "unknown" });
  });

  it("counts as claimed in other words than LinkUp's, too", () => {
    for (const claim of [{ success: true }, { success: "true" }, { status: "ok" }, { status: true }, { ok: true }]) {
      expect(verdictOn(200, json({ ...claim, error: "Session expired" })), JSON.stringify(claim)).toMatchObject({
        code: "token_expired",
        effect: "unknown",
      });
    }
    expect(verdictOn(200, json({ status: "pending", error: "Session expired" }))).toMatchObject({ code: "token_expired", effect: "none" });
  });

  it("is an error like any other when it was a read or a refusal", () => {
    expect(verdictOn(200, sentTo("Session expired"), "read")).toMatchObject({ code: "token_expired", effect: "none" });
    expect(verdictOn(400, sentTo("Invalid URL"))).toMatchObject({ code: "invalid_request", effect: "none" });
  });
});

describe("the answer table", () => {
  it.each(cases)("reads %i %j for a %s call as row %s: %s", (...given) => {
    const [httpStatus, body, kind, row, decided] = given;
    const verdict = verdictOn(httpStatus, body, kind);
    expect(`${verdict.row}: ${verdict.code} ${verdict.charge} ${verdict.effect} ${verdict.remedy}`).toBe(`${row}: ${decided}`);
  });

  it("has a case above or beside for every row, and no id twice", () => {
    const elsewhere = ["success", "server-error-write"];
    const covered = new Set([...cases.map(([, , , row]) => row), ...ownCases.map(({ row }) => row), ...elsewhere]);
    const rows = ANSWER_TABLE.map(({ row }) => row);
    expect(rows.filter((row) => !covered.has(row))).toEqual([]);
    expect(new Set([...rows, ...TRANSPORT_EVENTS]).size).toBe(rows.length + TRANSPORT_EVENTS.length);
  });

  it("leaves the effect of a write open after a 500 when the setting says so, and of a read never", () => {
    const given = { httpStatus: 500, body: { state: "empty" }, retryWritesOn500: false } as const;
    expect(classify({ ...given, kind: "write", proof: PROOFS.write })).toMatchObject({
      code: "server_error",
      charge: "no",
      effect: "unknown",
      remedy: "end",
    });
    expect(classify({ ...given, kind: "read", proof: PROOFS.read })).toMatchObject({ charge: "no", effect: "none", remedy: "retry" });
  });
});

const text = fc.oneof(
  fc.string(),
  fc
    .array(
      fc.constantFrom(
        "invalid",
        "api",
        "key",
        "token",
        "expired",
        "error",
        "sending",
        "LinkedIn",
        "rate",
        "limit",
        "credits",
        "insufficient",
        "code",
      ),
    )
    .map((words) => words.join(" ")),
);
const body: fc.Arbitrary<AnswerBody> = fc.oneof(
  fc.constantFrom<AnswerBody>({ state: "empty" }, { state: "unreadable" }, { state: "too_large" }),
  fc.anything().map(json),
  fc
    .record({
      status: fc.oneof(fc.constantFrom("success", "error", "x"), fc.anything()),
      message: fc.oneof(text, fc.anything()),
      data: fc.anything(),
    })
    .map(json),
  fc.uint8Array().map(parseAnswerBody),
);
const answer = fc.record({
  httpStatus: fc.oneof(fc.integer({ min: 100, max: 599 }), fc.integer(), fc.double()),
  body,
  kind: fc.constantFrom<CallKind>("read", "write", "auth"),
  retryWritesOn500: fc.boolean(),
});

describe("over arbitrary answers", () => {
  it("always gives a verdict, and says retry only where the call was free and without effect", () => {
    fc.assert(
      fc.property(answer, (given) => {
        const verdict = classify({ ...given, proof: PROOFS[given.kind] });
        expect(REMEDIES).toContain(verdict.remedy);
        if (verdict.remedy === "retry") expect(verdict).toMatchObject({ charge: "no", effect: "none" });
        expect(verdict.code === null).toBe(verdict.remedy === "complete");
        if (verdict.remedy !== "complete") expect(verdict.output).toBeNull();
      }),
      { numRuns: 3000 },
    );
  });

  it("never lets the provider's text into the message", () => {
    fc.assert(
      fc.property(answer, fc.string({ minLength: 12 }), (given, secret) => {
        const verdict = classify({ ...given, proof: PROOFS[given.kind], body: json({ status: "error", message: secret }) });
        expect(verdict.message).not.toContain(secret);
      }),
    );
  });
});

describe("a call without a whole answer", () => {
  it.each(TRANSPORT_EVENTS)("%s is repeated only where nothing left", (event) => {
    const verdict = verdictWithoutAnswer(event, null);
    const nothingLeft = !["timed-out", "reset", "aborted"].includes(event);
    expect(verdict).toMatchObject(
      nothingLeft ? { charge: "no", effect: "none", remedy: "retry" } : { charge: "unknown", effect: "unknown", remedy: "end" },
    );
  });
});
