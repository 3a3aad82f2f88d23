/**
 * Writes the audit list for this process. A change is told to its caller once its entry is written; calls that come by the thousand are
 * counted here for some seconds, so that a process that dies without a warning takes that much of a count with it, and nothing else.
 */
import type { Audit, AuditEntry } from "@linkup-queue/queue";

export type AuditNote = Omit<AuditEntry, "count">;

/** A count is written after this, ms. */
const COUNTED_MS = 5_000;
/** More kinds of calls are not counted apart at once; another one is written by itself. */
const MOST_COUNTS = 1_000;

export class AuditNotes {
  readonly #audit: Pick<Audit, "write">;
  readonly #onError: (error: unknown) => void;
  readonly #counts = new Map<string, AuditEntry>();
  #timer: NodeJS.Timeout | null = null;

  /** `onError` hears of counts that could not be written; they are tried again. */
  constructor(audit: Pick<Audit, "write">, onError: (error: unknown) => void) {
    this.#audit = audit;
    this.#onError = onError;
  }

  /** Writes an entry. Errors: whatever Redis answers. */
  async note(note: AuditNote): Promise<void> {
    await this.#audit.write([{ ...note, count: 1 }]);
  }

  /** Counts a call; it is written with others like it. */
  async count(note: AuditNote): Promise<void> {
    const kind = JSON.stringify(note);
    const known = this.#counts.get(kind);
    if (known === undefined && this.#counts.size >= MOST_COUNTS) return await this.note(note);
    this.#counts.set(kind, { ...note, count: (known?.count ?? 0) + 1 });
    this.#timer ??= setTimeout(() => void this.flush().catch(this.#onError), COUNTED_MS).unref();
  }

  /** Writes what was counted until now. */
  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const entries = [...this.#counts.values()];
    this.#counts.clear();
    try {
      await this.#audit.write(entries);
    } catch (error) {
      for (const { count, ...note } of entries) {
        const kind = JSON.stringify(note);
        this.#counts.set(kind, { ...note, count: count + (this.#counts.get(kind)?.count ?? 0) });
      }
      this.#timer ??= setTimeout(() => void this.flush().catch(this.#onError), COUNTED_MS).unref();
      throw error;
    }
  }

  /** Writes the rest. */
  async close(): Promise<void> {
    await this.flush().catch(this.#onError);
    if (this.#timer !== null) clearTimeout(this.#timer);
  }
}
