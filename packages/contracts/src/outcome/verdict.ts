/**
 * What one call to LinkUp came to: the whole of what the worker needs to decide, and nothing of HTTP.
 * Made by the linkup package from the answer table, consumed by the worker's decision.
 */
import type { Charge, Effect, OutcomeCode, Remedy } from "./codes.ts";

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
  httpStatus: number | null;
  /** The provider's data on success, null otherwise. */
  output: unknown;
};
