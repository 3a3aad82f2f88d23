/**
 * The table from LinkUp's answer to code, charge, effect and remedy: data alone, read top to bottom, the first row that fits counts.
 * No row may say `retry` unless its charge is `no` and its effect `none`, and none may match one exact sentence: the provider words the same cause differently.
 *
 * Sources: [D] a vendor page was read, [C] seen in public client code only, [I] inferred. LinkUp's general rule [D]: every answer costs credits, a 500 alone is free.
 */
import type { Charge, Effect, OperationName, OutcomeCode, Remedy, Verdict } from "@linkup-queue/contracts";
import type { BodySays } from "./read-answer.ts";

/** The kind of the call: a read or a write for a job, or a log-in or verification. */
export type CallKind = "read" | "write" | "auth";

/** The subjects of a text; read in service-words.ts and member-words.ts. */
export type AnswerText =
  | "service_ended"
  | "no_thing"
  | "thing_gone"
  | "session_dead"
  | "token_dead"
  | "note_limit"
  | "weekly_limit"
  | "pending_limit"
  | "email_unconfirmed"
  | "invitation_limit"
  | "commercial_limit"
  | "action_limit"
  | "some_limit"
  | "account_restricted"
  | "recipient_refused";

type StatusClass = "1xx" | "2xx" | "3xx" | "4xx" | "5xx" | "any";
/** HTTP status and what the body says in one: `403`, `4xx`, or `2xx+error` for a 2xx whose body tells of an error. */
export type AnswerMatch = number | StatusClass | `${StatusClass}+${BodySays}`;

/** `unless_read`: a read changes nothing, so for a read the effect is `none`. */
export type EffectRule = Effect | "done_unless_read" | "unknown_unless_read";

export type AnswerRow = {
  /** Stable id: logs, metrics and docs name it. */
  row: string;
  when: {
    answer: readonly AnswerMatch[];
    /** Any of these lists; of a list, every word must occur as a whole word of the provider's text, in any order and case. */
    words?: readonly (readonly string[])[];
    /** The answer holds some text, whatever it says. */
    hasText?: true;
    /** The body is not in LinkUp's envelope; empty and unreadable ones are not. */
    withoutEnvelope?: true;
    /** The subject of the text. `no_thing`: it does not say of a post, a profile ... that it is not there any more. */
    text?: AnswerText;
    /** `call` is a job's call, a read or a write. Left out: all. */
    appliesTo?: "call" | CallKind;
    /** Only for this operation. */
    operation?: OperationName;
    /** Only for a write, and only while LINKUP_RETRY_WRITES_ON_500 is false. */
    onlyWritesNotRepeatedOn500?: true;
  };
  /**
   * Null means success and nothing else. A `stop_key` row says `forbidden`, which is not published: its job waits for the key. The one exception
   * is a write that was answered success and this error at once: it may have been done, so it ends. The code of a `brake` row is published when
   * the refusal turns out to be the job's own.
   */
  code: OutcomeCode | null;
  charge: Charge;
  effect: EffectRule;
  remedy: Remedy;
  /** Of a `brake`: the cause lies in this operation alone, so it says nothing of the service. */
  alone?: true;
  /** Of a `rest`: why, and what rests. */
  rest?: Verdict["rest"];
  /** It does not tell whether the account or the person is refused; three people running count as the account. */
  unclear?: true;
  /** For a person: what happened and what to do. */
  message: string;
  source: string;
};

const TWO_PATHS =
  "LinkUp's page names the path accept-invitation, which is called here, its n8n node accept-invitations: which of them lives is not known";

const ACTION_FAILED = [
  ["error", "sending"],
  ["error", "creating", "post"],
  ["error", "posting"],
  ["failed", "to", "send"],
] as const;

const FIELDS_MISSING = [
  ["required", "missing"],
  ["missing", "parameter"],
  ["missing", "field"],
  ["missing", "fields"],
] as const;

const INPUT_AT_FAULT = [
  ...FIELDS_MISSING,
  ["invalid", "url"],
  ["invalid", "format"],
  ["invalid", "parameter"],
  ["bad", "parameter"],
  ["must", "be", "greater"],
] as const;

