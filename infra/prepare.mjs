/**
 * Makes the project ready on a machine with Node and npm: dependencies as the lockfile says, a Redis that can be had, and what tests use.
 * It says what it installs, does nothing when nothing is to do, and never touches a Redis that is running.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { captureChild, ROOT, runChild, secondsSince } from "./child.mjs";
import { withLock } from "./lock-file.mjs";

const PNPM_MAJOR = 12;
const STAMP = join(ROOT, "node_modules/.linkup-setup");
const LOCK = join(ROOT, ".local/setup.lock");

/** @param {{ needsRedis: boolean, forTests?: boolean }} options `forTests`: also a PostgreSQL and a browser, where they can be had. */
export async function prepare({ needsRedis, forTests = false }) {
  if (needsInstall()) await withLock(LOCK, installDependencies, tellWaiting);
  // Tests that want one are skipped where it can't be had.
  for (const one of forTests ? ["postgres", "browser"] : []) {
    await withLock(LOCK, () => runChild("node", [`packages/testkit/src/prepare-${one}.ts`]), tellWaiting);
  }
  if (!needsRedis || (process.env["REDIS_URL"] ?? "") !== "") return;
  // No Redis is started here, each command starts its own: this only installs one where there is none.
  const status = await withLock(LOCK, () => runChild("node", ["packages/testkit/src/prepare-redis.ts"]), tellWaiting);
  if (status !== 0) throw new Error("There is no Redis to work with (see above).");
}

/** @param {number | null} holder */
function tellWaiting(holder) {
  console.error(`Waiting for another set-up of this project (process ${holder ?? "unknown"}) ...`);
}

/** Folders with a package.json of their own. */
function workspaces() {
  return ["apps", "packages"].flatMap((parent) =>
    readdirSync(join(ROOT, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(join(ROOT, parent, entry.name, "package.json")))
      .map((entry) => join(parent, entry.name)),
  );
}

/** Everything that decides what an installation looks like, as one digest. */
function wantedStamp() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  const files = ["pnpm-lock.yaml", "pnpm-workspace.yaml", "package.json", ...workspaces().map((folder) => join(folder, "package.json"))];
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(ROOT, file)));
  return hash.digest("hex");
}

function needsInstall() {
  if (!existsSync(STAMP) || readFileSync(STAMP, "utf8") !== wantedStamp()) return true;
  if (!existsSync(join(ROOT, "node_modules/.bin/node"))) return true;
  return workspaces().some((folder) => !existsSync(join(ROOT, folder, "node_modules")));
}

async function installDependencies() {
  // Whoever held the lock before may have done the work.
  if (!needsInstall()) return;
  const { command, args, name } = await findPnpm();
  const started = performance.now();
  console.error(`Installing the dependencies in pnpm-lock.yaml into node_modules with ${name} (a minute or two at first) ...`);
  const { status, text } = await captureChild(command, [...args, "install", "--frozen-lockfile"], {
    // No questions, no progress bars.
    CI: "true",
  });
  if (status !== 0) {
    const outdated = /OUTDATED_LOCKFILE/.test(text);
    const advice = outdated
      ? `A package.json asks for what pnpm-lock.yaml does not have; run: npx --yes pnpm@${PNPM_MAJOR} install`
      : `Is the package registry reachable (npm ping)? Then try by hand: npx --yes pnpm@${PNPM_MAJOR} install --frozen-lockfile`;
    throw new Error(`${lastLines(text, 25)}\n\nThe dependencies could not be installed (${name} ended with ${status}). ${advice}`);
  }
  writeFileSync(STAMP, wantedStamp());
  console.error(`Installed in ${secondsSince(started)}.`);
}

async function findPnpm() {
  const onPath = await captureChild("pnpm", ["--version"], { COREPACK_ENABLE_DOWNLOAD_PROMPT: "0" });
  const version = onPath.text.trim().split("\n").at(-1) ?? "";
  if (onPath.status === 0 && Number.parseInt(version, 10) >= PNPM_MAJOR) return { command: "pnpm", args: [], name: `pnpm ${version}` };
  return { command: "npx", args: ["--yes", `pnpm@${PNPM_MAJOR}`], name: `npx pnpm@${PNPM_MAJOR}` };
}

/** @param {string} text @param {number} count */
function lastLines(text, count) {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
