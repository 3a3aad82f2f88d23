/** Whether an answer's `data`, under an envelope that says success, is what the operation's proof asks for. It reads shapes, never texts. */
import { insideData, isFilled, isMembers, saysFailed, tellsOwnError } from "./error-signs.ts";
import type { Proof } from "./proofs.ts";

/** Whether this `data` proves that the operation was done. */
export function proves(data: unknown, { data: wanted }: Proof): boolean {
  switch (wanted.is) {
    case "status":
      // The status is the proof; what lies beside it may take that back. An empty list stands where an object is due [C], and says nothing.
      return data !== false && !reportsFailure(data);
    case "list":
      return isMembers(data) && Array.isArray(data[wanted.member]) && !reportsFailure(data);
    case "member":
      // The requested value is a member's own, and so may be whatever else lies there.
      return isMembers(data) && wanted.members.some((member) => isFilled(data[member]));
    case "something":
      return isFilled(data) && insideData({ data }).length > 0 && !reportsFailure(data);
  }
}

/** A text in `data`, as failures are told so [C], or an object anywhere in it that contradicts the envelope. */
function reportsFailure(data: unknown): boolean {
  return insideData({ data }).some((inner) => typeof inner === "string" || saysFailed(inner) || tellsOwnError(inner));
}
