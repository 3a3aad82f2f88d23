/** A call's target: its operation's target, else its account. For telling refusals of one from those of all. */
import { hash } from "node:crypto";
import { operationOf } from "@linkup-queue/contracts";

/**
 * A digest of the target that a checked input names, whichever account asks; of the account and the whole input when it names none.
 * Two jobs of one operation with the same digest would be refused for the same reason.
 */
export function jobTarget(
  operation: string,
  { accountId, input }: { accountId: string; input: Readonly<Record<string, unknown>> },
): string {
  const object = operationOf(operation)?.target?.of(input) ?? null;
  return hash("sha256", JSON.stringify(object === null ? [accountId, input] : [object]), "base64url").slice(0, 22);
}
