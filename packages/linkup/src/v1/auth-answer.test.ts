/** The meaning of answers to a log-in and a verification. It must never need a network. */
import { describe, expect, it } from "vitest";
import type { AnswerBody } from "../seam/provider.ts";
import { type AuthStep, authAnswer } from "./auth-answer.ts";
import { classify } from "./classify.ts";

function meaning(step: AuthStep, httpStatus: number, value: unknown) {
  const body: AnswerBody = { state: "json", value };
  return authAnswer(step, classify({ httpStatus, body, kind: "auth", proof: null, retryWritesOn500: true }), body);
}

describe("an auth answer", () => {
  it("is a token when there is one, beside or inside the data, with a status or without", () => {
    expect(meaning("login", 200, { status: "success", login_token: "AQ" })).toEqual({ kind: "token", token: "AQ" });
    expect(meaning("verify", 200, { status: "success", data: { login_token: "AQ" } })).toEqual({ kind: "token", token: "AQ" });
    expect(meaning("login", 200, { login_token: "AQ" })).toEqual({ kind: "token", token: "AQ" });
  });

  it("asks for a code when it says success and holds no token", () => {
    expect(meaning("login", 200, { status: "success", email: "a@b.c", message: "Enter the code" })).toEqual({ kind: "code_required" });
    expect(meaning("login", 200, { status: "success", login_token: "" })).toEqual({ kind: "code_required" });
  });

  it("is refused for wrong credentials, also inside a 200, and the message is ours", () => {
    const refused = meaning("login", 200, { status: "error", message: "Bad username or password for a@b.c" });
    expect(refused).toMatchObject({ kind: "refused" });
    expect(JSON.stringify(refused)).not.toContain("a@b.c");
    expect(meaning("login", 401, { status: "error", message: "Bad username or password" })).toMatchObject({ kind: "refused" });
  });

  it("is refused in any shape that an error comes in, and a token decides against an error's text beside it", () => {
    const text = "Bad username or password";
    for (const body of [{ error: text }, { errors: [text] }, { code: 401, message: text }, { data: { status: "error", message: text } }]) {
      expect(meaning("login", 200, body), JSON.stringify(body)).toMatchObject({ kind: "refused" });
    }
    expect(meaning("login", 200, { status: "success", email: "a@b.c", error: text })).toMatchObject({ kind: "refused" });
    expect(meaning("login", 200, { status: "success", login_token: "AQ", detail: text })).toEqual({ kind: "token", token: "AQ" });
  });

  it("tells an expired session and a wrong code of a verification apart", () => {
    expect(meaning("verify", 401, { status: "error", message: "Session expired" })).toEqual({ kind: "session_expired" });
    expect(meaning("verify", 401, { status: "error", message: "Verification failed" })).toEqual({ kind: "code_wrong" });
  });

  it("is refused when a log-in is answered with words about a code or a session that it can't have", () => {
    expect(meaning("login", 401, { status: "error", message: "Verification failed" })).toMatchObject({ kind: "refused" });
    expect(meaning("login", 401, { status: "error", message: "Session expired" })).toMatchObject({ kind: "refused" });
    expect(meaning("login", 200, { status: "error", message: "Session expired" })).toMatchObject({ kind: "refused" });
  });

  it("says nothing about the account when the trouble is the key, the server or the envelope", () => {
    expect(meaning("login", 401, { status: "error", message: "Invalid API key or insufficient credits" })).toEqual({ kind: "other" });
    expect(meaning("login", 500, {})).toEqual({ kind: "other" });
    expect(meaning("login", 200, {})).toEqual({ kind: "other" });
    expect(meaning("login", 200, { status: "error", message: "Zut", login_token: "AQ" })).toEqual({ kind: "other" });
    expect(meaning("login", 200, { status: 500, login_token: "AQ" })).toEqual({ kind: "other" });
    expect(meaning("login", 200, { success: "false", email: "a@b.c" })).toEqual({ kind: "other" });
  });
});
