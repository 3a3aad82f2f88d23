/** How far a file or a pipe is read, for the progress line. Pure. */
import type { ProgressState } from "./progress.ts";

export type Reading = {
  /** The things that are counted, in the plural. */
  noun: string;
  done: number;
  rejected: number;
  readBytes: number;
  /** Null when the size is not known: a pipe. */
  totalBytes: number | null;
  elapsedMs: number;
};

/** The state of the line: the rate is the whole run's, and the time left what the rest of the bytes takes at it. */
export function readingProgress({ noun, done, rejected, readBytes, totalBytes, elapsedMs }: Reading): ProgressState {
  const rate = elapsedMs > 0 ? Math.round((done / elapsedMs) * 1_000) : 0;
  const said = `${done} ${noun}${rejected > 0 ? `, ${rejected} refused` : ""}, ${rate}/s`;
  if (totalBytes === null || totalBytes === 0) return { share: null, said, leftMs: null };
  const share = Math.min(1, readBytes / totalBytes);
  return { share, said, leftMs: share > 0 ? (elapsedMs / share) * (1 - share) : 0 };
}
