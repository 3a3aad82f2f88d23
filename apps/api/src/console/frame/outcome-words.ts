/** How a job ended, in words: its status as a sign and a word, and its code as a sentence. */
import type { Outcome, OutcomeCode, OutcomeStatus } from "@linkup-queue/contracts";
import { type Html, html } from "./html.ts";
import { stateBadge } from "./words.ts";

const TONES = { succeeded: "good", failed: "bad", unknown: "wait", cancelled: "calm" } as const satisfies Record<OutcomeStatus, string>;

/** Why a job did not succeed, for somebody who has never seen the code. */
export const CODE_WORDS: Readonly<Record<OutcomeCode, string>> = {
  invalid_input: "its data was not valid; nothing was sent",
  invalid_request: "LinkUp did not take the request",
  account_unavailable: "its account is not registered, or was removed",
  token_expired: "LinkedIn signed the account out again and again",
  forbidden: "LinkedIn does not let this account do that",
  not_found: "LinkedIn does not have this person or thing",
  rate_limited: "LinkUp's limit of the key was hit",
  linkedin_limited: "LinkedIn limits this account",
  recipient_refused: "LinkedIn refuses this recipient: invited already, or not to be invited",
  server_error: "LinkUp failed each time",
  connection_failed: "LinkUp could not be reached; nothing was sent",
  timed_out: "LinkUp did not answer in time",
  bad_response: "LinkUp's answer made no sense, or the connection broke",
  interrupted: "the worker that sent it died",
  state_lost: "Redis lost what was sent",
  action_failed: "LinkUp says that it failed while it was being done",
  not_done: "two looks on LinkedIn found that it was not done",
  cancelled: "somebody cancelled it before it was sent",
  expired: "its time was over before it was sent",
  suppressed: "the person is not to be contacted",
  replied: "the person had answered",
  contacted_recently: "the person was written to lately",
  notes_used_up: "the month's invitations with a note are used up",
  internal_error: "an error of linkup-queue itself",
};

/** A code of this version or a later one, as words; the code itself stays beside them, for those who look for it. */
export function codeText(code: string | null): Html | null {
  if (code === null) return null;
  const words = Object.entries(CODE_WORDS).find(([known]) => known === code)?.[1];
  return html`<b>${code}</b>${words === undefined ? null : html` ${words}`}`;
}

export function statusBadge(status: OutcomeStatus): Html {
  return stateBadge(status, TONES[status]);
}

/** Status, code, and the word of a person or a look on it. */
export function outcomeText({ status, code, resolved }: Pick<Outcome, "status" | "code" | "resolved">): Html {
  const said = resolved === null ? null : html`; ${resolved.by} said: ${resolved.happened ? "it happened" : "it did not happen"}`;
  return html`${statusBadge(status)} ${codeText(code)}${said}`;
}
