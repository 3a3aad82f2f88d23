/** One `linkup dev` at a time in a folder: two Redis servers over the same files would destroy them. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LinkupError } from "@linkup-queue/contracts";

/** Takes the folder, making it where it is not there. Answers what gives it back. Throws LinkupError `conflict` while another process has it. */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, "dev.pid");
  for (let turn = 0; turn < 2; turn++) {
    try {
      writeFileSync(path, `${process.pid}\n`, { flag: "wx" });
      return () => rmSync(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      const holder = Number(readFileSync(path, "utf8"));
      if (isAlive(holder)) {
        throw new LinkupError(
          "conflict",
          `linkup dev is running already (process ${holder}); stop it first, or give another folder with --data`,
        );
      }
      rmSync(path, { force: true });
    }
  }
  throw new LinkupError("conflict", "Another linkup dev was started at the same moment");
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}
