/**
 * Installs a Redis server through apt where that is allowed, and says so. The packaged service is kept from starting:
 * a server on port 6379 that nobody asked for would be taken for a production one.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, rm, writeFile } from "node:fs/promises";
import { findOnPath, findRedisSource, LEAST_MAJOR_VERSION, type RedisSource } from "./find-redis-server.ts";

export const WHAT_TO_INSTALL =
  "No Redis to use: set REDIS_URL, or install redis-server or valkey-server (7.0 or later; on Debian and Ubuntu: sudo apt-get install redis-server), or start Docker.";

const PACKAGES = ["redis-server", "valkey-server"] as const;
/** Debian's own way to say whether a package may start its service: 101 is "no". */
const POLICY_FILE = "/usr/sbin/policy-rc.d";
const POLICY = "#!/bin/sh\n# Written for one installation by linkup-queue and removed after it: don't start services.\nexit 101\n";

/** Runs a command quietly; resolves with what it printed and its exit code. */
async function quietly(command: string, args: readonly string[]): Promise<{ code: number | null; text: string }> {
  const child = spawn(command, [...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" },
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
  }
  const [code] = await once(child, "close");
  return { code: typeof code === "number" ? code : null, text };
}

/** The version in apt's answer to `apt-cache policy`, epoch left out: `7.0.15` from "Candidate: 5:7.0.15-1~deb12u7". */
export function readCandidate(text: string): string | null {
  return /Candidate: (?:\d+:)?(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? null;
}

/**
 * Installs redis-server or valkey-server and resolves with its server; null when this is no Debian, we are not root, or
 * apt has nothing recent enough. `tell` gets each line for people.
 */
export async function installRedis(
  tell: (line: string) => void = (line) => process.stderr.write(`${line}\n`),
): Promise<RedisSource | null> {
  if (process.getuid?.() !== 0 || (await findOnPath("apt-get")) === null) return null;
  tell("No Redis on this machine: installing one with apt-get (its service is kept from starting)");
  const update = await quietly("apt-get", ["update", "-q"]);
  if (update.code !== 0) tell(`apt-get update ended with ${update.code}: ${lastLine(update.text)}`);
  for (const name of PACKAGES) {
    const candidate = readCandidate((await quietly("apt-cache", ["policy", name])).text);
    if (candidate === null || Number.parseInt(candidate, 10) < LEAST_MAJOR_VERSION) continue;
    tell(`apt-get install ${name} ${candidate}`);
    const install = await withoutServices(() => quietly("apt-get", ["install", "-y", "-q", "--no-install-recommends", name]));
    if (install.code === 0) return findRedisSource();
    tell(`apt-get install ${name} ended with ${install.code}: ${lastLine(install.text)}`);
  }
  return null;
}

async function withoutServices<T>(work: () => Promise<T>): Promise<T> {
  const already = await access(POLICY_FILE).then(
    () => true,
    () => false,
  );
  if (!already) await writeFile(POLICY_FILE, POLICY, { mode: 0o755 });
  try {
    return await work();
  } finally {
    if (!already) await rm(POLICY_FILE, { force: true });
  }
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1) ?? "";
}
