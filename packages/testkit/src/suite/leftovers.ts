/** Finds what a test left behind: child processes, open connections and servers. It looks; it closes nothing. */
import { readdirSync, readFileSync } from "node:fs";

/** Handles that keep a process reachable or alive. Timers and files are left out: the test runner has its own. */
const RESOURCES = ["TCPSocketWrap", "TCPServerWrap", "TLSWrap", "ProcessWrap", "UDPWrap"];

export type Leftovers = { children: string[]; resources: Record<string, number> };

/** The children of this process (Linux only; elsewhere those that Node still waits for) and its open connections and servers. */
export function findLeftovers(): Leftovers {
  const resources: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo()) {
    if (RESOURCES.includes(name)) resources[name] = (resources[name] ?? 0) + 1;
  }
  return { children: readChildren(), resources };
}

function readChildren(): string[] {
  const children: string[] = [];
  for (const entry of process.platform === "linux" ? readdirSync("/proc") : []) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, "utf8");
      // "pid (command) state ppid ...": the command may itself hold brackets and spaces.
      const parent = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
      if (parent !== process.pid) continue;
      const command = readFileSync(`/proc/${entry}/cmdline`, "utf8").split("\0").join(" ").trim();
      children.push(`${entry} ${command.slice(0, 160)}`);
    } catch {
      // It ended between the two looks.
    }
  }
  return children;
}

/** The entries of `now` that were not there `before`, one line each; empty when nothing is left. */
export function compareLeftovers(before: Leftovers, now: Leftovers): string[] {
  const lines = now.children.filter((child) => !before.children.includes(child)).map((child) => `process ${child}`);
  for (const [name, count] of Object.entries(now.resources)) {
    const more = count - (before.resources[name] ?? 0);
    if (more > 0) lines.push(`${more} x ${name}`);
  }
  return lines;
}