export const ANSWER_TABLE = [
  {
    row: "success",
    when: { answer: ["2xx+success"] },
    code: null,
    charge: "yes",
    effect: "done_unless_read",
    remedy: "complete",
    message: "LinkUp did it",
    source: '[D] answers carry status "success"; what more each operation needs is its proof, in linkup-v1.md',
  },
  {
    row: "server-error-write",
    when: { answer: [500], onlyWritesNotRepeatedOn500: true },
    code: "server_error",
    charge: "no",
    effect: "unknown",
    remedy: "end",
    message: "LinkUp failed with 500 and LINKUP_RETRY_WRITES_ON_500 is false: look on LinkedIn whether it was done before sending it again",
    source: "[D] 500 is free; that it was not done is an assumption, which this setting drops",
  },
  {
    row: "server-error",
    when: { answer: [500] },
    code: "server_error",
    charge: "no",
    effect: "none",
    remedy: "retry",
    message: "LinkUp failed with 500, which is free; it is tried again, and if it goes on, ask LinkUp's support",
    source: "[D] 500 is free; [I] and not done",
  },
  {
    row: "service-ended-in-5xx",
    when: { answer: ["5xx"], text: "service_ended" },
    code: "bad_response",
    charge: "unknown",
    effect: "unknown_unless_read",
    remedy: "brake",
    message: "LinkUp says that this version or path is not there any more: look on LinkedIn whether it was done before sending it again",
    source: "[D] the end of v1 is announced; [I] its words",
  },
  {
    row: "gateway-error",
    when: { answer: ["5xx"] },
    code: "bad_response",
    charge: "unknown",
    effect: "unknown",
    remedy: "doubt",
    message: "LinkUp or something in front of it failed in the middle: look on LinkedIn whether it was done before sending it again",
    source: "[I] 502, 503, 504 and the like come from a gateway; only 500 is named as free [D]",
  },
  {
    row: "redirect",
    when: { answer: ["3xx"] },
    code: "bad_response",
    charge: "unknown",
    effect: "unknown_unless_read",
    remedy: "brake",
    message: "The address answered with a redirect, which is never followed: check LINKUP_BASE_URL",
    source: "[I] no documented call redirects: the address, or the whole API, has moved",
  },
  {
    row: "too-large",
    when: { answer: ["2xx+too_large"] },
    code: "bad_response",
    charge: "unknown",
    effect: "unknown",
    remedy: "end",
    message: "LinkUp's answer was larger than is read: ask for fewer results in one call",
    source: "[I] a bound of this client",
  },
  {
    row: "unreadable",
    when: { answer: ["2xx+unreadable", "2xx+empty"] },
    code: "bad_response",
    charge: "unknown",
    effect: "unknown",
    remedy: "doubt",
    message: "LinkUp's answer could not be read: check LINKUP_BASE_URL, and look on LinkedIn whether it was done before sending it again",
    source: "[D] answers are JSON objects",
  },
  {
    row: "odd-status",
    when: { answer: ["2xx+odd"] },
    code: "bad_response",
    charge: "yes",
    effect: "unknown",
    remedy: "doubt",
    message: "LinkUp's answer says neither success nor error: look on LinkedIn whether it was done before sending it again",
    source: "[I] only success and error are known",
  },
  {
    row: "bare",
    when: { answer: ["2xx+bare"], appliesTo: "call" },
    code: "bad_response",
    charge: "yes",
    effect: "unknown",
    remedy: "doubt",
    message: "LinkUp answered without its usual envelope, so nothing shows that it was done: look on LinkedIn before sending it again",
    source: "[D] webhook calls alone answer a bare object, and none is an operation here; [I] charged",
  },
  {
    row: "unproven",
    when: { answer: ["2xx+unproven"] },
    code: "bad_response",
    charge: "yes",
    effect: "unknown",
    remedy: "doubt",
    message:
      "LinkUp says success, but its answer lacks what this operation answers when it is done: look on LinkedIn before sending it again; of a list ask for fewer rows",
    source: "[C] an inbox of more than 25 came as an empty list, charged; the proof of each operation is in linkup-v1.md",
  },
  {
    row: "auth-bare",
    when: { answer: ["2xx+bare"], appliesTo: "auth" },
    code: "bad_response",
    charge: "yes",
    effect: "unknown",
    remedy: "doubt",
    message: "The answer to the log-in holds neither a token nor a status: check LINKUP_BASE_URL",
    source: "[C] a log-in answers status success, with a token or without",
  },
  {
    row: "invalid-media",
    when: { answer: [400, 422, "2xx+error"], words: [["invalid", "media"]], appliesTo: "call" },
    code: "invalid_request",
    charge: "yes",
    effect: "none",
    remedy: "end",
    message: "LinkUp could not use the media link: check that it opens without signing in",
    source: '[C] 400 "Invalid media link"',
  },
  {
    // Before the rows of a failed action: who is limited or refused is never tried again, so nothing is risked by taking the cause at its word.
    row: "account-restricted",
    when: { answer: ["4xx", "2xx+error"], text: "account_restricted", appliesTo: "call" },
    code: "linkedin_limited",
    charge: "yes",
    effect: "none",
    remedy: "rest",
    rest: { cause: "account_restricted", scope: "account" },
    message: "LinkedIn restricts this account: all its work rests; sign in on linkedin.com and see what LinkedIn asks for",
    source: "[C] account_restricted, checkpoint, challenge in other clients; [I] LinkUp passes the text",
  },
  {
    row: "note-limit",
    when: { answer: ["4xx", "2xx+error"], text: "note_limit", appliesTo: "write" },
    code: "linkedin_limited",
    charge: "yes",
    effect: "none",
    remedy: "rest",
    rest: { cause: "note_limit", scope: "note" },
    message: "LinkedIn takes no more invitations with a note from this account for now: they rest; invitations without a note go on",
    source: "[C] CUSTOM_INVITE_LIMIT_REACHED with 429 or 406; notes have a limit of their own",
  },
  {
    row: "weekly-limit",
    when: { answer: ["4xx", "2xx+error"], text: "weekly_limit", appliesTo: "call" },
    code: "linkedin_limited",
    charge: "yes",
    effect: "none",
    remedy: "rest",
    rest: { cause: "weekly_limit", scope: "family" },
    message: "This account has reached LinkedIn's limit of the week: such actions of it rest; send fewer a week",
    source:
      '[C] "weekly invitation limit", CANT_INVITE_CONNECTION_LIMIT_REACHED, "out of invitations"; LinkedIn\'s own page: mostly blocked for one week',
  },
  {
    row: "pending-limit",
    when: { answer: ["4xx", "2xx+error"], text: "pending_limit", appliesTo: "write" },
    code: "linkedin_limited",
    charge: "yes",
    effect: "none",
    remedy: "rest",
    rest: { cause: "pending_limit", scope: "family" },
    message: "Too many of this account's invitations wait for an answer: it sends none for now; withdraw the oldest",
    source: "[C] TOO_MANY_PENDING_INVITATIONS, MAX_INVITATION_SENT; LinkedIn's own page: up to one month",
  },
  {
    row: "email-unconfirmed",
    when: { answer: ["4xx", "2xx+error"], text: "email_unconfirmed", appliesTo: "write" },
    code: "linkedin_limited",
    charge: "yes",
    effect: "none",
    remedy: "rest",
    rest: { cause: "email_unconfirmed", scope: "family" },
    message: "LinkedIn wants this member's e-mail address confirmed first: such actions rest; sign in on linkedin.com and confirm it",
    source: "[C] PRIMARY_HANDLE_NOT_CONFIRMED",
  },
  {
    row: "invitation-limit",
    when: { answer: ["4xx", "2xx+error"], text: "invitation_limit", appliesTo: "write" },
    code: "linkedin_limited",
    charge: "yes",
    effect: "none",
    remedy: "rest",
    rest: { cause: "invitation_limit", scope: "family" },
    message: "LinkedIn takes no more invitations from this account for now: they rest; send fewer, and withdraw old ones",
    source: "[C] FUSE_LIMIT_EXCEEDED",
  },
  {
    row: "commercial-limit",
    when: { answer: ["4xx", "2xx+error"], text: "commercial_limit", appliesTo: "call" },
    code: "linkedin_limited",
    charge: "yes",
    effect: "none",
    remedy: "rest",
    rest: { cause: "commercial_limit", scope: "family" },
    message: "This account has used up LinkedIn's searches of the month: such actions of it rest until the next month begins",
    source: '[C] "commercial use limit"; LinkedIn\'s own page: counted by the month, anew on its first at midnight Pacific time',
  },
  {
    row: "action-limit",
    when: { answer: ["4xx", "2xx+error"], text: "action_limit", appliesTo: "call" },
    code: "linkedin_limited",
    charge: "yes",
    effect: "none",
    remedy: "rest",
    rest: { cause: "linkedin_limited", scope: "family" },
    message: "This account has reached a limit that LinkedIn sets for such actions: they rest; do fewer of them",
    source: "[C] profile views, searches and messages limited in other clients; [I] LinkUp passes the text",
  },
  {
    row: "recipient-refused",
    when: { answer: ["4xx", "2xx+error"], text: "recipient_refused", appliesTo: "write" },
    code: "recipient_refused",
    charge: "yes",
    effect: "none",
    remedy: "end",
    message:
      "LinkedIn refuses this recipient: invited already, not to be invited again yet, blocked, or no connection; others are not touched",
    source: "[C] ALREADY_INVITED, CANT_RESEND_YET, blocked_recipient, no_connection_with_recipient in other clients",
  },
  {
    row: "service-ended-in-action",
    when: {
      answer: [400, 422, "2xx+error"],
      words: ACTION_FAILED,
      text: "service_ended",
      appliesTo: "call",
    },
    code: "action_failed",
    charge: "yes",
    effect: "unknown_unless_read",
    remedy: "brake",
    message:
      "LinkUp failed while doing it and says that this version or path is not there any more: look on LinkedIn whether it was done before sending it again",
    source: "[D] the end of v1 is announced; [I] its words; [C] those of a failed action",
  },
  {
    row: "session-dead-in-action",
    when: { answer: ["4xx", "2xx+error"], words: ACTION_FAILED, text: "session_dead", appliesTo: "call" },
    code: "token_expired",
    charge: "yes",
    effect: "unknown_unless_read",
    remedy: "refresh_token",
    message:
      "LinkUp failed while doing it, as LinkedIn no longer takes this account's token: a new log-in is made; look whether it was done",
    source: "[C] the words of a failed action and of a dead session; [I] together",
  },
  {
    // Before the rows that let a job run again: what broke in the middle of the action is not repeated, whatever cause it also names.
    row: "action-failed",
    when: {
      answer: [400, 422, "2xx+error"],
      words: ACTION_FAILED,
      appliesTo: "call",
    },
    code: "action_failed",
    charge: "yes",
    effect: "unknown_unless_read",
    remedy: "end",
    unclear: true,
    message: "LinkUp failed while doing it: look on LinkedIn whether it was done before sending it again",
    source: '[C] 400 "Error while sending message / sending connection request / creating post / posting comment", cause unclear',
  },
  {
    row: "accept-path-gone",
    when: { answer: [404], text: "no_thing", operation: "invitation.accept" },
    code: "not_found",
    charge: "yes",
    effect: "none",
    remedy: "brake",
    alone: true,
    message: `LinkUp answered 404 without a word about the invitation, so its path may be another: ${TWO_PATHS}`,
    source: "[D] accept-invitation on the page; [C] accept-invitations in every release of the vendor node since July 2025",
  },
  {
    row: "service-ended",
    when: { answer: ["4xx", "2xx+error"], text: "service_ended" },
    code: "forbidden",
    charge: "yes",
    effect: "none",
    remedy: "brake",
    message: "LinkUp says that this version or path is not there any more",
    source: "[D] the end of v1 is announced; [I] its words",
  },
  {
    row: "key-refused",
    when: {
      answer: ["4xx", "2xx+error"],
      words: [
        ["invalid", "api", "key"],
        ["api", "key", "missing"],
        ["api", "key", "required"],
        ["api", "key", "expired"],
        ["api", "key", "revoked"],
        ["insufficient", "credits"],
        ["insufficient", "credit"],
        ["not", "enough", "credits"],
      ],
    },
    code: "forbidden",
    charge: "yes",
    effect: "none",
    remedy: "stop_key",
    message: "LinkUp refuses the API key or has no credits left for it: check LINKUP_API_KEY and the credits, then resume the key",
    source: '[C] 401 "Invalid API key or insufficient credits"; [D] withdraw page "Insufficient credits available"',
  },
  {
    row: "no-credits",
    when: { answer: [402] },
    code: "forbidden",
    charge: "yes",
    effect: "none",
    remedy: "stop_key",
    message: "LinkUp asks for payment: buy credits, then resume the key",
    source: "[C] one client expects 402 for no credits; [I] charged by the general rule",
  },
  {
    // Before the rows of a status alone: words of a session are clearer than a 429 that tells of no rate.
    row: "token-expired",
    when: {
      answer: [401, 403, "2xx+error"],
      text: "token_dead",
      appliesTo: "call",
    },
    code: "token_expired",
    charge: "yes",
    effect: "none",
    remedy: "refresh_token",
    message: "LinkedIn no longer takes this account's token: a new log-in is made",
    source: '[C] 403 "LinkedIn token expired", "cookie invalid"; [D] withdraw page "Invalid or expired LinkedIn cookie"',
  },
  {
    row: "token-expired-elsewhere",
    when: {
      answer: ["4xx"],
      text: "session_dead",
      appliesTo: "call",
    },
    code: "token_expired",
    charge: "yes",
    effect: "none",
    remedy: "refresh_token",
    message: "LinkedIn no longer takes this account's token: a new log-in is made",
    source: '[D] time-spent page "Invalid Cookie", withdraw page "Invalid or expired LinkedIn cookie", both without a status',
  },
  {
    row: "linkedin-limited",
    when: { answer: [429], words: [["linkedin"]] },
    code: "linkedin_limited",
    charge: "yes",
    effect: "none",
    remedy: "rest",
    rest: { cause: "linkedin_limited", scope: "family" },
    message: "LinkedIn throttles this member: such actions of the account rest; send less from it",
    source: '[C] 429 "LinkedIn Rate limit exceeded"',
  },
  {
    row: "linkedin-limited-by-text",
    when: {
      answer: ["4xx", "2xx+error"],
      words: [
        ["linkedin", "rate", "limit"],
        ["linkedin", "limit", "exceeded"],
        ["linkedin", "too", "many", "requests"],
      ],
    },
    code: "linkedin_limited",
    charge: "yes",
    effect: "none",
    remedy: "rest",
    rest: { cause: "linkedin_limited", scope: "family" },
    message: "LinkedIn throttles this member: such actions of the account rest; send less from it",
    source: "[C] the same text; [D] v1 answered 200 for most errors",
  },
  {
    row: "rate-limited",
    when: { answer: [429], words: [["rate", "limit"], ["rate", "limited"], ["too", "many", "requests"], ["api"]] },
    code: "rate_limited",
    charge: "yes",
    effect: "none",
    remedy: "cool_key",
    message: "LinkUp counted more calls than the key may make: see that nothing else uses this key, and check LINKUP_RATE_LIMIT",
    source: '[C] 429 "API Rate limit exceeded"; [D] 300 a minute, charged',
  },
  {
    row: "rate-limited-in-front",
    when: { answer: [429], withoutEnvelope: true },
    code: "rate_limited",
    charge: "yes",
    effect: "none",
    remedy: "cool_key",
    message:
      "LinkUp, or something in front of it, counted more calls than the key may make: see that nothing else uses this key, and check LINKUP_RATE_LIMIT",
    source: "[D] 300 a minute, charged; [I] what has no envelope knows no member",
  },
  {
    // The key's own limit says so; a 429 that speaks of something else, or of nothing, is the member's.
    row: "limited-unclear",
    when: { answer: [429], appliesTo: "call" },
    code: "linkedin_limited",
    charge: "yes",
    effect: "none",
    remedy: "rest",
    rest: { cause: "linkedin_limited", scope: "family" },
    message: "LinkUp or LinkedIn limits this account, and does not say to what: such actions of the account rest; send less from it",
    source: "[C] LinkedIn's limits come as 429 with words of their own; [D] the key's as a rate limit",
  },
  {
    row: "limited-unclear-login",
    when: { answer: [429] },
    code: "rate_limited",
    charge: "yes",
    effect: "none",
    remedy: "cool_key",
    message: "LinkUp takes no more log-ins for now: it is tried again after the window",
    source: "[D] 300 a minute, charged",
  },
  {
    row: "rate-limited-by-text",
    when: {
      answer: ["4xx", "2xx+error"],
      words: [
        ["rate", "limit", "exceeded"],
        ["rate", "limited"],
        ["too", "many", "requests"],
      ],
    },
    code: "rate_limited",
    charge: "yes",
    effect: "none",
    remedy: "cool_key",
    message: "LinkUp counted more calls than the key may make: see that nothing else uses this key, and check LINKUP_RATE_LIMIT",
    source: '[D] withdraw page "Rate limit exceeded. Please try again later"; v1 answered 200 for most errors',
  },
  {
    row: "limited-by-text",
    when: { answer: ["4xx", "2xx+error"], text: "some_limit", appliesTo: "call" },
    code: "linkedin_limited",
    charge: "yes",
    effect: "none",
    remedy: "rest",
    rest: { cause: "linkedin_limited", scope: "family" },
    message: "LinkUp or LinkedIn limits this account, and does not say to what: such actions of the account rest; send less from it",
    source: "[C] limit_exceeded with 422 in other clients; [I] LinkUp passes the text",
  },
  {
    row: "auth-session-expired",
    when: { answer: ["4xx", "2xx+error"], words: [["session", "expired"]], appliesTo: "auth" },
    code: "account_unavailable",
    charge: "yes",
    effect: "none",
    remedy: "end",
    message: "The sign-in took too long and has expired: start it again",
    source: '[C] 401 "Session expired"',
  },
  {
    row: "auth-code-wrong",
    when: {
      answer: ["4xx", "2xx+error"],
      words: [
        ["verification", "failed"],
        ["invalid", "code"],
        ["wrong", "code"],
        ["incorrect", "code"],
        ["code", "expired"],
      ],
      appliesTo: "auth",
    },
    code: "account_unavailable",
    charge: "yes",
    effect: "none",
    remedy: "end",
    message: "LinkedIn did not take the code: ask for the newest one and verify again",
    source: '[C] 401 "Verification failed"; [I] the other wordings',
  },
  {
    row: "auth-refused-by-text",
    when: {
      answer: ["4xx", "2xx+error"],
      words: [
        ["bad", "username"],
        ["bad", "password"],
        ["username", "password"],
        ["wrong", "password"],
        ["incorrect", "password"],
        ["invalid", "password"],
        ["invalid", "credentials"],
      ],
      appliesTo: "auth",
    },
    code: "account_unavailable",
    charge: "yes",
    effect: "none",
    remedy: "end",
    message: "LinkedIn refused the e-mail or the password: put the right ones",
    source: '[C] 401 "Bad username or password"',
  },
  {
    row: "auth-refused",
    when: { answer: [401], hasText: true, appliesTo: "auth" },
    code: "account_unavailable",
    charge: "yes",
    effect: "none",
    remedy: "end",
    message: "The log-in was refused: check the account's e-mail and password, and sign in on linkedin.com once",
    source: "[C] 401 is the status of sign-in problems",
  },
  {
    row: "key-refused-unclear",
    when: { answer: [401] },
    code: "forbidden",
    charge: "yes",
    effect: "none",
    remedy: "stop_key",
    unclear: true,
    message: "LinkUp answered 401 without a cause that is known here: check LINKUP_API_KEY and the credits, then resume the key",
    source: "[C] 401 is the status of a bad key; [I] one stopped key costs less than a backlog of charged refusals",
  },
  {
    row: "path-gone",
    when: { answer: [404, 405, 410], withoutEnvelope: true, text: "no_thing" },
    code: "not_found",
    charge: "yes",
    effect: "none",
    remedy: "brake",
    message: "LinkUp did not find it, and answers others: check the address or id in the input",
    source: '[D] LinkUp\'s errors are in its envelope, and every answer but a 500 costs; [C] 404 is also "wrong path"',
  },
  {
    // By their meaning nothing was done: refused before the request was looked at.
    row: "refused-in-front",
    when: { answer: [403, 406, 411, 413, 414, 415, 417, 421, 426, 428, 431, 451], withoutEnvelope: true, text: "no_thing" },
    code: "forbidden",
    charge: "yes",
    effect: "none",
    remedy: "brake",
    message: "Something in front of LinkUp refuses this call, and lets others pass: check its input for what a firewall may not like",
    source: "[I] a gateway or firewall; [D] LinkUp's errors are in its envelope, and every answer but a 500 costs",
  },
  {
    row: "gave-up-in-front",
    when: { answer: [408, 499], withoutEnvelope: true },
    code: "bad_response",
    charge: "unknown",
    effect: "unknown_unless_read",
    remedy: "brake",
    message: "Something in front of LinkUp gave the call up: look on LinkedIn whether it was done before sending it again",
    source: "[I] a gateway that did not wait for LinkUp",
  },
  {
    row: "unreadable-refusal",
    when: { answer: ["4xx+unreadable", "4xx+too_large"] },
    code: "bad_response",
    charge: "unknown",
    effect: "unknown_unless_read",
    remedy: "brake",
    message:
      "The call was refused with an answer that LinkUp does not give: something in front of it may have refused; check LINKUP_BASE_URL",
    source: "[I] LinkUp's errors are JSON objects [D]",
  },
  {
    row: "refused-empty",
    when: { answer: ["4xx+empty"] },
    code: "invalid_request",
    charge: "yes",
    effect: "none",
    remedy: "brake",
    message: "LinkUp refuses this call without a word, and answers others: check its input against the operation's schema",
    source: "[D] LinkUp's errors are in its envelope, and every answer but a 500 costs",
  },
  {
    // By their status such answers are about the input. The job may be at fault, so it ends; the next is a probe.
    row: "refused-bare",
    when: { answer: ["4xx"], withoutEnvelope: true, text: "no_thing", appliesTo: "call" },
    code: "invalid_request",
    charge: "yes",
    effect: "none",
    remedy: "brake_and_end",
    message: "LinkUp refused the input, though not in its usual envelope: check its fields against the operation's schema",
    source: "[C] 422 with a shape of its own; [D] 400 is charged",
  },
  {
    row: "login-refused-bare",
    when: { answer: ["4xx"], withoutEnvelope: true, appliesTo: "auth" },
    code: "invalid_request",
    charge: "yes",
    effect: "none",
    remedy: "brake",
    message: "LinkUp refused the log-in, though not in its usual envelope, and takes those of other accounts",
    source: "[C] 422 with a shape of its own; [D] every answer but a 500 costs",
  },
  {
    row: "forbidden",
    when: { answer: [403] },
    code: "forbidden",
    charge: "yes",
    effect: "none",
    remedy: "end",
    unclear: true,
    message: "LinkedIn or LinkUp does not let this account do that",
    source: "[D] 403 is charged",
  },
  {
    row: "accept-not-found",
    when: { answer: [404], operation: "invitation.accept" },
    code: "not_found",
    charge: "yes",
    effect: "none",
    remedy: "end",
    message: `LinkUp did not find the invitation: list them anew. If all end so, its path may be another: ${TWO_PATHS}`,
    source: "[D] accepted before, expired, or a wrong secret are errors; [C] the other path",
  },
  {
    row: "not-found",
    when: { answer: [404] },
    code: "not_found",
    charge: "yes",
    effect: "none",
    remedy: "end",
    message: "LinkUp did not find it: check the address or id in the input",
    source: '[C] 404 "Error while getting contact info"; [D] charged',
  },
  {
    // Every field that a page of LinkUp's names as required is there before a call leaves: for one job it may be a rule of its input, for three
    // running LinkUp wants something else.
    row: "fields-missing",
    when: { answer: ["4xx", "2xx+error"], words: FIELDS_MISSING, appliesTo: "call" },
    code: "invalid_request",
    charge: "yes",
    effect: "none",
    remedy: "doubt",
    message:
      "LinkUp says that fields are missing which its pages do not ask for: check the input against the operation's schema, and ask LinkUp what has changed",
    source:
      '[C] 400 "Required fields are missing", "Missing required parameter"; [D] 400 is charged; [I] of all jobs alike it is the service',
  },
  {
    row: "no-connection",
    when: { answer: [400, 422, "2xx+error"], words: [["invalid", "parameter"]], operation: "message.send" },
    code: "invalid_request",
    charge: "yes",
    effect: "none",
    remedy: "end",
    message: "LinkUp answers so when the recipient is no connection of this account: invite first; else check the input's fields",
    source: '[C] "Invalid parameter" in `data`, of a message to somebody who is no connection',
  },
  {
    row: "invalid-request",
    when: { answer: ["4xx"], words: INPUT_AT_FAULT },
    code: "invalid_request",
    charge: "yes",
    effect: "none",
    remedy: "end",
    message: "LinkUp refused the input: check its fields against the operation's schema",
    source: '[C] 400 "Required fields are missing", "Invalid LinkedIn URL format", "Bad parameter"; 422; [D] 400 is charged',
  },
  {
    row: "thing-refused",
    when: { answer: ["4xx"], text: "thing_gone" },
    code: "invalid_request",
    charge: "yes",
    effect: "none",
    remedy: "end",
    message: "LinkUp says that what the job asks for is not there any more: check the address or id in the input",
    source: "[C] such texts with other statuses than 404; [D] charged",
  },
  {
    row: "refused-unclear",
    when: { answer: ["4xx"], appliesTo: "write" },
    code: "invalid_request",
    charge: "yes",
    effect: "none",
    remedy: "end",
    unclear: true,
    message: "LinkUp or LinkedIn refused this, and does not say why: check the input's fields, and the account on linkedin.com",
    source: "[C] 400, 422 with texts that are not known here; [D] 400 is charged",
  },
  {
    row: "refused-otherwise",
    when: { answer: ["4xx"] },
    code: "invalid_request",
    charge: "yes",
    effect: "none",
    remedy: "doubt",
    unclear: true,
    message: "LinkUp refused the input: check its fields against the operation's schema",
    source: "[C] 400, 422 with texts that are not known here; [D] 400 is charged",
  },
  {
    row: "invalid-request-in-200",
    when: {
      answer: ["2xx+error"],
      words: INPUT_AT_FAULT,
    },
    code: "invalid_request",
    charge: "yes",
    effect: "none",
    remedy: "end",
    message: "LinkUp refused the input: check its fields against the operation's schema",
    source: "[C] the texts of 400; [D] v1 answered 200 for most errors; [I] charged",
  },
  {
    // A framework's answer to a path that it does not know. The job may be at fault, so it ends; the next is a probe.
    row: "path-gone-in-200",
    when: { answer: ["2xx+error"], words: [["not", "found"]], withoutEnvelope: true, text: "no_thing", appliesTo: "call" },
    code: "not_found",
    charge: "yes",
    effect: "none",
    remedy: "brake_and_end",
    message: "LinkUp did not find it, and answers others: check the address or id in the input",
    source: '[C] {"detail":"Not Found"} is what frameworks say of a wrong path; [D] v1 answered 200 for most errors; [I] charged',
  },
  {
    row: "not-found-in-200",
    when: {
      answer: ["2xx+error"],
      words: [
        ["not", "found"],
        ["error", "while", "getting"],
      ],
      appliesTo: "call",
    },
    code: "not_found",
    charge: "yes",
    effect: "none",
    remedy: "end",
    message: "LinkUp did not find it: check the address or id in the input",
    source: "[C] the text of 404; [D] v1 answered 200 for most errors; [I] charged",
  },
  {
    // A list of dead addresses is the list's trouble, whatever the words. A write that could not be done is no proof that it was not.
    row: "gone-in-200",
    when: {
      answer: ["2xx+error"],
      words: [["not", "exist"], ["doesn", "exist"], ["no", "longer"], ["deleted"], ["removed"], ["unavailable"], ["not", "available"]],
      text: "thing_gone",
      appliesTo: "read",
    },
    code: "not_found",
    charge: "yes",
    effect: "none",
    remedy: "end",
    message: "LinkUp says that what the job asks for is not there any more: check the address or id in the input",
    source: "[I] wordings of 404; [D] v1 answered 200 for most errors",
  },
  {
    row: "forbidden-in-200",
    when: { answer: ["2xx+error"], words: [["forbidden"], ["access", "denied"], ["not", "allowed"]] },
    code: "forbidden",
    charge: "yes",
    effect: "none",
    remedy: "end",
    unclear: true,
    message: "LinkedIn or LinkUp does not let this account do that",
    source: "[I] wordings of 403; [D] v1 answered 200 for most errors",
  },
  {
    // Charged, so not a free 500; and the assumption that a 500 was not done covers 500s alone.
    row: "server-error-in-200",
    when: {
      answer: ["2xx+error"],
      words: [
        ["linkedin", "api", "error"],
        ["error", "occurred", "processing"],
        ["internal", "server", "error"],
      ],
    },
    code: "server_error",
    charge: "yes",
    effect: "unknown_unless_read",
    remedy: "doubt",
    message: "LinkUp failed on its side and charged for it: look on LinkedIn whether it was done before sending it again",
    source: "[C] the texts of 500; [I] charged, as only the status 500 is free [D]",
  },
  {
    row: "error-in-200-of-a-read",
    when: { answer: ["2xx+error"], appliesTo: "read" },
    code: "bad_response",
    charge: "yes",
    effect: "unknown",
    remedy: "doubt",
    unclear: true,
    message: "LinkUp reports an error whose cause is not known here, and charged for it",
    source: "[D] v1 answered 200 for most errors; [I] charged",
  },
  {
    row: "error-in-200",
    when: { answer: ["2xx+error"] },
    code: "action_failed",
    charge: "yes",
    effect: "unknown",
    remedy: "end",
    unclear: true,
    message: "LinkUp reports an error whose cause is not known here: look on LinkedIn whether it was done before sending it again",
    source: "[D] v1 answered 200 for most errors; [I] charged",
  },
  {
    row: "not-http",
    when: { answer: ["any"] },
    code: "bad_response",
    charge: "unknown",
    effect: "unknown",
    remedy: "end",
    message: "The answer has a status that no LinkUp call gives: check LINKUP_BASE_URL",
    source: "[I] catches all else",
  },
] as const satisfies readonly AnswerRow[];
