/** A job's history so far, over all its calls, and the one reader of it in a ledger entry. */
import { z } from "zod";

export type CallHistory = {
  calls: number;
  /** Free failures that counted. */
  attempts: number;
  /** Calls refused for a dead token. */
  deaths: number;
  charged: number;
  uncertain: number;
  /** When the first call that left was granted, ms since the epoch; null before. */
  startedMs: number | null;
  /** The latest call of its write went without the job's note, as its account had none left. */
  bare?: true;
};

export const NO_HISTORY: CallHistory = { calls: 0, attempts: 0, deaths: 0, charged: 0, uncertain: 0, startedMs: null };

const count = z.coerce.number().default(0);
/** A field that a script answers is empty where the entry has none. */
const moment = z.preprocess((text) => (text === "" ? null : text), z.coerce.number().nullable().default(null));

/** As it stands among the fields of a ledger entry. */
export const History = z
  .object({ calls: count, attempts: count, deaths: count, charged: count, uncertain: count, started: moment, bare: z.string().optional() })
  .transform(({ started, bare, ...counts }): CallHistory => ({ ...counts, startedMs: started, ...(bare === "1" ? { bare: true } : {}) }));

/** The history in a ledger entry's fields, as texts. Fields that it lacks count as none; others are left alone. */
export function historyOf(entry: Readonly<Record<string, unknown>>): CallHistory {
  return History.parse(entry);
}
