/** From an error's code to the HTTP status of its answer: one total table. */
import type { ErrorCode } from "@linkup-queue/contracts";

export const HTTP_STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid_input: 400,
  invalid_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  timed_out: 408,
  conflict: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  redis_unreachable: 503,
  redis_unsuitable: 503,
  // The process is stopping.
  interrupted: 503,
  // The rest never answers a request: they belong to outcomes, or stop the process at its start.
  account_unavailable: 500,
  token_expired: 500,
  rate_limited: 500,
  linkedin_limited: 500,
  server_error: 500,
  connection_failed: 500,
  bad_response: 500,
  action_failed: 500,
  cancelled: 500,
  expired: 500,
  internal_error: 500,
  login_refused: 500,
  code_required: 500,
  key_refused: 500,
  configuration_invalid: 500,
  secrets_key_wrong: 500,
  key_conflict: 500,
  provider_unreachable: 500,
};
