/**
 * The highest that this worker has seen of the state in Redis, learned and noted outside of it at the start, on each beat and at the end. Only what no failover takes back
 * counts; and while the state is lost nothing of it does, so that what was seen before stays known. Where the state was lost, this worker settles again what it
 * settled lately: when that is noticed, as it may be stopped before the restore, and in the line that the restore begins, which then knows that it did.
 */
import type { Engine, KeptEnds, KeyState, Seen } from "@linkup-queue/queue";
import type { StateNotes } from "./state-notes.ts";

type Parts = {
  engine: Pick<Engine, "confirmed" | "seen" | "gate" | "outbox">;
  notes: StateNotes | null;
  keptEnds: KeptEnds;
  /** Hears of ends that Redis refuses to settle again. */
  onError: (error: unknown) => void;
};
/** The state as a step that read the key found it. */
type Found = Pick<KeyState, "seen" | "lost">;

export class StateWatch {
  readonly #parts: Parts;
  #settledIn = "";
  #lostSinceMs = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Takes a step that reads the key, and learns from its answer once that is confirmed: a failover after it must not look like a loss. Throws what the step throws. */
  async take<Key extends Found>(step: () => Promise<Key>): Promise<Key> {
    const { engine, notes } = this.#parts;
    let key: Key | null = null;
    const isConfirmed = await engine
      .confirmed(async () => {
        key = await step();
      })
      .then(
        () => true,
        (error: unknown) => {
          if (key === null) throw error;
          return false;
        },
      );
    const taken = key as Key | null;
    if (taken === null) throw new Error("a step that is done has its answer");
    if (taken.lost !== null) {
      const [first] = notes?.found ?? [];
      if (engine.seen.value === undefined && first !== undefined) engine.seen.learn(first);
    } else if (isConfirmed) {
      engine.seen.learn(taken.seen);
    }
    return taken;
  }

  /** The line of the state in which all is settled that this worker settled lately; empty for none yet. */
  get settledIn(): string {
    return this.#settledIn;
  }

  /**
   * Settles again what this worker settled lately, where the state is lost, or another than it was. Answers how many ends the state did not know; null where
   * there was no cause. Throws when Redis can't be asked: it is owed still.
   */
  async settleAgain({ seen, lost }: Found): Promise<number | null> {
    const { engine, keptEnds, onError } = this.#parts;
    if (lost === null ? seen.line === this.#settledIn : lost.sinceMs === this.#lostSinceMs) return null;
    const count = await keptEnds.settleAgain(engine, onError);
    this.#settledIn = lost === null ? seen.line : "";
    this.#lostSinceMs = lost?.sinceMs ?? 0;
    return count;
  }

  /** Notes what was seen. Throws what the file system says. */
  async note(): Promise<void> {
    const { engine, notes } = this.#parts;
    const seen: Seen | undefined = engine.seen.value;
    if (notes !== null && seen !== undefined) await notes.write(seen);
  }
}
