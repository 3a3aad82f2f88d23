/**
 * What an answer to /v1/auth/login or /v1/auth/verify means for the account, beside its verdict.
 * The token in here is a LinkedIn session: the value goes to the account's encrypted record and nowhere else.
 */
import type { Verdict } from "@linkup-queue/contracts";
import type { AnswerBody } from "../http/answer-body.ts";
import { loginToken } from "./read-answer.ts";

export type AuthStep = "login" | "verify";

export type AuthAnswer =
  | { kind: "token"; loginToken: string }
  /** LinkedIn asks for a code: the account waits for `verify`. */
  | { kind: "code_required" }
  /** The e-mail or password is wrong. `message` is for a person and holds nothing of the answer. */
  | { kind: "refused"; message: string }
  | { kind: "session_expired" }
  | { kind: "code_wrong" }
  /** Nothing about the account: the verdict tells what to do. */
  | { kind: "other" };

/**
 * The meaning of an auth answer whose verdict is known; `body` is null when there was no whole answer.
 * A challenge also says "success": the presence of `login_token` decides [C, sign-in flow].
 */
export function authAnswer(step: AuthStep, verdict: Verdict, body: AnswerBody | null): AuthAnswer {
  if (verdict.remedy === "complete" && body !== null) {
    const token = loginToken(body);
    return token === null ? { kind: "code_required" } : { kind: "token", loginToken: token };
  }
  switch (verdict.row) {
    // No session and no code went out with a log-in, so there the same words mean that LinkedIn did not let it in. Taken for an expired
    // sign-in, such an answer would start the next log-in, at a credit each, for ever.
    case "auth-session-expired":
      return step === "verify" ? { kind: "session_expired" } : { kind: "refused", message: verdict.message };
    case "auth-code-wrong":
      return step === "verify" ? { kind: "code_wrong" } : { kind: "refused", message: verdict.message };
    case "auth-refused":
    case "auth-refused-by-text":
      return { kind: "refused", message: verdict.message };
    default:
      return { kind: "other" };
  }
}
