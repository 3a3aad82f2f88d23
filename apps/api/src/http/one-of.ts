/** Words of answers that come from a closed list: described as such, so that a client's compiler knows them. */
import { ACTION_FAMILIES, OPERATION_NAMES } from "@linkup-queue/contracts";
import { z } from "zod";

/** One of these words. Nothing is checked when it is sent: a worker of the next version may have a word more. */
export function oneOf(words: readonly string[]): z.ZodString {
  return z.string().meta({ enum: [...words] });
}

/** That to which a cap or a rest of an account applies. */
export const SCOPES = [...OPERATION_NAMES, ...ACTION_FAMILIES];
