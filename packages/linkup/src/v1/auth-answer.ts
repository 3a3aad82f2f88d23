/**
 * The meaning of an answer to /v1/auth/login or /v1/auth/verify for the account, beside its verdict.
 * The token in here is a LinkedIn session: the value goes to the account's encrypted record and nowhere else.
 */
import type { Verdict } from "@linkup-queue/contracts";
import type { AnswerBody } from "../seam/provider.ts";
import type { AuthAnswer } from "../seam/transport.ts";
import { loginToken } from "./read-answer.ts";

export type AuthStep = "login" | "verify";

/**
 * The meaning of an auth answer whose verdict is known; `body` is null when there was no whole answer.
 * A challenge also says "success": the presence of `login_token` decides [C, sign-in flow].
 */
export function authAnswer(step: AuthStep, verdict: Verdict, body: AnswerBody | null): AuthAnswer {
  if (verdict.remedy === "complete" && body !== null) {
    const token = loginToken(body);
    return token === null ? { kind: "code_required" } : { kind: "token", token };
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
