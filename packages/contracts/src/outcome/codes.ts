/**
 * The closed lists that cross a process boundary: outcome statuses, codes, charges, effects, remedies.
 * A value outside a list never leaves this system.
 */
import { z } from "zod";

/** How a job ended. `unknown`: the call may or may not have had its effect, and it is never repeated unasked. */
export const OUTCOME_STATUSES = ["succeeded", "failed", "unknown", "cancelled"] as const;
export const OutcomeStatus = z.enum(OUTCOME_STATUSES);
export type OutcomeStatus = z.infer<typeof OutcomeStatus>;

/** Why a job did not succeed. */
export const OUTCOME_CODES = [
  "invalid_input",
  "invalid_request",
  "account_unavailable",
  "token_expired",
  "forbidden",
  "not_found",
  "rate_limited",
  "linkedin_limited",
  "recipient_refused",
  "server_error",
  "connection_failed",
  "timed_out",
  "bad_response",
  "interrupted",
  "state_lost",
  "action_failed",
  "not_done",
  "cancelled",
  "expired",
  "suppressed",
  "replied",
  "contacted_recently",
  "notes_used_up",
  "internal_error",
] as const;
export const OutcomeCode = z.enum(OUTCOME_CODES);
export type OutcomeCode = z.infer<typeof OutcomeCode>;

/** Why credits were wasted: how the job ended, or that the call met a dead token (`token_expired`), or that a log-in did not work. */
export const WASTE_CAUSES = [...OUTCOME_CODES, "login_failed"] as const;
export type WasteCause = (typeof WASTE_CAUSES)[number];

/** The codes of our errors: an outcome's code, or trouble that is not any job's fault. */
export const ERROR_CODES = [
  ...OUTCOME_CODES,
  "login_refused",
  "code_required",
  "key_refused",
  "configuration_invalid",
  "secrets_key_wrong",
  "key_conflict",
  "layout_conflict",
  "redis_unreachable",
  "redis_unsuitable",
  "archive_unreachable",
  "archive_unsuitable",
  "provider_unreachable",
  "unauthorized",
  "conflict",
  "doubtful_text",
  "method_not_allowed",
  "payload_too_large",
  "unsupported_media_type",
  "too_many_requests",
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Whether a call cost credits. */
export type Charge = "yes" | "no" | "unknown";

/** Whether a call changed anything on LinkedIn. `none` for every successful read as well. */
export type Effect = "none" | "done" | "unknown";

/**
 * The system's reaction to an answer, in the order of the job's life:
 * `complete`, hand the data on; `retry`, repeat after a backoff (free failures only); `refresh_token`, close the account and log in;
 * `rest`, LinkedIn limits the member: that family of actions, or the whole account, stands still for a while; `cool_key`, the key's own limit was hit; `stop_key`, the key or its credits are refused;
 * `brake`, the service itself refuses: its operation stands still, and the job waits for it unless its effect is unknown; `brake_and_end`, the
 * same, but the job ends: it may be its own fault; `doubt`, the answer makes no sense: the job ends, and three of an operation running brake it; `end`, report and leave it.
 */
export const REMEDIES = [
  "complete",
  "retry",
  "refresh_token",
  "rest",
  "cool_key",
  "stop_key",
  "brake",
  "brake_and_end",
  "doubt",
  "end",
] as const;
export type Remedy = (typeof REMEDIES)[number];

/** Why an account rests, or a family of its actions. `refused_in_a_row`: three different people running were refused, and no words said why. */
export const REST_CAUSES = [
  "linkedin_limited",
  "invitation_limit",
  "weekly_limit",
  "pending_limit",
  "email_unconfirmed",
  "commercial_limit",
  "note_limit",
  "account_restricted",
  "refused_in_a_row",
  "reads_refused",
] as const;
export const RestCause = z.enum(REST_CAUSES);
export type RestCause = z.infer<typeof RestCause>;
