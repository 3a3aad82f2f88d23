/** Looks for a Chromium that tests can drive: the one that `CHROMIUM_PATH` names, else one on the path. Nothing is installed here. */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { promisify } from "node:util";
import { LinkupError } from "@linkup-queue/contracts";
import { findOnPath } from "../machine/find-on-path.ts";

const run = promisify(execFile);

const BROWSERS = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"] as const;
/** Its first start on a busy machine reads hundreds of megabytes. */
const VERSION_TIMEOUT_MS = 60_000;

/** The browser that was asked for, or null where it is left to us to find one. */
export function givenBrowser(): string | null {
  const given = process.env.CHROMIUM_PATH ?? "";
  return given === "" ? null : given;
}

/** The path of a browser that starts, or null. A browser that `CHROMIUM_PATH` names is never replaced by another. */
export async function findBrowser(): Promise<string | null> {
  const given = givenBrowser();
  if (given !== null) return (await starts(given)) ? given : null;
  for (const name of BROWSERS) {
    const path = await findOnPath(name);
    if (path !== null && (await starts(path))) return path;
  }
  return null;
}

/**
 * The browser for a file of tests; null where they are to be skipped, and told so.
 * @throws LinkupError where there is none though `CI=true`: a suite that nobody runs must not look like one that passed.
 */
export async function testBrowser(): Promise<string | null> {
  const browser = await findBrowser();
  if (browser === null && process.env.CI === "true")
    throw new LinkupError("internal_error", `With CI=true no browser test is skipped: ${noBrowser()}`);
  return browser;
}

/** Why there is none, and what to do about it, for people. */
export function noBrowser(): string {
  const given = givenBrowser();
  if (given !== null) return `CHROMIUM_PATH names ${given}, which is no Chromium that starts`;
  return "no Chromium on this machine: set CHROMIUM_PATH, or install one (on Debian: sudo apt-get install chromium)";
}

/** Ubuntu's package is a script that asks for another installer, so being there is not enough. */
async function starts(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    const { stdout } = await run(path, ["--version"], { timeout: VERSION_TIMEOUT_MS });
    return /chrom/i.test(stdout);
  } catch {
    return false;
  }
}
