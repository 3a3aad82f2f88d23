/**
 * The highest that this process has seen of the state in Redis. Scripts are handed it, and one that finds less knows that the state was taken back: an older
 * file, a replica that lacked the last writes, a flush. Only what no failover takes back may be learned.
 */
import { z } from "zod";

const count = z.int().min(0);

/** `line`: the name of the state; a restore begins another. `marks`: calls that left, `beats`: beats of workers, both as counted in it. */
export const Seen = z.object({ line: z.string().min(1).max(200), marks: count, beats: count });
export type Seen = z.infer<typeof Seen>;

/** As in check-state.lua: the call that a doubtful job may have made. */
const LOST_CALL = "~lost";

/** Whether nobody knows of this call, and it may have been made in the time that was lost. */
export function isLostCall(callId: string): boolean {
  return callId.endsWith(LOST_CALL);
}

export class SeenState {
  #seen: Seen | null = null;

  /** Undefined before anything was seen. */
  get value(): Seen | undefined {
    return this.#seen ?? undefined;
  }

  /** Takes a state for seen. Another line takes the place of the former, which a restore has ended. */
  learn(seen: Seen): void {
    const { line } = seen;
    const before = this.#seen?.line === line ? this.#seen : { marks: 0, beats: 0 };
    this.#seen = { line, marks: Math.max(before.marks, seen.marks), beats: Math.max(before.beats, seen.beats) };
  }

  /** A mark of this process, in the line that was seen; of another line nothing is learned. */
  learnMark({ line, marks }: Omit<Seen, "beats">): void {
    if (this.#seen?.line === line) this.learn({ line, marks, beats: this.#seen.beats });
  }
}

/** The highest of each line. */
export function highestOf(all: readonly Seen[]): Seen[] {
  const lines = new Map<string, SeenState>();
  for (const seen of all) {
    const state = lines.get(seen.line) ?? new SeenState();
    state.learn(seen);
    lines.set(seen.line, state);
  }
  return [...lines.values()].flatMap(({ value }) => value ?? []);
}
