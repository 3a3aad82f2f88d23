/** A private PostgreSQL on 127.0.0.1 for tests, with its data in the project's ignored folder until it is stopped. It touches no other. */
import { execFile } from "node:child_process";
import { chown, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { LinkupError } from "@linkup-queue/contracts";
import { freePort } from "../machine/free-port.ts";
import { ServerProcess } from "../machine/server-process.ts";
import { findPostgres } from "./find-postgres.ts";

export type TestPostgres = {
  readonly url: string;
  /** Stops it and removes its data. */
  stop(): Promise<void>;
  /** SIGQUIT, as a crash. `restart` brings it back with its data. */
  kill(): Promise<void>;
  restart(): Promise<void>;
};

const run = promisify(execFile);
const DATA_ROOT = join(import.meta.dirname, "../../../../.local/postgres");
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

type Setup = { program: string; folder: string; owner: Identity | null; port: number };

class PrivatePostgres extends ServerProcess implements TestPostgres {
  readonly url: string;

  constructor({ program, folder, owner, port }: Setup) {
    const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off", "max_connections=50"];
    super({
      name: "PostgreSQL",
      program,
      args: ["-D", folder, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])],
      folder,
      options: { ...(owner ?? {}), cwd: folder },
      code: "internal_error",
      signals: { stop: "SIGINT", kill: "SIGQUIT" },
    });
    this.url = `postgres://${USER}@127.0.0.1:${port}/postgres`;
  }
}
