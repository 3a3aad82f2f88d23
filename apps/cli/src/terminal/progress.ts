/** The line that tells how far a long run is: bar, counts, rate, time left. For a terminal only; it writes over itself. */
import { bar } from "./bar.ts";
import type { Output } from "./console-io.ts";

export type ProgressState = {
  /** How much of it is done, 0 to 1; null when nobody knows. */
  share: number | null;
  /** Counts and rate, in words. */
  said: string;
  /** Null when nobody knows. */
  leftMs: number | null;
};

const DRAW_EVERY_MS = 100;
const BAR_CHARACTERS = 20;
const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = "\r\u001b[K";

/** The line itself. */
export function progressText({ share, said, leftMs }: ProgressState): string {
  const left = leftMs === null ? "" : `, ${duration(leftMs)} left`;
  if (share === null) return `${said}${left}`;
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  return `${bar(share, 1, BAR_CHARACTERS).padEnd(BAR_CHARACTERS, "░")} ${percent}  ${said}${left}`;
}

const twoDigits = (count: number): string => String(count).padStart(2, "0");

/** A stretch of time for people, in the two units that matter. */
export function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${twoDigits(seconds % 60)} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}:${twoDigits(minutes % 60)} h` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export class Progress {
  readonly #output: Output;
  #drawnMs = 0;
  #drawn = false;

  constructor(output: Output) {
    this.#output = output;
  }

  show(state: ProgressState): void {
    const nowMs = performance.now();
    if (this.#output.isTTY !== true || (this.#drawn && nowMs - this.#drawnMs < DRAW_EVERY_MS)) return;
    this.#drawnMs = nowMs;
    this.#drawn = true;
    // A terminal that does not know its width says 0.
    const columns = this.#output.columns || DEFAULT_COLUMNS;
    this.#output.write(`${CLEAR_LINE}${progressText(state).slice(0, columns - 1)}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#drawn) this.#output.write(CLEAR_LINE);
  }
}
