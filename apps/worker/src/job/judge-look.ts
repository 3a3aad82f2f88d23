/**
 * From the answer to a look to what it saw of a write that may have been done. Pure. In doubt it is `unclear`: a write that is called done, or not done, and was not, costs a
 * person a message, or sends them a second one.
 */
import { type InvitationSign, textDigest } from "@linkup-queue/queue";
import { z } from "zod";
import { MOMENT, nameDigest, nameOf } from "./message-rows.ts";

/** `output`: what its answer would have said, as far as the look shows. `absent`: it was not there when the look was made. */
export type Sight = { kind: "happened"; output: Readonly<Record<string, unknown>> } | { kind: "absent" } | { kind: "unclear" };

const UNCLEAR: Sight = { kind: "unclear" };
const ABSENT: Sight = { kind: "absent" };

/** The answer of `invitation.status`. */
export const InvitationAnswer = z.looseObject({
  invitation_state: z.string(),
  invitation_type: z.string().nullish(),
  member_distance: z.number().nullish(),
  invitation_id: z.unknown().optional(),
});

/**
 * An invitation, by `invitation.status`. It may have been out, or accepted, before the write: it counts only where an earlier look found
 * none. `wasAbsent`: one did.
 */
export function judgeInvitation(answer: unknown, { wasAbsent }: { wasAbsent: boolean }): Sight {
  const read = InvitationAnswer.safeParse(answer);
  if (!read.success) return UNCLEAR;
  const { invitation_state: state, invitation_type: type, member_distance: distance } = read.data;
  if (state === "NO_INVITATION") return type == null && distance !== 1 ? ABSENT : UNCLEAR;
  const isOurs = (state === "PENDING" && type === "SENT") || (state === "ACCEPTED" && type !== "RECEIVED");
  return isOurs && wasAbsent ? { kind: "happened", output: {} } : UNCLEAR;
}

/** The sign that a look gives of the account's invitation to a person; undefined where it leaves that open. */
export function signOf(answer: unknown): InvitationSign | undefined {
  const read = InvitationAnswer.safeParse(answer);
  if (!read.success) return undefined;
  const { invitation_state: state, invitation_type: type, member_distance: distance } = read.data;
  if (type === "RECEIVED") return state === "PENDING" ? "received" : undefined;
  if (state === "ACCEPTED" || type === "CONNECTED") return distance == null || distance === 1 ? "accepted" : undefined;
  // Connected, and no word of an invitation: not a state that is known.
  if (distance === 1) return undefined;
  if (state === "PENDING") return type === "SENT" ? "not_accepted" : undefined;
  return state === "NO_INVITATION" && type == null ? "none" : undefined;
}

/** LinkedIn's clock and Redis's may differ by so much, ms: a message that is older by less may be the one. */
const CLOCKS_DIFFER_MS = 60_000;
const Message = z.looseObject({
  text: z.string(),
  timestamp: MOMENT,
  sender: z.string().nullish(),
  sender_info: z.looseObject({ first_name: z.string().nullish(), last_name: z.string().nullish() }).nullish(),
  entity_urn: z.string().nullish(),
});
const Conversation = z.looseObject({
  conversation_id: z.string().nullish(),
  messages: z.array(Message),
  total_other_member_message_count: z.number().nullish(),
  has_next_page: z.boolean().nullish(),
});

/** `sinceMs`: the write's first byte left no sooner; null where that is not known. `fromMs`: a message that is older can't be it. `text`: a digest of its text. `self`: of its account's own name. */
type Sent = { sinceMs: number | null; fromMs?: number | null; text: string; self: string };

/**
 * A message, by `message.conversation`. Happened: the same text from the account's own side since the write left. Absent: the answer reaches back
 * before that, and holds nothing since then that could be it.
 */
export function judgeMessage(answer: unknown, { sinceMs, fromMs: earliestMs = sinceMs, text, self }: Sent): Sight {
  const read = Conversation.safeParse(answer);
  if (!read.success || sinceMs === null || self === "") return UNCLEAR;
  const { messages, total_other_member_message_count: others, conversation_id, has_next_page } = read.data;
  const rows = messages.map((message) => ({ message, isSame: textDigest(message.text) === text, isOwn: nameOf(message) === self }));
  // Both may bear one name: the account's side is known where somebody else's is, too, or where there is none.
  const sidesAreKnown = others === 0 || rows.some(({ message, isOwn }) => !isOwn && nameOf(message) !== null);
  const found = rows.filter(({ message, isSame, isOwn }) => message.timestamp >= sinceMs && isSame && isOwn).at(-1);
  if (found !== undefined && sidesAreKnown) {
    const { entity_urn, timestamp } = found.message;
    return {
      kind: "happened",
      output: { entityUrn: entity_urn ?? null, conversation_id: conversation_id ?? null, deliveredAt: timestamp },
    };
  }
  const fromMs = (earliestMs ?? sinceMs) - CLOCKS_DIFFER_MS;
  const couldBe = rows.some(({ message, isSame, isOwn }) => message.timestamp >= fromMs && (isSame || isOwn || nameOf(message) === null));
  const reachesBack = rows.some(({ message }) => message.timestamp < fromMs) || (has_next_page === false && rows.length > 0);
  return reachesBack && !couldBe ? ABSENT : UNCLEAR;
}

const OwnProfile = z.looseObject({ first_name: z.string().nullish(), last_name: z.string().nullish() });

/** A digest of the name that an account's own messages bear, from `profile.me`; null where its answer has none. */
export function selfOf(answer: unknown): string | null {
  const { first_name: first, last_name: last } = OwnProfile.safeParse(answer).data ?? {};
  return nameDigest({ first, last });
}
