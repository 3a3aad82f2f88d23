/** A private redis-server or valkey-server on 127.0.0.1, with its data in the project's ignored folder until it is stopped. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { LinkupError } from "@linkup-queue/contracts";
import type { TestRedis } from "./acquire-redis.ts";
import { dieWithParent, type Watch } from "./die-with-parent.ts";
import { freePort } from "./free-port.ts";
import { WAIT_MS } from "./wait-for.ts";

const DATA_ROOT = join(import.meta.dirname, "../../../.local/redis");
const PORT_TRIES = 5;
const READY_TIMEOUT_MS = WAIT_MS;
const STOP_TIMEOUT_MS = 5_000;

/** Settings that the product asks of a Redis, and those of one that may lose everything. Later arguments win over earlier ones. */
export function serverArguments(options: { durable: boolean; args: readonly string[] }): string[] {
  const durability = options.durable ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
  return ["--maxmemory-policy", "noeviction", "--save", "", ...durability, ...options.args];
}

/** Starts `serverPath` on a free port. @throws LinkupError `redis_unreachable` when it does not come up. */
export async function runRedisServer(serverPath: string, options: { durable: boolean; args: readonly string[] }): Promise<TestRedis> {
  await mkdir(DATA_ROOT, { recursive: true });
  const folder = await mkdtemp(join(DATA_ROOT, "r-"));
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const server = new PrivateServer({ serverPath, port, folder, settings: serverArguments(options) });
    try {
      await server.start();
      return server;
    } catch (thrown) {
      // Between finding a free port and binding it, someone else may have taken it.
      const portTaken = thrown instanceof Error && /address already in use/i.test(thrown.message);
      if (portTaken && attempt < PORT_TRIES) continue;
      await rm(folder, { recursive: true, force: true });
      throw thrown;
    }
  }
}

/** Starts a sentinel on a free port. `watches`: its settings of the masters that it watches. @throws LinkupError `redis_unreachable`. */
export async function runSentinel(serverPath: string, watches: readonly string[]): Promise<TestRedis> {
  await mkdir(DATA_ROOT, { recursive: true });
  const folder = await mkdtemp(join(DATA_ROOT, "s-"));
  const port = await freePort();
  // A sentinel writes into its file what it learns.
  const file = join(folder, "sentinel.conf");
  await writeFile(file, [`port ${port}`, "bind 127.0.0.1", `dir ${folder}`, ...watches, ""].join("\n"));
  const sentinel = new PrivateServer({ serverPath, port, folder, settings: [], args: [file, "--sentinel"], saysReady: /Sentinel ID is/ });
  await sentinel.start();
  return sentinel;
}

type Setup = {
  serverPath: string;
  port: number;
  folder: string;
  settings: readonly string[];
  /** All of its arguments, in place of those of a server with these settings. */
  args?: readonly string[];
  saysReady?: RegExp;
};

class PrivateServer implements TestRedis {
  readonly url: string;
  readonly port: number;
  readonly origin: string;
  readonly #setup: Setup;
  #child: ChildProcess | null = null;
  #watch: Watch | null = null;

  constructor(setup: Setup) {
    this.#setup = setup;
    this.port = setup.port;
    this.url = `redis://127.0.0.1:${setup.port}`;
    this.origin = `${setup.serverPath} on port ${setup.port}`;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  async start(): Promise<void> {
    const { serverPath, port, folder, settings } = this.#setup;
    const { args = ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--daemonize", "no", ...settings] } = this.#setup;
    const child = spawn(serverPath, args, {
      stdio: ["ignore", "pipe", "pipe"],
      // Its own group: Ctrl-C must not take Redis away from a worker that is still draining.
      detached: true,
    });
    child.unref();
    this.#child = child;
    if (child.pid !== undefined) this.#watch = dieWithParent(child.pid, folder);
    try {
      await untilReady(child, this.#setup.saysReady);
    } catch (thrown) {
      await this.#end("SIGKILL");
      throw thrown;
    }
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
    await rm(this.#setup.folder, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async restart(): Promise<void> {
    await this.#end("SIGTERM");
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
    // A stopped (SIGSTOP) server hears no SIGTERM.
    const impatience = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
    await gone;
    clearTimeout(impatience);
  }
}

/** Resolves at the server's own word that it accepts connections, which with an AOF comes after loading it. */
function untilReady(child: ChildProcess, saysReady = /ready to accept connections/i): Promise<void> {
  const log: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      child.kill("SIGKILL");
      reject(new LinkupError("redis_unreachable", `The private Redis ${why}: ${log.slice(-5).join(" | ")}`));
    };
    const timer = setTimeout(() => fail(`was not ready within ${READY_TIMEOUT_MS} ms`), READY_TIMEOUT_MS);
    child.once("error", (error) => fail(error.message));
    child.once("close", () => fail("ended at once"));
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        if (log.push(line) > 50) log.shift();
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

/** A running Redis must not keep the process that uses it alive; its pipe is read on as long as that lives. */
function unref(stream: unknown): void {
  if (typeof stream === "object" && stream !== null && "unref" in stream && typeof stream.unref === "function") stream.unref();
}
