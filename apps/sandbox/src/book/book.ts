/** All that the provider remembers: keys, journal, meter, accounts, invitations, conversations, effects. A reset opens a new book; calls in flight end in theirs. */
import { Accounts } from "./accounts.ts";
import { Conversations } from "./conversations.ts";
import { Effects } from "./effects.ts";
import { fingerprint } from "./fingerprint.ts";
import { Invitations } from "./invitations.ts";
import { Journal } from "./journal.ts";
import { KeyAccount, Meter } from "./meter.ts";

export class Book {
  readonly accounts = new Accounts();
  readonly effects = new Effects();
  readonly conversations: Conversations;
  readonly invitations = new Invitations();
  readonly journal: Journal;
  readonly keys = new Map<string, KeyAccount>();
  readonly meter = new Meter();

  /** `epochMs`: wall clock at arrivalMs 0. `journalCapacity`: lines that are kept. */
  constructor(epochMs: number, journalCapacity: number) {
    this.conversations = new Conversations(epochMs);
    this.journal = new Journal(epochMs, journalCapacity);
  }

  /** The account of a key, opened with this balance at its first call. */
  key(apiKey: string, balance: number | null): KeyAccount {
    const known = this.keys.get(apiKey);
    if (known !== undefined) return known;
    const opened = new KeyAccount(fingerprint(apiKey), balance);
    this.keys.set(apiKey, opened);
    return opened;
  }

  setBalances(balance: number | null): void {
    for (const key of this.keys.values()) key.balance = balance;
  }
}
