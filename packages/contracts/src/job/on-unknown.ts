/** Of which operations which `onUnknown` may be asked. */
import { OPERATIONS, type OperationName } from "../operations/catalogue.ts";
import type { OnUnknown } from "./job.ts";

/** The writes that a read can look for afterwards. */
const RECONCILABLE: readonly OperationName[] = ["invitation.send", "message.send"];

/** Why this operation can't have it, as the end of a sentence; null where it can. */
export function onUnknownProblem(operation: OperationName, onUnknown: OnUnknown): string | null {
  if (onUnknown === "rerun" && OPERATIONS[operation].kind === "write") return "rerun is for reads only: a write leaves at most once";
  if (onUnknown === "reconcile" && !RECONCILABLE.includes(operation)) {
    return `reconcile is for ${RECONCILABLE.join(" and ")} only: nothing else can be looked for`;
  }
  return null;
}
