/** Outcomes as rows and back. The JSON is the outcome; columns are bounded and cleaned so that no producer's text can make a row fail. */
import { Outcome } from "@linkup-queue/contracts";
import type { Insertable } from "kysely";
import type { OutcomeTable } from "./schema.ts";

/** An index entry of Postgres holds 2,704 bytes at most. */
const MOST_CHARACTERS = 200;

/** Postgres takes neither NUL nor half a character. */
function column(text: string): string {
  return text.replaceAll("\0", "").toWellFormed().slice(0, MOST_CHARACTERS).toWellFormed();
}

const optional = (text: string | null): string | null => (text === null ? null : column(text));

export function rowOf(keyId: string, outcome: Outcome): Insertable<OutcomeTable> {
  return {
    key_id: keyId,
    outcome_id: column(outcome.outcomeId),
    finished_ms: Date.parse(outcome.finishedAt),
    queue: column(outcome.queue),
    job_id: column(outcome.jobId),
    operation: column(outcome.operation),
    account_id: optional(outcome.accountId),
    campaign_id: optional(outcome.campaignId),
    recipient_id: optional(outcome.recipientId),
    status: outcome.status,
    code: outcome.code,
    charged: outcome.credits.charged,
    uncertain: outcome.credits.uncertain,
    // JSON escapes what Postgres would not take.
    outcome: JSON.stringify(outcome),
  };
}

/** The text that a query for `value` has to compare with. */
export const asColumn = column;

export function outcomeOfRow({ outcome }: { outcome: string }): Outcome {
  return Outcome.parse(JSON.parse(outcome));
}
