/**
 * The result of one call to LinkUp: everything that the worker needs to decide, and nothing of HTTP.
 * Made by the linkup package from the answer table, consumed by the worker's decision.
 */
import type { Charge, Effect, OutcomeCode, Remedy, RestCause } from "./codes.ts";

export type Verdict = {
  /** The row of the answer table that matched, for logs and docs. */
  row: string;
  /** Null for success. */
  code: OutcomeCode | null;
  charge: Charge;
  effect: Effect;
  remedy: Remedy;
  /** Of a `brake`: the cause lies in this operation alone, and says nothing of the service. */
  alone?: true;
  /** For a person; no secret, no body. */
  message: string;
  /** Of a `rest`: why, and what rests: that family of actions, notes alone where the job has one, or the account. */
  rest?: { cause: RestCause; scope: "family" | "note" | "account" };
  /** A refusal that does not tell whether it is about the account or about the person: it counts, see `refused_in_a_row`. */
  unclear?: true;
  httpStatus: number | null;
  /** The provider's data on success, null otherwise. */
  output: unknown;
};
