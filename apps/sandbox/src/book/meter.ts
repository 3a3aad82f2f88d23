/** The credit meter: counts what each answered request cost, apart from the journal, and the balance that is left of each key. */
import type { JournalStatus } from "./journal.ts";
import { RateWindow } from "./rate-window.ts";

/** One API key as the provider sees it. */
export class KeyAccount {
  readonly fingerprint: string;
  readonly window = new RateWindow();
  requests = 0;
  refused429 = 0;
  charged = 0;
  /** Null: endless. */
  balance: number | null;

  constructor(keyFingerprint: string, balance: number | null) {
    this.fingerprint = keyFingerprint;
    this.balance = balance;
  }

  charge(credits: number): void {
    this.charged += credits;
    if (this.balance !== null) this.balance = Math.max(0, this.balance - credits);
  }
}

export type LoginCounts = { attempts: number; tokens: number; codesAsked: number; verified: number; refused: number };

export class Meter {
  requests = 0;
  decided = 0;
  charged = 0;
  readonly byStatus = new Map<string, number>();
  readonly byOperation = new Map<string, number>();
  readonly chargedByOperation = new Map<string, number>();
  readonly logins: LoginCounts = { attempts: 0, tokens: 0, codesAsked: 0, verified: 0, refused: 0 };

  arrived(operation: string | null): void {
    this.requests += 1;
    add(this.byOperation, operation ?? "unknown", 1);
  }

  settled(operation: string | null, status: JournalStatus, charged: number): void {
    this.decided += 1;
    add(this.byStatus, String(status), 1);
    this.chargedLate(operation, charged);
  }

  /** A call that was settled before was done after all. */
  chargedLate(operation: string | null, charged: number): void {
    this.charged += charged;
    if (charged > 0) add(this.chargedByOperation, operation ?? "unknown", charged);
  }
}

function add(counts: Map<string, number>, name: string, count: number): void {
  counts.set(name, (counts.get(name) ?? 0) + count);
}
