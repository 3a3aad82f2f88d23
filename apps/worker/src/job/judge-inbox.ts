/**
 * From a page of an account's inbox, and from a conversation that it leaves open, to who answered. Pure. v1 does not say whose a message is: senders are compared by their address with the other member's, and
 * by their name with the account's own. In doubt a conversation is looked at; where that can't tell either, the person counts as one who answered: they are written to no more by campaigns that stop then,
 * which costs a message, and never a message to somebody who said no.
 */
import { canonicalRecipient, LinkupError } from "@linkup-queue/contracts";
import type { InboxAsk } from "@linkup-queue/queue";
import { z } from "zod";
import { digestOfName, MOMENT, nameOf } from "./message-rows.ts";

/** Somebody wrote: at the address of their profile, at that moment, ms. */
export type Answered = { address: string; atMs: number };

/** `asks`: whose side the last message is of is open, or the account's member typed it. `isOld`: nothing on the page is new. */
export type InboxSight = {
  answered: Answered[];
  asks: (InboxAsk & { mayBeOurs: boolean })[];
  isOld: boolean;
  rows: number;
  cursor: string;
};

const Person = z.looseObject({ name: z.string().nullish(), profile_url: z.string().nullish() }).nullish().catch(null);
const Row = z.looseObject({
  conversation_id: z.string().nullish(),
  participant: Person,
  last_message: z.looseObject({ text: z.string().nullish(), time: MOMENT.nullish().catch(null), sender: Person }).nullish(),
});
type Row = z.infer<typeof Row>;
const Inbox = z.looseObject({ conversations: z.array(Row), next_cursor: z.string().nullish() });

type Known = { self: string; sinceMs: number };

/**
 * A page; null for an answer of another shape, which says nothing. A row without a message is the system's, and nobody's. The order of rows decides nothing: only a page without any row that is new ends a
 * reading.
 */
export function judgeInbox(answer: unknown, known: Known): InboxSight | null {
  const read = Inbox.safeParse(answer);
  if (!read.success || known.self === "") return null;
  const { conversations, next_cursor } = read.data;
  const sight: InboxSight = { answered: [], asks: [], isOld: true, rows: conversations.length, cursor: next_cursor ?? "" };
  for (const row of conversations) {
    const { last_message: message, conversation_id: id } = row;
    if (message == null) continue;
    const atMs = message.time ?? null;
    if (atMs !== null && atMs < known.sinceMs) continue;
    sight.isOld = false;
    const side = atMs === null ? "unclear" : sideOf(row, known.self);
    if (atMs !== null && typeof side === "object") sight.answered.push({ address: side.address, atMs });
    else if (id != null && id !== "") {
      sight.asks.push({ id, address: addressOf(row.participant) ?? "", atMs: atMs ?? known.sinceMs, mayBeOurs: side === "own" });
    }
  }
  return sight;
}

/** Whose the last message is: the account's own, somebody's at an address, or open. */
function sideOf({ participant, last_message }: Row, self: string): "own" | "unclear" | { address: string } {
  const sender = last_message?.sender;
  const [from, other] = [addressOf(sender), addressOf(participant)];
  const [name, otherName] = [digestOf(sender), digestOf(participant)];
  // Of two who bear one name the address tells.
  if (from !== null && from === other) return { address: other };
  if (name === self && (from !== null || otherName !== self)) return "own";
  if (from !== null && name !== null) return { address: from };
  return name !== null && name === otherName && name !== self && other !== null ? { address: other } : "unclear";
}

/** The address of somebody's profile in its one spelling; null where it names nobody. */
function addressOf(person: z.infer<typeof Person>): string | null {
  const url = person?.profile_url;
  if (url == null) return null;
  try {
    return canonicalRecipient(url);
  } catch (thrown) {
    if (LinkupError.from(thrown).code === "invalid_input") return null;
    throw thrown;
  }
}

function digestOf(person: z.infer<typeof Person>): string | null {
  return person?.name == null ? null : digestOfName(person.name);
}

const Message = z.looseObject({
  timestamp: MOMENT,
  sender: z.string().nullish(),
  sender_info: z.looseObject({ first_name: z.string().nullish(), last_name: z.string().nullish() }).nullish(),
});
const Conversation = z.looseObject({
  messages: z.array(Message),
  total_other_member_message_count: z.number().nullish(),
  has_next_page: z.boolean().nullish(),
});

/** `answered`: somebody else wrote at that moment, ms. `unclear`: it can't be told. */
export type ConversationSight = { kind: "answered"; atMs: number } | { kind: "none" } | { kind: "unclear" };

/** A conversation: whether somebody else wrote in it since `sinceMs`. Null for an answer that says nothing: of another shape, or an empty list, as v1 gives one for faults. */
export function judgeConversation(answer: unknown, { self, sinceMs }: Known): ConversationSight | null {
  const read = Conversation.safeParse(answer);
  if (!read.success || self === "" || read.data.messages.length === 0) return null;
  const { messages, total_other_member_message_count: others, has_next_page } = read.data;
  const rows = messages.map((message) => ({ atMs: message.timestamp, name: nameOf(message) }));
  const since = rows.filter(({ atMs }) => atMs >= sinceMs);
  const [latest] = since.filter(({ name }) => name !== null && name !== self).sort((one, other) => other.atMs - one.atMs);
  if (latest !== undefined) return { kind: "answered", atMs: latest.atMs };
  if (since.some(({ name }) => name === null)) return { kind: "unclear" };
  // Both may bear one name.
  if ((others ?? 0) > 0 && rows.every(({ name }) => name === self)) return { kind: "unclear" };
  const reachesBack = has_next_page !== true || rows.some(({ atMs }) => atMs < sinceMs);
  return reachesBack ? { kind: "none" } : { kind: "unclear" };
}
