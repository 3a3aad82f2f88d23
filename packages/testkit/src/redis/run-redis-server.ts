/** A private redis-server or valkey-server on 127.0.0.1, with its data in the project's ignored folder until it is stopped. */
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../machine/free-port.ts";
import { ServerProcess } from "../machine/server-process.ts";
import type { TestRedis } from "./acquire-redis.ts";

const DATA_ROOT = join(import.meta.dirname, "../../../../.local/redis");
const PORT_TRIES = 5;

/** Settings that the product asks of a Redis, and those of one that may lose everything. Later arguments win over earlier ones. */
export function serverArguments(options: { durable: boolean; args: readonly string[] }): string[] {
  const durability = options.durable ? ["--appendonly", "yes", "--appendfsync", "always"] : ["--appendonly", "no"];
  return ["--maxmemory-policy", "noeviction", "--save", "", ...durability, ...options.args];
}

type ServerOptions = { durable: boolean; args: readonly string[]; env?: Readonly<Record<string, string>> };

/** Starts `serverPath` on a free port. @throws LinkupError `redis_unreachable` when it does not come up. */
export async function runRedisServer(serverPath: string, options: ServerOptions): Promise<TestRedis> {
  await mkdir(DATA_ROOT, { recursive: true });
  const folder = await mkdtemp(join(DATA_ROOT, "r-"));
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const server = new PrivateServer({ serverPath, port, folder, settings: serverArguments(options), env: options.env });
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
  env?: Readonly<Record<string, string>> | undefined;
};

class PrivateServer extends ServerProcess implements TestRedis {
  readonly url: string;
  readonly port: number;
  readonly origin: string;
  readonly #folder: string;

  constructor({ serverPath, port, folder, settings, args, saysReady, env = {} }: Setup) {
    super({
      name: "Redis",
      program: serverPath,
      args: args ?? ["--bind", "127.0.0.1", "--port", String(port), "--dir", folder, "--daemonize", "no", ...settings],
      folder,
      options: { env: { ...process.env, ...env } },
      ...(saysReady === undefined ? {} : { saysReady }),
      code: "redis_unreachable",
      signals: { stop: "SIGTERM", kill: "SIGKILL" },
    });
    this.#folder = folder;
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.origin = `${serverPath} on port ${port}`;
  }

  override async stop(): Promise<void> {
    await super.stop();
    await rm(this.#kept, { recursive: true, force: true });
  }

  async keepData(): Promise<() => Promise<void>> {
    await rm(this.#kept, { recursive: true, force: true });
    await cp(this.#folder, this.#kept, { recursive: true });
    return async () => {
      await this.kill();
      await rm(this.#folder, { recursive: true, force: true });
      await cp(this.#kept, this.#folder, { recursive: true });
      await this.start();
    };
  }

  get #kept(): string {
    return `${this.#folder}.kept`;
  }
}
