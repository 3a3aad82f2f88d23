/** A whole system on this machine against the sandbox: started in order, restarted on change, stopped in order. Nothing here outlives it. */
import { join } from "node:path";
import { LinkupError } from "@linkup-queue/contracts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { type DevLine, DevProcess } from "./dev-process.ts";
import { writeDevSettings } from "./dev-settings.ts";
import { findPort, isTaken } from "./find-port.ts";
import { lockFolder } from "./lock-folder.ts";
import { redisCommand } from "./redis-command.ts";
import { watchSources } from "./watch-sources.ts";

export type DevOptions = {
  folder: string;
  watch: boolean;
  overrides: Readonly<Record<string, string>>;
  onLine: (name: string, line: DevLine) => void;
};

export type DevSystem = {
  redis: string;
  sandbox: string;
  api: string;
  board: string;
  docs: string;
  /** Null when the worker's port is off. */
  workerHealth: string | null;
  apiToken: string;
  settingsFile: string;
  /** Ends all, in the order in which they depend on each other. */
  stop(): Promise<void>;
  /** Ends all at once. */
  kill(): void;
};

const ROOT = join(import.meta.dirname, "../../../..");
const SANDBOX_PORT = 4010;
const API_PORT = 3000;
const REDIS_PORT = 6390;
/** The order of starting; stopping goes the other way. */
const SERVICES = ["sandbox", "worker", "api"] as const;
/** Another process may take a port between its being found free and its being listened on: then others are found. */
const MOST_TRIES = 5;

/** Starts Redis where none is given, sandbox, worker and api. Throws LinkupError when one of them does not come up; then none is left. */
export async function startDev(io: ConsoleIo, options: DevOptions): Promise<DevSystem> {
  const unlock = await lockFolder(options.folder);
  const processes = new Map<string, DevProcess>();
  const say = (text: string) => options.onLine("dev", { msg: text });
  let endWatch: () => void = () => undefined;
  const restarts = new Restarts(processes, say);
  const stop = async () => {
    endWatch();
    await restarts.end();
    for (const process of [...processes.values()].reverse()) await process.stop();
    unlock();
  };
  const kill = () => {
    endWatch();
    for (const process of processes.values()) process.kill();
    unlock();
  };
  /** Starts what listens on ports, and once more on others where one was taken meanwhile. */
  const onFreePorts: OnFreePorts = async (start) => {
    for (let tries = 1; ; tries += 1) {
      const before = new Set(processes.keys());
      const { ports, begin } = await start();
      try {
        return await begin();
      } catch (error) {
        for (const [name, process] of [...processes].reverse()) {
          if (before.has(name)) continue;
          await process.stop();
          processes.delete(name);
        }
        const taken = await Promise.all(ports.map(isTaken));
        if (tries === MOST_TRIES || !taken.includes(true)) throw error;
        say("another process took a port meanwhile: trying another");
      }
    }
  };
  const run = async ({ name, command, args, env }: Launch) => {
    const onDeath = (_name: string, how: string) => say(`${name} ended (${how}); it starts again when one of its files is saved`);
    const process = new DevProcess({ name, command, args, env, folder: ROOT, onLine: options.onLine, onDeath });
    processes.set(name, process);
    return process.start();
  };

  try {
    const environment = io.environment();
    const redisUrl = await startRedis({ environment, folder: options.folder, run, onFreePorts });
    const { overrides } = options;
    const { addresses, settings, ready } = await onFreePorts(async () => {
      const given = overrides["API_PORT"];
      const apiPort = given === undefined ? await findPort(API_PORT) : Number(given);
      const addresses = { redisUrl, sandboxPort: await findPort(SANDBOX_PORT), apiPort, overrides };
      const settings = writeDevSettings(environment, options.folder, addresses);
      return {
        ports: given === undefined ? [addresses.sandboxPort, apiPort] : [addresses.sandboxPort],
        begin: async () => {
          const ready: Record<string, DevLine> = {};
          for (const name of SERVICES)
            ready[name] = await run({ name, command: process.execPath, args: [`apps/${name}/src/main.ts`], env: settings.env });
          return { addresses, settings, ready };
        },
      };
    });
    if (options.watch) endWatch = watchSources(ROOT, (names) => restarts.add(names));
    const api = `http://127.0.0.1:${addresses.apiPort}`;
    const healthPort = ready["worker"]?.["healthPort"];
    return {
      redis: redisUrl ?? "as the settings say",
      sandbox: `http://127.0.0.1:${addresses.sandboxPort}`,
      api,
      board: `${api}/board`,
      docs: `${api}/docs`,
      workerHealth: typeof healthPort === "number" ? `http://127.0.0.1:${healthPort}` : null,
      apiToken: settings.apiToken,
      settingsFile: settings.file,
      stop,
      kill,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type DevEnvironment = Readonly<Record<string, string | undefined>>;
type Launch = { name: string; command: string; args: readonly string[]; env: DevEnvironment };
type OnFreePorts = <Started>(start: () => Promise<{ ports: readonly number[]; begin: () => Promise<Started> }>) => Promise<Started>;
type RedisStart = { environment: DevEnvironment; folder: string; run: (launch: Launch) => Promise<DevLine>; onFreePorts: OnFreePorts };

/** The address of a private Redis, or null where the environment names one. */
async function startRedis({ environment, folder, run, onFreePorts }: RedisStart): Promise<string | null> {
  if (["REDIS_URL", "REDIS_CLUSTER_NODES", "REDIS_SENTINELS"].some((name) => (environment[name] ?? "") !== "")) return null;
  // Loaded here alone: what tests and the demo find a Redis with is of no use to any other command.
  const { findRedis } = await import("@linkup-queue/testkit");
  const source = await findRedis();
  return await onFreePorts(async () => {
    const port = await findPort(REDIS_PORT);
    const { command, args } = redisCommand(source, { port, folder });
    return {
      ports: [port],
      begin: async () => {
        await run({ name: "redis", command, args, env: environment });
        return `redis://127.0.0.1:${port}`;
      },
    };
  });
}

/** Restarts what changed, one change after the other. */
class Restarts {
  readonly #processes: ReadonlyMap<string, DevProcess>;
  readonly #say: (text: string) => void;
  #last = Promise.resolve();
  #ended = false;

  constructor(processes: ReadonlyMap<string, DevProcess>, say: (text: string) => void) {
    this.#processes = processes;
    this.#say = say;
  }

  add(names: ReadonlySet<string>): void {
    this.#last = this.#last.then(async () => {
      for (const name of SERVICES.filter((service) => names.has(service))) await this.#restart(name);
    });
  }

  /** Settles when the restart that is under way is done; none begins after it. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#last;
  }

  async #restart(name: string): Promise<void> {
    const process = this.#processes.get(name);
    if (process === undefined || this.#ended) return;
    this.#say(`a file changed: starting ${name} again`);
    await process.stop();
    await process.start().catch((error: unknown) => this.#say(LinkupError.from(error).message));
  }
}
