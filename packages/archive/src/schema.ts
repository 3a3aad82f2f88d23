/** The archive's tables as the queries see them. All times are ms since the epoch; names are the operator's to build reports on. */
import type { ColumnType } from "kysely";

/** A bigint of Postgres arrives as text. */
type Whole = ColumnType<number | string, number, number>;

export type OutcomeTable = {
  key_id: string;
  outcome_id: string;
  finished_ms: Whole;
  queue: string;
  job_id: string;
  operation: string;
  account_id: string | null;
  campaign_id: string | null;
  recipient_id: string | null;
  status: string;
  code: string | null;
  charged: Whole;
  uncertain: Whole;
  /** The whole outcome as JSON; the columns beside it are for finding and counting. */
  outcome: string;
};

/** Which outcomes name whom, by digest: the way to all of a person's. */
export type PersonTable = { key_id: string; person: string; outcome_id: string; finished_ms: Whole };

/** Who was forgotten, by digest, and when: what ended before is erased, also when it arrives later. */
export type ForgottenTable = { key_id: string; person: string; forgotten_ms: Whole };

/** The ledger's own counters for each UTC day: also what no outcome tells, as log-ins and calls refused for a dead token. */
export type CreditTable = { key_id: string; day: string; kind: string; operation: string; campaign_id: string; amount: Whole };

/** One row for each key id; every transaction that writes takes it first, so that erasing and appending never cross. */
export type TurnTable = { key_id: string; turns: Whole };

export type ArchiveTables = {
  outcomes: OutcomeTable;
  outcome_people: PersonTable;
  forgotten_people: ForgottenTable;
  credits: CreditTable;
  turns: TurnTable;
};
