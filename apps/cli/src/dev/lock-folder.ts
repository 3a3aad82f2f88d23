/** One `linkup dev` at a time in a folder: two Redis servers over the same files would destroy them. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { LinkupError, refuseForeignFolder } from "@linkup-queue/contracts";
import { tryLock } from "./process-lock.mjs";

/** Locks `folder`, creating it if needed. Returns the function that unlocks it. Throws LinkupError `conflict` while another process holds the lock, and for a link or a folder that others may write into. */
export async function lockFolder(folder: string): Promise<() => void> {
  refuseForeignFolder(folder);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const taken = await tryLock(join(folder, "dev.pid"));
  if ("held" in taken) return taken.held.release;
  throw new LinkupError(
    "conflict",
    `linkup dev is running already (process ${taken.holder.pid}); stop it first, or give another folder with --data`,
  );
}
