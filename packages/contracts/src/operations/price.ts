/**
 * Prices of calls, as the rest is told of it: a table with a price for each operation, which is the provider's and handed in by the mains. No
 * price stands here.
 */
import type { OperationName } from "./catalogue.ts";
import type { Evidence } from "./operation.ts";

/** The price of a call in credits, as a function of its checked input, and how sure that is. */
export type Price = {
  /** For people: "1 for each started ten results". */
  rule: string;
  evidence: Evidence;
  /** The most that the call may cost: told before it, and held while it is out. */
  credits: (input: Readonly<Record<string, unknown>>) => number;
};

export type PriceTable = { readonly [Name in OperationName]: Price };
