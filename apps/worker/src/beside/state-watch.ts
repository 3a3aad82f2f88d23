/**
 * The highest that this worker has seen of the state in Redis, learned and noted outside of it at the start, on each beat and at the end. Only what no failover takes back
 * counts; and while the state is lost nothing of it does, so that what was seen before stays known.
 */
import type { Engine, KeyState, Seen } from "@linkup-queue/queue";
import type { StateNotes } from "./state-notes.ts";

type Parts = { engine: Pick<Engine, "confirmed" | "seen">; notes: StateNotes | null };

export class StateWatch {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Takes a step that reads the key, and learns from its answer once that is confirmed: a failover after it must not look like a loss. Throws what the step throws. */
  async take<Key extends Pick<KeyState, "seen" | "lost">>(step: () => Promise<Key>): Promise<Key> {
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

  /** Notes what was seen. Throws what the file system says. */
  async note(): Promise<void> {
    const { engine, notes } = this.#parts;
    const seen: Seen | undefined = engine.seen.value;
    if (notes !== null && seen !== undefined) await notes.write(seen);
  }
}
