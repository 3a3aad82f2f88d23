/**
 * Installs a server's package through apt where that is allowed, and says so. The packaged service is kept from starting:
 * a server that nobody asked for would be taken for a production one.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, rm, writeFile } from "node:fs/promises";
import { findOnPath } from "./find-on-path.ts";

export type Tell = (line: string) => void;

/** Debian's own way to say whether a package may start its service: 101 is "no". */
const POLICY_FILE = "/usr/sbin/policy-rc.d";
const POLICY = "#!/bin/sh\n# Written for one installation by linkup-queue and removed after it: don't start services.\nexit 101\n";

/** Lines for people, where the caller names no other place. */
export const tellOnStderr: Tell = (line) => process.stderr.write(`${line}\n`);

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

/** Whether this is a Debian whose packages we may install. */
export async function mayInstall(): Promise<boolean> {
  return process.getuid?.() === 0 && (await findOnPath("apt-get")) !== null;
}

/** Refreshes apt's lists; a failure is told, since the lists that are there may do. */
export async function updateLists(tell: Tell): Promise<void> {
  const update = await quietly("apt-get", ["update", "-q"]);
  if (update.code !== 0) tell(`apt-get update ended with ${update.code}: ${lastLine(update.text)}`);
}

/** The version in apt's answer to `apt-cache policy`, epoch left out: `7.0.15` from "Candidate: 5:7.0.15-1~deb12u7". */
export function readCandidate(text: string): string | null {
  return /Candidate: (?:\d+:)?(\d+(?:\.\d+\.\d+)?)/.exec(text)?.[1] ?? null;
}

/** The version that apt would install, or null. */
export async function candidateOf(name: string): Promise<string | null> {
  return readCandidate((await quietly("apt-cache", ["policy", name])).text);
}

/** Installs one package without its service. False when apt could not; `tell` hears why. */
export async function installPackage(name: string, version: string, tell: Tell): Promise<boolean> {
  tell(`apt-get install ${name} ${version}`);
  const install = await withoutServices(() => quietly("apt-get", ["install", "-y", "-q", "--no-install-recommends", name]));
  if (install.code !== 0) tell(`apt-get install ${name} ended with ${install.code}: ${lastLine(install.text)}`);
  return install.code === 0;
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
