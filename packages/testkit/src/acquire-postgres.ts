/** A private PostgreSQL on 127.0.0.1 for tests, with its data in the project's ignored folder until it is stopped. It touches no other. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { LinkupError } from "@linkup-queue/contracts";
import { dieWithParent, type Watch } from "./die-with-parent.ts";
import { findPostgres } from "./find-postgres.ts";
import { freePort } from "./free-port.ts";
import { WAIT_MS } from "./wait-for.ts";

export type TestPostgres = {
  readonly url: string;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
  /** SIGQUIT, as a crash. `restart` brings it back with its data. */
  kill(): Promise<void>;
  restart(): Promise<void>;
};

const run = promisify(execFile);
const DATA_ROOT = join(import.meta.dirname, "../../../.local/postgres");
const READY_TIMEOUT_MS = WAIT_MS;
const USER = "linkup";
/** PostgreSQL refuses to run as root; these users are on every Debian that has it. */
const SERVANTS = ["postgres", "nobody"] as const;

type Identity = { uid: number; gid: number };

/** Whom to run as: ourselves, or a servant when we are root. */
async function identity(): Promise<Identity | null> {
  if (process.getuid?.() !== 0) return null;
  for (const name of SERVANTS) {
    const ids = await Promise.all([run("id", ["-u", name]), run("id", ["-g", name])]).catch(() => null);
    if (ids !== null) return { uid: Number(ids[0].stdout), gid: Number(ids[1].stdout) };
  }
  throw new LinkupError("internal_error", `There is no user ${SERVANTS.join(" or ")} to run PostgreSQL as`);
}

/** A PostgreSQL that is ready for use; stop it when done. Null when its programs are not on this machine. */
export async function acquirePostgres(): Promise<TestPostgres | null> {
  const programs = await findPostgres();
  if (programs === null) return null;
  const owner = await identity();
  await mkdir(DATA_ROOT, { recursive: true });
  const folder = await mkdtemp(join(DATA_ROOT, "p-"));
  if (owner !== null) await chown(folder, owner.uid, owner.gid);
  const options = { ...(owner ?? {}), cwd: folder };
  await run(join(programs, "initdb"), ["-D", folder, "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"], options);
  const server = new PrivatePostgres({ program: join(programs, "postgres"), folder, owner, port: await freePort() });
  try {
    await server.start();
    return server;
  } catch (thrown) {
    await rm(folder, { recursive: true, force: true });
    throw thrown;
  }
}

class PrivatePostgres implements TestPostgres {
  readonly url: string;
  readonly #setup: { program: string; folder: string; owner: Identity | null; port: number };
  #child: ChildProcess | null = null;
  #watch: Watch | null = null;

  constructor(setup: { program: string; folder: string; owner: Identity | null; port: number }) {
    this.#setup = setup;
    this.url = `postgres://${USER}@127.0.0.1:${setup.port}/postgres`;
  }

  async start(): Promise<void> {
    const { program, folder, owner, port } = this.#setup;
    const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=50"];
    const child = spawn(program, ["-D", folder, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])], {
      ...(owner ?? {}),
      cwd: folder,
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    child.unref();
    this.#child = child;
    if (child.pid !== undefined) this.#watch = dieWithParent(child.pid, folder);
    try {
      await untilReady(child);
    } catch (thrown) {
      await this.#end("SIGKILL");
      throw thrown;
    }
  }

  async stop(): Promise<void> {
    await this.#end("SIGINT");
    await rm(this.#setup.folder, { recursive: true, force: true });
  }

  async kill(): Promise<void> {
    await this.#end("SIGQUIT");
  }

  async restart(): Promise<void> {
    await this.#end("SIGINT");
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
    await gone;
  }
}

/** Resolves at the server's own word that it accepts connections. */
function untilReady(child: ChildProcess): Promise<void> {
  const log: string[] = [];
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => {
      clearTimeout(timer);
      reject(new LinkupError("internal_error", `The private PostgreSQL ${why}: ${log.slice(-5).join(" | ")}`));
    };
    const timer = setTimeout(() => fail(`was not ready within ${READY_TIMEOUT_MS} ms`), READY_TIMEOUT_MS);
    child.once("error", (error) => fail(error.message));
    child.once("exit", () => fail("ended at once"));
    const { stderr } = child;
    if (stderr === null) return;
    createInterface({ input: stderr }).on("line", (line) => {
      if (log.push(line) > 50) log.shift();
      if (!/ready to accept connections/i.test(line)) return;
      clearTimeout(timer);
      child.removeAllListeners("exit");
      if ("unref" in stderr && typeof stderr.unref === "function") stderr.unref();
      resolve();
    });
  });
}
