/** The line that tells how far a long run is: bar, count, rate, time left. For a terminal only; it writes over itself. */
import { bar } from "../bar.ts";
import type { Output } from "../console-io.ts";

export type ProgressState = {
  done: number;
  rejected: number;
  readBytes: number;
  /** Null when the size is not known: a pipe. */
  totalBytes: number | null;
  elapsedMs: number;
};

const DRAW_EVERY_MS = 100;
const BAR_CHARACTERS = 20;
const DEFAULT_COLUMNS = 80;
const CLEAR_LINE = "\r\u001b[K";

/** The line itself. */
export function progressText({ done, rejected, readBytes, totalBytes, elapsedMs }: ProgressState): string {
  const rate = elapsedMs > 0 ? Math.round((done / elapsedMs) * 1_000) : 0;
  const counts = `${done} jobs${rejected > 0 ? `, ${rejected} refused` : ""}, ${rate}/s`;
  if (totalBytes === null || totalBytes === 0) return counts;
  const share = Math.min(1, readBytes / totalBytes);
  const leftMs = share > 0 ? (elapsedMs / share) * (1 - share) : 0;
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  return `${bar(share, 1, BAR_CHARACTERS).padEnd(BAR_CHARACTERS, "░")} ${percent}  ${counts}, ${duration(leftMs)} left`;
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} min`;
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
    if (this.#output.isTTY !== true || nowMs - this.#drawnMs < DRAW_EVERY_MS) return;
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
