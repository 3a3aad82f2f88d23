/** From the answer to a read of an account's invitations to what it tells: how many are pending, and whether somebody accepted theirs. Pure. In doubt it tells nothing. */
import type { CountFound } from "@linkup-queue/queue";
import { z } from "zod";
import { InvitationAnswer } from "./judge-look.ts";

const SentList = z.looseObject({ total_available_results: z.int().min(0), invitations: z.array(z.unknown()) });

/** The list of invitations that were sent; empty for an answer that does not say how many there are. */
export function judgePending(answer: unknown): CountFound {
  const read = SentList.safeParse(answer);
  return read.success ? { pending: read.data.total_available_results } : {};
}

/** The status of somebody who was invited days ago. Gone from the list is no acceptance: only a connection is one. Where they invited the account, nobody knows what became of its own. */
export function judgeAcceptance(answer: unknown): CountFound {
  const read = InvitationAnswer.safeParse(answer);
  if (!read.success) return {};
  const { invitation_state: state, invitation_type: type, member_distance: distance } = read.data;
  if (type === "RECEIVED") return {};
  if (state === "ACCEPTED" || distance === 1) return { accepted: true };
  if (state === "PENDING" && type === "SENT") return { accepted: false, pendingId: idOf(read.data.invitation_id) };
  return state === "NO_INVITATION" && type == null ? { accepted: false } : {};
}

/** An id as text; empty for a number that has lost its last digits, and for what is no id. */
function idOf(id: unknown): string {
  const text = typeof id === "number" && !Number.isSafeInteger(id) ? "" : String(id ?? "");
  return /^\d{1,40}$/.test(text) ? text : "";
}
