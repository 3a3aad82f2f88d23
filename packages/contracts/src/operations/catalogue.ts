/**
 * Every operation that a producer may ask for, by name: one row each, in the file of its queue.
 * The one source for checking, pricing, routing and the docs page; it does nothing itself.
 */
import { z } from "zod";
import { MESSAGE_OPERATIONS } from "./messages.ts";
import { NETWORK_OPERATIONS } from "./network.ts";
import type { Operation } from "./operation.ts";
import { POST_OPERATIONS } from "./posts.ts";
import { PROFILE_OPERATIONS } from "./profiles.ts";

export const OPERATIONS = {
  ...MESSAGE_OPERATIONS,
  ...NETWORK_OPERATIONS,
  ...PROFILE_OPERATIONS,
  ...POST_OPERATIONS,
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

/** Every name, in the order of the catalogue. */
export const OPERATION_NAMES = Object.keys(OPERATIONS) as OperationName[];
export const OperationName = z.enum(OPERATION_NAMES);

/** The `input` of one operation, as a producer writes it. */
export type OperationInput<Name extends OperationName> = z.input<(typeof OPERATIONS)[Name]["input"]>;
/** The provider's known answer to one operation. */
export type OperationOutput<Name extends OperationName> = z.infer<(typeof OPERATIONS)[Name]["output"]>;

/** The least valid input of each operation; a row whose `least` is none of its inputs does not compile. */
export const LEAST_INPUTS = leastInputs(OPERATIONS);

type LeastInputs = { readonly [Name in OperationName]: OperationInput<Name> };

function leastInputs(rows: { readonly [Name in OperationName]: { least: LeastInputs[Name] } }): LeastInputs {
  return Object.fromEntries(OPERATION_NAMES.map((name) => [name, rows[name].least])) as LeastInputs;
}

/** Whether a text is the name of an operation. */
export function isOperation(name: string): name is OperationName {
  return Object.hasOwn(OPERATIONS, name);
}

/** The row of that name; undefined when there is none. */
export function operationOf(name: string): Operation | undefined {
  return isOperation(name) ? OPERATIONS[name] : undefined;
}
