/** A wall clock of a test's own, for the processes that are given it, which can be set while they run. Their monotonic clocks stay as they are. */
import { execFile } from "node:child_process";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findOnPath } from "./find-on-path.ts";

const run = promisify(execFile);
const FILE = "CLOCK_AHEAD_FILE";

export type SettableClock = {
  /** The part of the environment by which a process has it. */
  environment: Readonly<Record<string, string>>;
  /** Sets it this far ahead of the machine's, ms; below 0: behind. */
  setAhead(ms: number): Promise<void>;
  /** Removes its files; processes that have it are to be gone by then. */
  remove(): Promise<void>;
};

/** The part of this process's environment by which its children have the clock that it was given; null where it has the machine's. */
export function givenClock(): Readonly<Record<string, string>> | null {
  const { LD_PRELOAD: library, [FILE]: file } = process.env;
  return library === undefined || file === undefined ? null : { LD_PRELOAD: library, [FILE]: file };
}

/** Null where none can be made: it takes Linux and a C compiler as `cc`. */
export async function makeSettableClock(): Promise<SettableClock | null> {
  const compiler = process.platform === "linux" ? await findOnPath("cc") : null;
  if (compiler === null) return null;
  const folder = await mkdtemp(join(tmpdir(), "linkup-clock-"));
  const library = join(folder, "clock.so");
  const file = join(folder, "ahead");
  const remove = async () => await rm(folder, { recursive: true, force: true });
  try {
    await run(compiler, ["-shared", "-fPIC", "-O2", "-o", library, join(import.meta.dirname, "settable-clock.c")]);
    await writeFile(file, bytesOf(0));
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    environment: { LD_PRELOAD: library, [FILE]: file },
    // In place: whoever has the file in memory sees it.
    setAhead: async (ms) => {
      const opened = await open(file, "r+");
      try {
        await opened.write(bytesOf(ms), 0, 8, 0);
      } finally {
        await opened.close();
      }
    },
    remove,
  };
}

/** As the machine's processor has a number of eight bytes, microseconds. */
function bytesOf(ms: number): Uint8Array {
  return new Uint8Array(BigInt64Array.of(BigInt(Math.round(ms * 1_000))).buffer);
}
