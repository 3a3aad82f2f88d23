/** The processor's time of a process, as Linux tells it. */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Linux tells it in hundredths of a second, whatever the kernel's own clock. */
const TICK_MS = 10;

/** The processor's time of a process since it began, ms; of all its threads. */
export async function cpuMsOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  // The program's name stands in brackets and may hold spaces; the 12th and 13th field after it are the times in user and system mode.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The share of one core that a process used over the next `forMs`. */
export async function coreShareOf(pid: number, forMs: number): Promise<number> {
  const [cpuMs, fromMs] = [await cpuMsOf(pid), performance.now()];
  await sleep(forMs);
  return ((await cpuMsOf(pid)) - cpuMs) / (performance.now() - fromMs);
}
