/**
 * Ends of jobs noted outside of Redis, beside the notes of the state: one line each, in a file per worker that only grows, and begins anew when it is full. Lines
 * are not flushed to the disk: they outlive the worker's process, not a power loss.
 */
import { type FileHandle, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { EndLine } from "@linkup-queue/queue";

const FORM = "linkup-ends";
/** Lines of one file; the file before it is kept, too. About 2 MB. */
const MOST_LINES = 10_000;
/** Files that nobody has written to for so long are of no use, ms. */
const OLD_MS = 86_400_000;
/** More lines are not read, nor more files: the latest are. */
const MOST_READ = 100_000;
const MOST_FILES = 1_000;

export type EndsJournal = {
  /** The lines that were there at the start, of all workers of the key, file by file, the file that was written to last at the end. */
  found: readonly EndLine[];
  /** Notes a line, as soon as the lines before it are written. */
  note(line: EndLine): void;
  /** Settles when all is written. */
  close(): Promise<void>;
};

type JournalOptions = { folder: string; keyId: string; worker: string; onError: (error: unknown) => void };

/** Reads what workers of this key noted in the folder, which is there. Lines that can't be read tell nothing. */
export async function openEndsJournal({ folder, keyId, worker, onError }: JournalOptions): Promise<EndsJournal> {
  const own = join(folder, `${FORM}.${keyId}.${worker}.ndjson`);
  const before = join(folder, `${FORM}.${keyId}.${worker}.before.ndjson`);
  const names = (await readdir(folder)).filter((name) => name.startsWith(`${FORM}.${keyId}.`) && name.endsWith(".ndjson"));
  const found = await readFiles(names.map((name) => join(folder, name)));
  let pending: string[] = [];
  let lines = 0;
  let writing: Promise<void> | null = null;
  let file: FileHandle | null = null;
  const leave = async () => {
    await file?.close();
    file = null;
  };
  const write = async () => {
    while (pending.length > 0) {
      const batch = pending;
      pending = [];
      file ??= await open(own, "a", 0o600);
      await file.write(batch.join(""));
      lines += batch.length;
      if (lines < MOST_LINES) continue;
      await leave();
      await rename(own, before);
      lines = 0;
    }
  };
  return {
    found,
    note: (line) => {
      pending.push(`${JSON.stringify(line)}\n`);
      writing ??= write()
        .catch(onError)
        .finally(() => {
          writing = null;
        });
    },
    close: async () => {
      await writing;
      await leave();
    },
  };
}

/** The lines of these files; those that are of no use any more are removed. */
async function readFiles(paths: readonly string[]): Promise<EndLine[]> {
  const files: { path: string; mtimeMs: number }[] = [];
  for (const path of paths) {
    const mtimeMs = await stat(path).then(
      (one) => one.mtimeMs,
      () => 0,
    );
    if (Date.now() - mtimeMs > OLD_MS) await rm(path, { force: true });
    else files.push({ path, mtimeMs });
  }
  // Of one moment, the file before comes before its own: its name is the lower.
  files.sort((a, b) => b.mtimeMs - a.mtimeMs || (a.path < b.path ? 1 : -1));
  const latestFirst: EndLine[][] = [];
  let count = 0;
  for (const { path } of files.slice(0, MOST_FILES)) {
    if (count >= MOST_READ) break;
    const lines = await readLines(path);
    count += lines.length;
    latestFirst.push(lines);
  }
  return latestFirst.reverse().flat();
}

/** The lines of a file; one that was cut off by a power loss, or that another version wrote, is none. */
async function readLines(path: string): Promise<EndLine[]> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").flatMap((line) => {
    try {
      const read = EndLine.safeParse(JSON.parse(line));
      return read.success ? [read.data] : [];
    } catch {
      return [];
    }
  });
}
