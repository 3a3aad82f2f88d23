/** LinkedIn in a simulated world, as reads show it: messages and invitations that were sent there, and older ones from before. */
import { START_MS } from "@linkup-queue/testkit";
import type { VirtualTime } from "../machine/virtual-time.ts";

export const LOOKS = ["message.conversation", "invitation.status", "profile.me"] as const;
export type Look = (typeof LOOKS)[number];

export function isLookFor(operation: string): operation is Look {
  return LOOKS.some((look) => look === operation);
}

/** Something that is done late is seen at most so long after its request arrived, ms: less than the time between two looks. */
const LATE_MS = 7_000;
const BEFORE_MS = 3_600_000;

type Side = { account: string; person: string };
type Kept = Side & { text: string; seenFromMs: number };

export class Memory {
  readonly #time: VirtualTime;
  readonly #messages: Kept[] = [];
  readonly #invitations: Kept[] = [];

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** Keeps a write that was done; a late one is seen some seconds after. */
  keep(operation: string, { account, person, body, isLate }: Side & { body: Readonly<Record<string, unknown>>; isLate: boolean }): void {
    const kept = { account, person, text: String(body["message_text"] ?? ""), seenFromMs: this.#time.nowMs + (isLate ? LATE_MS : 0) };
    if (operation === "message.send") this.#messages.push(kept);
    if (operation === "invitation.send") this.#invitations.push(kept);
  }

  /** The data of a read's answer, as it is seen now. */
  look(operation: Look, side: Side): Record<string, unknown> {
    switch (operation) {
      case "profile.me":
        return nameOf(side.account);
      case "invitation.status":
        return this.#invitation(side);
      case "message.conversation":
        return this.#conversation(side);
    }
  }

  #seen(kept: readonly Kept[], { account, person }: Side): Kept[] {
    return kept.filter((one) => one.account === account && one.person === person && one.seenFromMs <= this.#time.nowMs);
  }

  /** Every third person was invited long ago, and did not answer. */
  #invitation(side: Side): Record<string, unknown> {
    const isPending = Number(side.person.split("-").at(-1)) % 3 === 0 || this.#seen(this.#invitations, side).length > 0;
    return { invitation_state: isPending ? "PENDING" : "NO_INVITATION", invitation_type: isPending ? "SENT" : null, member_distance: 2 };
  }

  /** Every second person was sent the same text an hour ago; everybody answered then. */
  #conversation(side: Side): Record<string, unknown> {
    const row = (text: string, timestamp: number, sender: string) => ({ text, timestamp, sender_info: nameOf(sender) });
    const older = Number(side.person.split("-").at(-1)) % 2 === 0 ? [row(`Hello ${side.person}`, START_MS - BEFORE_MS, side.account)] : [];
    const messages = [
      ...older,
      row("Thank you", START_MS - BEFORE_MS + 1, side.person),
      ...this.#seen(this.#messages, side).map(({ text, seenFromMs }) => row(text, seenFromMs, side.account)),
    ];
    return { conversation_id: side.person, messages, total_other_member_message_count: 1, has_next_page: false };
  }
}

function nameOf(member: string): { first_name: string; last_name: string } {
  return { first_name: member, last_name: "Doe" };
}
