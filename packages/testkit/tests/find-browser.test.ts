/** Which browser is chosen, and what is said where there is none: the path holds stand-ins that answer `--version`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { findBrowser, noBrowser, testBrowser } from "../src/browser/find-browser.ts";
import { putProgram } from "./put-program.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "path-"));
  vi.stubEnv("PATH", folder);
  vi.stubEnv("CHROMIUM_PATH", undefined);
  vi.stubEnv("CI", undefined);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const put = (name: string, script: string) => putProgram(folder, name, script);

test("the first browser on the path that starts is taken", async () => {
  await put("chromium", "echo the browser comes by another installer >&2; exit 1");
  const chrome = await put("google-chrome", "echo Google Chrome 140.0.1");
  expect(await testBrowser()).toBe(chrome);
  const chromium = await put("chromium", "echo Chromium 140.0.1 built on Debian");
  expect(await testBrowser()).toBe(chromium);
});

test("the one that CHROMIUM_PATH names is taken, and no other in its place", async () => {
  await put("chromium", "echo Chromium 140.0.1");
  const own = await put("my-browser", "echo Chromium 139.0.1");
  vi.stubEnv("CHROMIUM_PATH", own);
  expect(await findBrowser()).toBe(own);
  vi.stubEnv("CHROMIUM_PATH", join(folder, "gone"));
  expect(await testBrowser()).toBeNull();
  expect(noBrowser()).toBe(`CHROMIUM_PATH names ${join(folder, "gone")}, which is no Chromium that starts`);
});

test("without one, tests are skipped and it is said what to install; with CI=true they fail", async () => {
  expect(await testBrowser()).toBeNull();
  expect(noBrowser()).toMatch(/^no Chromium on this machine: set CHROMIUM_PATH, or install one/);
  vi.stubEnv("CI", "true");
  await expect(testBrowser()).rejects.toThrow("With CI=true no browser test is skipped: no Chromium on this machine");
});
