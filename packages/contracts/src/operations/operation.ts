/**
 * The shape of one row of the operation catalogue: what producers see of an operation, whichever provider does it. Paths, tokens, answers
 * and prices are the provider's, in the linkup package, where each operation has a row, too. CONTRIBUTING.md has the list of edits.
 */
import type { z } from "zod";
import type { CallQueue } from "./queue-names.ts";
import type { Target } from "./target.ts";

export const EVIDENCE = ["documented", "code", "inferred", "assumed"] as const;
export type Evidence = (typeof EVIDENCE)[number];

export type Operation = {
  queue: CallQueue;
  /** A write leaves at most once; a read may be run again where its producer asked for it. */
  kind: "read" | "write";
  /** One line for people. */
  summary: string;
  /** To what it is done; null for what has no object, such as a search. A batch's key goes by it (see `BatchLines`). */
  target: Target | null;
  /** The request's fields; the account's token and country are not in it. Unknown and secret fields are refused. */
  input: z.ZodType<Record<string, unknown>>;
  /** The least that `input` takes: an example on the docs page, and what tests of all operations begin with. */
  least: Readonly<Record<string, unknown>>;
  /** The provider's known answer in `data`; it describes and never rejects, as pages and clients disagree. */
  output: z.ZodType;
  /** How it is known that there is such an operation, and its fields. */
  evidence: Evidence;
};
