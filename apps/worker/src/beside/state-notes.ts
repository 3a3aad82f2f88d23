/**
 * Notes of the state in Redis, kept outside of it: a small file per worker with the highest that it has seen. So a state that was taken back while all workers
 * were down is noticed by the first that starts. A note holds no secret and no person.
 */
import { constants } from "node:fs";
import { access, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { LinkupError } from "@linkup-queue/contracts";
import { Seen } from "@linkup-queue/queue";
import type { Logger } from "pino";
import { z } from "zod";

const Note = z.object({ v: z.literal(1), keyId: z.string(), ...Seen.shape });
const FORM = "linkup-state";
/** Notes of workers that have not written for so long are another's to keep, ms. */
const OLD_MS = 86_400_000;
/** More are not read. */
const MOST_NOTES = 1_000;

export type StateNotes = {
  /** The notes that were there at the start. */
  found: readonly Seen[];
  /** Replaces this worker's note. Throws what the file system says. */
  write(seen: Seen): Promise<void>;
};

type NotesOptions = { folder: string; keyId: string; worker: string; log: Pick<Logger, "warn"> };

/** Reads the notes of this key in the folder, which it creates. Throws `configuration_invalid` where it may not write there. */
export async function openStateNotes({ folder, keyId, worker, log }: NotesOptions): Promise<StateNotes> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
    .then(() => access(folder, constants.R_OK | constants.W_OK | constants.X_OK))
    .catch((thrown: unknown) => {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      throw new LinkupError(
        "configuration_invalid",
        `LINKUP_STATE_DIR: nothing can be noted in ${folder} (${why}). Give this user a folder that it may write to`,
      );
    });
  const ownName = `${FORM}.${keyId}.${worker}.json`;
  const names = (await readdir(folder))
    .filter((name) => name.startsWith(`${FORM}.${keyId}.`) && name.endsWith(".json"))
    .slice(0, MOST_NOTES);
  const found: Seen[] = [];
  const readable: string[] = [];
  for (const name of names) {
    const note = await readNote(join(folder, name), keyId);
    if (note === null) {
      log.warn(
        { file: join(folder, name) },
        "a note of the state in Redis can't be read and tells nothing; remove it once you know that Redis is not older than it was",
      );
    } else {
      found.push(note);
      readable.push(name);
    }
  }
  let isTidy = false;
  return {
    found,
    write: async (seen) => {
      await replace(folder, { name: ownName, text: `${JSON.stringify({ v: 1, keyId, ...seen })}\n` });
      if (isTidy) return;
      isTidy = true;
      // This worker looked at them when it started, and its own note holds as much by now.
      for (const name of readable) await removeOld(join(folder, name));
    },
  };
}

/** Null for a file that is no note of this key. */
async function readNote(path: string, keyId: string): Promise<Seen | null> {
  const text = await readFile(path, "utf8").catch(() => "");
  try {
    const { v: _v, keyId: noted, ...seen } = Note.parse(JSON.parse(text));
    return noted === keyId ? seen : null;
  } catch {
    return null;
  }
}

/** Whole or not at all, also after a power loss. */
async function replace(folder: string, { name, text }: { name: string; text: string }): Promise<void> {
  const path = join(folder, name);
  const draft = `${path}.draft`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  const directory = await open(folder, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function removeOld(path: string): Promise<void> {
  const isOld = await stat(path).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > OLD_MS,
    () => false,
  );
  if (isOld) await rm(path, { force: true });
}
