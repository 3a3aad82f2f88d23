/**
 * Runs one process of ours (worker, api, sandbox) as an operator would: JSON lines on stdout, ready when it says so, killed at will.
 * It inherits PATH and HOME and nothing else, so that settings in the developer's shell don't decide a test.
 */
import { spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { createInterface } from "node:readline";
import { LinkupError } from "@linkup-queue/contracts";
import { WAIT_MS } from "../suite/wait-for.ts";
import { dieWithParent } from "./die-with-parent.ts";

/** One line of stdout; a line that is no JSON object comes as `{ raw }`. */
export type LogLine = Readonly<Record<string, unknown>>;
export type ExitStatus = { code: number | null; signal: NodeJS.Signals | null };

export type ProcessOptions = {
  /** Default: the Node that runs this. */
  command?: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  /** Tells the line that means ready; default: the first whose `msg` has the word "ready". */
  readyLine?: (line: LogLine) => boolean;
  /** Default `WAIT_MS`. */
  readyTimeoutMs?: number;
};

export type SpawnedProcess = {
  pid: number;
  /** The line that meant ready. */
  ready: LogLine;
  /** Every line so far; it grows. */
  lines: readonly LogLine[];
  /** The text on stderr so far. */
  stderr: () => string;
  /** The first line, past or to come, that `match` accepts. Rejects when the process ends or `timeoutMs` (`WAIT_MS`) passes before. */
  waitForLine: (match: (line: LogLine) => boolean, options: { what: string; timeoutMs?: number }) => Promise<LogLine>;
  /** Sends a signal and waits for the end; default SIGTERM. For SIGSTOP and SIGCONT use `signal`. */
  kill: (signal?: NodeJS.Signals) => Promise<ExitStatus>;
  signal: (signal: NodeJS.Signals) => void;
  exited: Promise<ExitStatus>;
};

const saysReady = (line: LogLine): boolean => typeof line.msg === "string" && /\bready\b/i.test(line.msg);

/**
 * Starts a process and waits until it is ready. The process is killed when this one dies.
 * @throws LinkupError when it ends or stays silent for `readyTimeoutMs` (default `WAIT_MS`) before its ready line.
 */
export async function spawnProcess(options: ProcessOptions): Promise<SpawnedProcess> {
  const command = options.command ?? process.execPath;
  const name = [command, ...options.args].join(" ");
  const child = spawn(command, [...options.args], {
    env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    // Its own group: Ctrl-C in a terminal reaches the parent alone, which decides in which order to stop.
    detached: true,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  try {
    await once(child, "spawn");
  } catch (thrown) {
    throw new LinkupError("internal_error", `Could not start: ${name}`, { cause: thrown });
  }
  const pid = child.pid ?? 0;
  const watch = dieWithParent(pid);

  const lines: LogLine[] = [];
  const arrivals = new EventEmitter();
  arrivals.setMaxListeners(0);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-20_000);
  });
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = parseLine(text);
    lines.push(line);
    arrivals.emit("line", line);
  });

  const exited = new Promise<ExitStatus>((resolve) => {
    child.once("close", (code, signal) => {
      void watch.release().then(() => {
        resolve({ code, signal });
        arrivals.emit("end");
      });
    });
  });

  const waitForLine: SpawnedProcess["waitForLine"] = (match, { what, timeoutMs = WAIT_MS }) =>
    new Promise((resolve, reject) => {
      const past = lines.find(match);
      if (past !== undefined) return resolve(past);
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        arrivals.off("line", onLine);
        arrivals.off("end", onEnd);
        settle();
      };
      const fail = (why: string): void =>
        finish(() => reject(new LinkupError("internal_error", `${name} ${why} before ${what}\n${tail(lines, stderr)}`)));
      const onLine = (line: LogLine): void => {
        if (match(line)) finish(() => resolve(line));
      };
      const onEnd = (): void => fail(`ended (${child.signalCode ?? child.exitCode})`);
      const timer = setTimeout(() => fail(`took more than ${timeoutMs} ms`), timeoutMs);
      arrivals.on("line", onLine);
      arrivals.on("end", onEnd);
      if (child.exitCode !== null || child.signalCode !== null) void exited.then(onEnd);
    });

  const kill: SpawnedProcess["kill"] = (signal = "SIGTERM") => {
    child.kill(signal);
    return exited;
  };

  try {
    const ready = await waitForLine(options.readyLine ?? saysReady, { timeoutMs: options.readyTimeoutMs ?? WAIT_MS, what: "it was ready" });
    return { pid, ready, lines, stderr: () => stderr, waitForLine, kill, signal: (signal) => void child.kill(signal), exited };
  } catch (thrown) {
    await kill("SIGKILL");
    throw thrown;
  }
}

function parseLine(text: string): LogLine {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Not every line of a process that is in trouble is JSON.
  }
  return { raw: text };
}

function tail(lines: readonly LogLine[], stderr: string): string {
  return [...lines.slice(-10).map((line) => JSON.stringify(line)), stderr.slice(-2_000)].join("\n");
}
