/** Looks for something that can serve as Redis on this machine. It only looks: nothing is started or installed here. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { LinkupError } from "@linkup-queue/contracts";
import { findOnPath } from "../machine/find-on-path.ts";

const run = promisify(execFile);

/** Older servers lack what the gate's scripts rely on. */
export const LEAST_MAJOR_VERSION = 7;
const SERVERS = ["redis-server", "valkey-server"] as const;

/** The source of Redis here: a server's path, or Docker's engine. */
export type RedisSource = { server: string } | "docker";

/**
 * The first of: a recent `redis-server` or `valkey-server` on the path, Docker's engine; null when there is neither.
 * @throws LinkupError `redis_unsuitable` when all that is there is a server that is too old.
 */
export async function findRedisSource(): Promise<RedisSource | null> {
  const { server, tooOld } = await findServer();
  if (server !== null) return { server };
  if (await hasDockerEngine()) return "docker";
  if (tooOld.length === 0) return null;
  throw new LinkupError("redis_unsuitable", `${tooOld.join(", ")}; version ${LEAST_MAJOR_VERSION} or later is needed`);
}

async function findServer(): Promise<{ server: string | null; tooOld: string[] }> {
  const tooOld: string[] = [];
  for (const name of SERVERS) {
    const path = await findOnPath(name);
    if (path === null) continue;
    const { stdout } = await run(path, ["--version"]);
    const version = readVersion(stdout);
    if (version !== null && Number.parseInt(version, 10) >= LEAST_MAJOR_VERSION) return { server: path, tooOld };
    tooOld.push(`${path} is version ${version ?? "unknown"}`);
  }
  return { server: null, tooOld };
}

/** `7.0.15` from "Redis server v=7.0.15 sha=..." or "Server v=8.0.1 ..."; null when there is none. */
export function readVersion(text: string): string | null {
  return /\bv=(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? null;
}

/** Whether a Docker engine answers. A `docker` command without an engine is common, and of no use. */
async function hasDockerEngine(): Promise<boolean> {
  if ((await findOnPath("docker")) === null) return false;
  return run("docker", ["info", "--format", "{{.ServerVersion}}"], { timeout: 10_000 }).then(
    ({ stdout }) => stdout.trim() !== "",
    () => false,
  );
}
