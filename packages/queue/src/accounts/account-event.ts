/** What can happen to an account. The transitions are in lua/account-life.lua, in one atomic step with what caused them. */
/** Which log-in or verification an answer belongs to; an answer to an older one changes nothing. */
export type InLogin = { state: "refreshing" | "awaiting_code"; epoch: number; turn: number };

export type AccountEvent =
  | { type: "token_dead"; epoch: number }
  | { type: "linkedin_limited" }
  | { type: "call_worked" }
  /** `token` is encrypted. */
  | ({ type: "logged_in"; token: string } & InLogin)
  | ({ type: "code_required" } & InLogin)
  | ({ type: "code_wrong" } & InLogin)
  | ({ type: "session_expired" } & InLogin)
  | ({ type: "refused"; why: string } & InLogin)
  /** The key's own limit answered the log-in or verification. */
  | ({ type: "login_limited" } & InLogin)
  | ({ type: "login_unknown" } & InLogin)
  | ({ type: "verification_unknown" } & InLogin);
