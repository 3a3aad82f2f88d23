/** A server of a test's own: a child process that is ready by its own word, ends with us whatever becomes of us, and takes its folder along. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createInterface } from "node:readline";
import { type ErrorCode, LinkupError } from "@linkup-queue/contracts";
import { WAIT_MS } from "../suite/wait-for.ts";
import { dieWithParent, type Watch } from "./die-with-parent.ts";

const STOP_TIMEOUT_MS = 5_000;
const KEPT_LINES = 50;

export type ServerSetup = {
  /** For people, as `Redis`. */
  name: string;
  program: string;
  args: readonly string[];
  /** Its data, removed when it is stopped. */
  folder: string;
  options?: Pick<SpawnOptions, "uid" | "gid" | "cwd" | "env">;
  /** The line by which it says that it accepts connections. */
  saysReady?: RegExp;
  /** The code of the error when it does not come up. */
  code: ErrorCode;
  /** By which it ends in order, and as by a crash. */
  signals: { stop: NodeJS.Signals; kill: NodeJS.Signals };
};

export class ServerProcess {
  readonly #setup: ServerSetup;
  #child: ChildProcess | null = null;
  #watch: Watch | null = null;

  constructor(setup: ServerSetup) {
    this.#setup = setup;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Throws LinkupError, with the server's last words, when it does not come up. */
  async start(): Promise<void> {
    const { program, args, options, folder } = this.#setup;
    // Its own group: Ctrl-C must not take it away from a worker that is still draining.
    const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"], detached: true });
    child.unref();
    this.#child = child;
    if (child.pid !== undefined) this.#watch = dieWithParent(child.pid, folder);
    try {
      await untilReady(child, this.#setup);
    } catch (thrown) {
      await this.#end("SIGKILL");
      throw thrown;
    }
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    await this.#end(this.#setup.signals.stop);
    await rm(this.#setup.folder, { recursive: true, force: true });
  }

  /** As a crash; `restart` brings it back with its data. */
  async kill(): Promise<void> {
    await this.#end(this.#setup.signals.kill);
  }

  async restart(): Promise<void> {
    await this.#end(this.#setup.signals.stop);
    await this.start();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    await this.#watch?.release();
    this.#watch = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const gone = once(child, "exit");
    child.kill(signal);
    // A stopped (SIGSTOP) server hears no other.
    const impatience = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(impatience);
  }
}

/** Resolves at the server's own word that it accepts connections, which comes after it has loaded its data. */
function untilReady(child: ChildProcess, { name, code, saysReady = /ready to accept connections/i }: ServerSetup): Promise<void> {
  const log: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new LinkupError(code, `The private ${name} ${why}: ${log.slice(-5).join(" | ")}`));
    };
    const timer = setTimeout(() => fail(`was not ready within ${WAIT_MS} ms`), WAIT_MS);
    child.once("error", (error) => fail(error.message));
    child.once("close", () => fail("ended at once"));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        if (log.push(line) > KEPT_LINES) log.shift();
        if (!saysReady.test(line)) return;
        clearTimeout(timer);
        child.removeAllListeners("close");
        unref(child.stdout);
        unref(child.stderr);
        resolve();
      });
    }
  });
}

/** A running server must not keep the process that uses it alive; its pipe is read on as long as that lives. */
function unref(stream: unknown): void {
  if (typeof stream === "object" && stream !== null && "unref" in stream && typeof stream.unref === "function") stream.unref();
}
