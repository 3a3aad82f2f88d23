/** Codes as a person is told them: one sentence for each, the same wherever it is told. */
import type { OutcomeCode, RestCause, WasteCause } from "./codes.ts";

/** Why a job did not succeed. */
export const CODE_WORDS: Readonly<Record<OutcomeCode, string>> = {
  invalid_input: "its data is not what its operation takes; nothing was sent",
  invalid_request: "LinkUp says that the request is wrong",
  account_unavailable: "there is no such account, or it was removed",
  token_expired: "the account's session died again and again",
  forbidden: "LinkedIn does not let this account do that",
  not_found: "LinkedIn does not have this person or thing",
  rate_limited: "LinkUp refused the call for the rate of the whole key",
  linkedin_limited: "LinkedIn limits the account",
  recipient_refused: "LinkedIn refuses this recipient",
  server_error: "LinkUp's server failed each time",
  connection_failed: "LinkUp could not be reached; nothing was sent",
  timed_out: "LinkUp did not answer in time",
  bad_response: "LinkUp's answer made no sense, or the connection broke",
  interrupted: "the worker that sent it died",
  state_lost: "Redis lost the time in which it may have been sent",
  action_failed: "LinkUp says that it failed while it was being done",
  not_done: "a look on LinkedIn found that it was not done",
  cancelled: "it was cancelled before it was sent",
  expired: "its date passed before it could be sent",
  suppressed: "the person is on the list of those who are not to be contacted",
  replied: "the person answered, and the campaign stops then",
  contacted_recently: "an account wrote to the person lately",
  notes_used_up: "the account's notes are used up",
  internal_error: "a defect of ours; the worker's log says which",
};

/** Why credits were wasted. */
export const WASTE_WORDS: Readonly<Record<WasteCause, string>> = {
  ...CODE_WORDS,
  token_expired: "the account's session was dead; a log-in followed, and the job was done again where it could be",
  login_failed: "a log-in that did not work",
};

/** Why an account, or a family of its actions, rests. */
export const REST_WORDS: Readonly<Record<RestCause, string>> = {
  linkedin_limited: "LinkedIn limits it",
  invitation_limit: "LinkedIn's limit of invitations is reached",
  weekly_limit: "LinkedIn's limit of the week is reached",
  pending_limit: "too many of its invitations were not answered",
  email_unconfirmed: "LinkedIn wants its e-mail address confirmed",
  commercial_limit: "LinkedIn's limit of the month's searches is reached",
  note_limit: "its notes of the month are used up",
  account_restricted: "LinkedIn restricts the account",
  refused_in_a_row: "three people running were refused, and no words said why",
  reads_refused: "its reads were refused one after the other",
};
