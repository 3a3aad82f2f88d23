/** One set-up at a time: a second command waits for the first. A lock whose holder died is taken over. */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const EVERY_MS = 200;

/**
 * Runs `work` while holding the lock file at `path`.
 * @template T
 * @param {string} path @param {() => Promise<T>} work @param {(holder: number) => void} [tellWaiting] Called once when another holds it.
 * @returns {Promise<T>}
 */
export async function withLock(path, work, tellWaiting = () => {}) {
  await mkdir(dirname(path), { recursive: true });
  let told = false;
  while (!(await tryLock(path))) {
    const holder = await readHolder(path);
    if (holder !== null && !isAlive(holder)) {
      await takeAway(path, holder);
      continue;
    }
    if (!told && holder !== null) {
      tellWaiting(holder);
      told = true;
    }
    await sleep(EVERY_MS);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

/** @param {string} path */
async function tryLock(path) {
  try {
    await writeFile(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (thrown) {
    if (/** @type {NodeJS.ErrnoException} */ (thrown).code === "EEXIST") return false;
    throw thrown;
  }
}

/** @param {string} path */
async function readHolder(path) {
  const text = await readFile(path, "utf8").catch(() => "");
  return /^\d+$/.test(text) ? Number(text) : null;
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return /** @type {NodeJS.ErrnoException} */ (thrown).code === "EPERM";
  }
}

/**
 * Of several that find the same dead holder only one can rename its file; one that renamed a living holder's by bad luck puts it back.
 * @param {string} path @param {number} holder
 */
async function takeAway(path, holder) {
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  if ((await readHolder(aside)) === holder) await rm(aside, { force: true });
  else await rename(aside, path);
}
