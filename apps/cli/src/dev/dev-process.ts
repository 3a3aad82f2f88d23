/** One process of `linkup dev`: started, told apart in the output, restarted, stopped. It stops nothing that it did not start. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { LinkupError } from "@linkup-queue/contracts";

export type DevLine = Readonly<Record<string, unknown>>;

export type DevProcessOptions = {
  name: string;
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  folder: string;
  /** Every line of output: parsed where it is a JSON object, `{ raw }` otherwise. */
  onLine: (name: string, line: DevLine) => void;
  /** It ended though nobody asked it to. */
  onDeath: (name: string, how: string) => void;
};

const READY_WITHIN_MS = 60_000;
/** Calls to the sandbox are short; whoever needs longer is killed. */
const STOP_WITHIN_MS = 8_000;

export class DevProcess {
  readonly #options: DevProcessOptions;
  #child: ChildProcess | null = null;
  #stopping = false;

  constructor(options: DevProcessOptions) {
    this.#options = options;
  }

  /** Starts it and resolves with the line that says ready. Rejects when it ends or stays silent before. */
  async start(): Promise<DevLine> {
    const { name, command, args, env, folder } = this.#options;
    this.#stopping = false;
    // A group of its own: Ctrl-C reaches `dev` alone, which stops the processes in order.
    const child = spawn(command, [...args], { cwd: folder, env: { ...env }, stdio: ["ignore", "pipe", "pipe"], detached: true });
    this.#child = child;
    child.once("exit", (code, signal) => {
      if (this.#child === child) this.#child = null;
      if (!this.#stopping) this.#options.onDeath(name, signal ?? `status ${code}`);
    });
    return await new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new LinkupError("internal_error", `${name} ${why}; its output above says why`));
      const timer = setTimeout(() => fail("was not ready in time"), READY_WITHIN_MS);
      const settle = () => clearTimeout(timer);
      child.once("error", (error) => fail(`could not be started (${error.message})`));
      child.once("exit", () => {
        settle();
        fail("ended before it was ready");
      });
      for (const stream of [child.stdout, child.stderr]) {
        if (stream === null) continue;
        createInterface({ input: stream }).on("line", (text) => {
          const line = parseLine(text);
          this.#options.onLine(name, line);
          if (!isReady(line)) return;
          settle();
          resolve(line);
        });
      }
    });
  }

  /** Asks it to end, and kills it when it does not. */
  async stop(): Promise<void> {
    const child = this.#child;
    this.#stopping = true;
    if (child === null) return;
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
    await gone;
    clearTimeout(timer);
  }

  /** At once and without waiting: for the second Ctrl-C and the end of the process. */
  kill(): void {
    this.#stopping = true;
    this.#child?.kill("SIGKILL");
  }
}

function isReady({ msg, raw }: DevLine): boolean {
  // Redis says "Ready to accept connections".
  return [msg, raw].some((text) => typeof text === "string" && /\bready\b/i.test(text));
}

function parseLine(text: string): DevLine {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Redis and Node's own messages are no JSON.
  }
  return { raw: text };
}
