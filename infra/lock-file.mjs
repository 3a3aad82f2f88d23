/** One set-up at a time: a second command waits for the first. The lock of a holder that died is taken over at once. */
import { tryLock } from "../apps/cli/src/dev/process-lock.mjs";

/**
 * Runs `work` while holding the lock at `path`, a name in a folder of this machine.
 * @template T
 * @param {string} path @param {() => Promise<T>} work @param {(holder: number | null) => void} [tellWaiting] Called once when another holds it.
 * @returns {Promise<T>}
 */
export async function withLock(path, work, tellWaiting = () => {}) {
  for (let told = false; ; told = true) {
    const taken = await tryLock(path);
    if ("held" in taken) {
      try {
        return await work();
      } finally {
        taken.held.release();
      }
    }
    if (!told) tellWaiting(taken.holder.pid);
    await taken.holder.gone();
  }
}
