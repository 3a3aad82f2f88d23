/**
 * Sees to it that a process we started does not outlive us, also when we die by SIGKILL and can't clean up.
 * A shell waits on a pipe whose other end we hold: the kernel closes it when we are gone, whatever the reason.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

const WATCH = 'read -r _; kill -9 "$1" 2>/dev/null; [ -z "$2" ] || { sleep 0.1; rm -rf "$2"; }';

export type Watch = {
  /** Ends the watch without touching the process. */
  release: () => Promise<void>;
};

/** Kills `pid`, and removes `folder` when one is named, once the present process is gone. */
export function dieWithParent(pid: number, folder = ""): Watch {
  const shell = spawn("sh", ["-c", WATCH, "watch", String(pid), folder], { stdio: ["pipe", "ignore", "ignore"], detached: true });
  shell.unref();
  unrefStream(shell);
  const gone = once(shell, "exit");
  return {
    release: async () => {
      if (shell.exitCode !== null || shell.signalCode !== null) return;
      shell.ref();
      shell.kill("SIGKILL");
      await gone;
      shell.stdin?.destroy();
    },
  };
}

/** The pipe must not keep this process alive: the watch ends with it. */
function unrefStream(shell: ChildProcess): void {
  const stdin: unknown = shell.stdin;
  if (typeof stdin === "object" && stdin !== null && "unref" in stdin && typeof stdin.unref === "function") stdin.unref();
}
