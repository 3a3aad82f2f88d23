/** Messages of an account with a member: those that were sent here, those that a scenario says were there before, and made-up older ones. */
import type { Scenario } from "../scenario/scenario.ts";

export type Message = { text: string; atMs: number; isOwn: boolean; isUnsigned?: boolean };

/** Messages that are remembered of each conversation, and conversations in all; the oldest are forgotten, so that long benches don't grow. */
const MAX_SENT = 100;
const MAX_CONVERSATIONS = 10_000;
const MADE_UP = 20;
const MINUTE_MS = 60_000;
/** Made-up messages are older than those that a scenario puts before the start. */
const MADE_UP_AGO_MS = 30 * 86_400_000;

export class Conversations {
  readonly #epochMs: number;
  readonly #sent = new Map<string, Message[]>();

  /** `epochMs`: wall clock when the sandbox started. */
  constructor(epochMs: number) {
    this.#epochMs = epochMs;
  }

  /** Keeps a message that the account sent to the member, `target` in its one spelling. */
  send(owner: string, target: string, { text, atMs }: { text: string; atMs: number }): void {
    const key = keyOf(owner, target);
    const sent = this.#sent.get(key) ?? [];
    sent.push({ text, atMs, isOwn: true });
    if (sent.length > MAX_SENT) sent.shift();
    this.#sent.delete(key);
    this.#sent.set(key, sent);
    const oldest = this.#sent.keys().next().value;
    if (this.#sent.size > MAX_CONVERSATIONS && oldest !== undefined) this.#sent.delete(oldest);
  }

  /** The members with whom an account has a conversation that is not made up, each with its latest message, the newest first. */
  latest(owner: string, before: Scenario["messagesBefore"]): { target: string; message: Message }[] {
    const sentTo = [...this.#sent.keys()]
      .filter((key) => key.startsWith(keyOf(owner, "")))
      .map((key) => key.slice(keyOf(owner, "").length));
    const named = before.flatMap(({ email, profile }) => ((email ?? owner) === owner && profile !== undefined ? [profile] : []));
    return [...new Set([...sentTo, ...named])]
      .flatMap((target) => {
        const [message] = this.read(owner, target, before);
        return message === undefined ? [] : [{ target, message }];
      })
      .sort((one, other) => other.message.atMs - one.message.atMs);
  }

  /** All messages of a conversation, the newest first. */
  read(owner: string, target: string, before: Scenario["messagesBefore"]): Message[] {
    const seeded = before
      .filter(({ email, profile }) => (email ?? owner) === owner && (profile ?? target) === target)
      .map(({ text, own, unsigned, agoMs, atMs = this.#epochMs - agoMs }) => ({ text, atMs, isOwn: own, isUnsigned: unsigned }));
    const madeUp = Array.from({ length: MADE_UP }, (_, n) => {
      return { text: `Message ${n}`, atMs: this.#epochMs - MADE_UP_AGO_MS - n * MINUTE_MS, isOwn: n % 2 === 1 };
    });
    // Sorting keeps the order of equal moments, so that of two the later one comes first.
    return [...(this.#sent.get(keyOf(owner, target)) ?? []), ...seeded]
      .reverse()
      .sort((one, other) => other.atMs - one.atMs)
      .concat(madeUp);
  }
}

const keyOf = (owner: string, target: string): string => `${owner}\n${target}`;
