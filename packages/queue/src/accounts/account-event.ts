/** Everything that can happen to an account. The transitions are in lua/account-life.lua, in one atomic step with what caused them. */
import type { RestRequest } from "../safety/rests.ts";

/** Which log-in or verification an answer belongs to; an answer to an older one changes nothing. */
export type InLogin = { state: "refreshing" | "awaiting_code"; epoch: number; turn: number };

export type AccountEvent =
  | { type: "token_dead"; epoch: number }
  /** A sealed token did not open. */
  | { type: "token_unreadable"; token: string }
  /** LinkedIn limits the member. */
  | ({ type: "rest" } & RestRequest)
  /** A refusal by this row of the answer table that may be the account's or the person's; of three people running it asks for the rest. */
  | ({ type: "refused_unclear"; operation: string; row: string } & RestRequest)
  | { type: "call_worked" }
  /** `token` is encrypted. */
  | ({ type: "logged_in"; token: string } & InLogin)
  | ({ type: "code_required" } & InLogin)
  | ({ type: "code_wrong" } & InLogin)
  /** The sealed code did not open; it was not sent. */
  | ({ type: "code_unreadable" } & InLogin)
  | ({ type: "session_expired" } & InLogin)
  | ({ type: "refused"; why: string } & InLogin)
  /** The key's own limit answered the log-in or verification. */
  | ({ type: "login_limited" } & InLogin)
  | ({ type: "login_unknown" } & InLogin)
  | ({ type: "verification_unknown" } & InLogin);
