/** Runs a command with the project's own tools, Node 24 among them, first on the path. Nothing phones home. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { delimiter, join } from "node:path";

/** The project's folder. */
export const ROOT = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");

/** @returns {NodeJS.ProcessEnv} */
export function childEnvironment() {
  const path = [join(ROOT, "node_modules/.bin"), process.env["PATH"] ?? ""].join(delimiter);
  return { ...process.env, PATH: path, TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1", DO_NOT_TRACK: "1" };
}

/** @param {number | null} code @param {NodeJS.Signals | null} signal The shell's convention: 128 and the signal's number. */
function exitStatus(code, signal) {
  return signal === null ? (code ?? 1) : 128 + constants.signals[signal];
}

/**
 * Runs a command in the foreground and resolves with its exit status. Signals meant for us are the child's to answer.
 * @param {string} command @param {string[]} args @param {Record<string, string>} [env]
 * @returns {Promise<number>}
 */
export function runChild(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, env: { ...childEnvironment(), ...env }, stdio: "inherit" });
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => {
      // Ctrl-C in a terminal reaches the child without our help; twice would mean "at once" to it.
      if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"]);
    for (const signal of signals) process.on(signal, pass);
    const settle = () => {
      for (const signal of signals) process.off(signal, pass);
    };
    child.once("error", (error) => {
      settle();
      reject(new Error(`Could not run ${command}: ${error.message}`));
    });
    child.once("close", (code, signal) => {
      settle();
      resolve(exitStatus(code, signal));
    });
  });
}

/**
 * Runs a command and resolves with its exit status and all that it printed.
 * @param {string} command @param {string[]} args @param {Record<string, string>} [env]
 * @returns {Promise<{ status: number, text: string }>}
 */
export function captureChild(command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, env: { ...childEnvironment(), ...env }, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
    }
    child.once("error", (error) => resolve({ status: 127, text: error.message }));
    child.once("close", (code, signal) => resolve({ status: exitStatus(code, signal), text }));
  });
}

/** @param {number} sinceMs A reading of `performance.now()`. */
export function secondsSince(sinceMs) {
  return `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;
}
