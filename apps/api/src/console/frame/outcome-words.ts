/** How a job ended, in words: its status as a sign and a word, and its code as a sentence. */
import { CODE_WORDS, type Outcome, OutcomeCode, type OutcomeStatus } from "@linkup-queue/contracts";
import { type Html, html } from "./html.ts";
import { stateBadge } from "./words.ts";

const TONES = { succeeded: "good", failed: "bad", unknown: "wait", cancelled: "calm" } as const satisfies Record<OutcomeStatus, string>;

/** Why a job did not succeed, in words that bear the code for those who look for it; a code of a later version as it is. */
export function codeText(code: string | null): Html | null {
  if (code === null) return null;
  const known = OutcomeCode.safeParse(code);
  return html`<span title="${code}">${known.success ? CODE_WORDS[known.data] : code}</span>`;
}

export function statusBadge(status: OutcomeStatus): Html {
  return stateBadge(status, TONES[status]);
}

/** Status, code, and the word of a person or a look on it. */
export function outcomeText({ status, code, resolved }: Pick<Outcome, "status" | "code" | "resolved">): Html {
  const said = resolved === null ? null : html`; ${resolved.by} said: ${resolved.happened ? "it happened" : "it did not happen"}`;
  return html`${statusBadge(status)} ${codeText(code)}${said}`;
}
