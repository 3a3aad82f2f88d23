/** The command line's help, its exit status for wrong lines, and the settings file that init writes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { parseApiSettings, parseWorkerSettings, SETTINGS } from "@linkup-queue/contracts";
import { afterAll, describe, expect, test } from "vitest";
import { leafPaths, referencePage } from "../src/reference-page.ts";
import { MAIN, ownFolder, runCli, runProcess } from "./run-cli.ts";

const folder = ownFolder();
afterAll(() => folder.remove());
// It waits some seconds for a Redis that may still be starting, while the other tests run.
const withoutRedis = runProcess(["key", "show"], {
  env: { LINKUP_SECRETS_KEY: Buffer.alloc(32, 1).toString("base64"), REDIS_URL: "redis://user:hunter2@127.0.0.1:1" },
});

test("every command has --json and examples that begin with itself", () => {
  const sections = referencePage()
    .split(/^## `linkup /m)
    .slice(1);
  expect(sections).toHaveLength(leafPaths().length);
  for (const section of sections) {
    const path = section.slice(0, section.indexOf("`"));
    expect(section).toContain("--json ");
    expect(section).toMatch(new RegExp(`Examples:\\n  linkup ${path}( |$)`, "m"));
  }
});

test("a reader that has seen enough ends nothing with an error", async () => {
  const shell = spawn("bash", ["-c", `set -o pipefail; "${process.execPath}" "${MAIN}" --help | head -1`], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  shell.stderr.on("data", (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  shell.stdout.resume();
  const [status] = (await once(shell, "close")) as [number | null];
  expect([status, stderr]).toEqual([0, ""]);
});

test("help goes to stdout with status 0, and the exit status is told", async () => {
  const [all, one] = await Promise.all([runProcess(["--help"]), runProcess(["schedule", "put", "--help"])]);
  expect(all).toMatchObject({ status: 0, stderr: "" });
  expect(all.stdout).toContain("130  Stopped with Ctrl-C");
  expect(one.stdout).toContain("Usage: linkup schedule put [options] <id>");
});

describe("a wrong command line ends with 2 and does nothing", () => {
  test.each([
    [[], "Usage: linkup"],
    [["acount"], "unknown command 'acount'"],
    [["account"], "Usage: linkup account"],
    [["account", "show"], "missing required argument 'id'"],
    [["account", "show", "a b"], "1 to 100 of A-Z"],
    [["campaign", "status", "a b"], "1 to 80 of A-Z"],
    [["campaign", "create", "N", "--operation", "post.feed", "--input", "{}"], "required option '--account"],
    [["credits", "--days", "0"], "a whole number from 1 to 366"],
    [["enqueue", "--input", "{}", "--file", "x"], "either --input for one job, or --file"],
  ])("%j", async (args, said) => {
    const run = await runCli(args, { folder: folder.path });
    expect(run).toMatchObject({ status: 2, stdout: "" });
    expect(run.stderr).toContain(said);
  });
});

test("settings that are missing are told all at once, with status 3", async () => {
  const run = await runCli(["key", "show"], { folder: folder.path, env: { LINKUP_RATE_LIMITS: "3", LINKUP_RATE_LIMIT: "many" } });
  expect(run.status).toBe(3);
  expect(run.stderr).toContain("LINKUP_SECRETS_KEY: is required");
  expect(run.stderr).toContain("did you mean LINKUP_RATE_LIMIT?");
});

describe("init", () => {
  const env = join(folder.path, ".env");

  test("writes a file that every process starts with, readable by its owner alone, printing no secret", async () => {
    const run = await runProcess(["init", "--api-key-stdin"], { folder: folder.path, stdin: "the-api-key-0123456789\n" });
    expect(run).toMatchObject({ status: 0, stderr: "" });
    expect(statSync(env).mode & 0o777).toBe(0o600);
    const text = readFileSync(env, "utf8");
    const settings = parseEnv(text);
    expect(parseWorkerSettings(settings)).toMatchObject({ apiKey: "the-api-key-0123456789" });
    expect(parseApiSettings(settings).tokens).toMatchObject([{ name: "admin", role: "admin" }]);
    for (const { name } of SETTINGS) expect(text).toMatch(new RegExp(`^#?${name}=`, "m"));
    for (const secret of [settings["LINKUP_SECRETS_KEY"], settings["LINKUP_API_KEY"], parseApiSettings(settings).tokens[0]?.secret]) {
      expect(run.stdout).not.toContain(secret);
    }
  });

  test("writes the file that --settings names", async () => {
    const path = join(folder.path, "named.env");
    expect(await runCli(["init", "--sandbox", "--settings", path], { folder: folder.path })).toMatchObject({ status: 0 });
    expect(parseWorkerSettings(parseEnv(readFileSync(path, "utf8")))).toMatchObject({ baseUrl: "http://127.0.0.1:4010" });
    await rm(path);
  });

  test("writes an API key so that every reader reads it, and writes nothing where that can't be", async () => {
    const path = join(folder.path, "odd.env");
    const init = (apiKey: string) => runCli(["init", "--api-key-stdin", "--settings", path], { folder: folder.path, stdin: `${apiKey}\n` });
    expect(await init("it's-$5\\")).toMatchObject({ status: 4, stdout: "" });
    expect(existsSync(path)).toBe(false);
    expect(await init("pk#1$HOME")).toMatchObject({ status: 0 });
    const text = readFileSync(path, "utf8");
    expect(text).toContain("\nLINKUP_API_KEY='pk#1$HOME'\n");
    expect(parseWorkerSettings(parseEnv(text))).toMatchObject({ apiKey: "pk#1$HOME" });
    await rm(path);
  });

  test("leaves a file that is there as it is; with --force it writes anew, with fresh secrets, and keeps the old one", async () => {
    writeFileSync(env, "LINKUP_SECRETS_KEY=mine\n", { mode: 0o644 });
    expect(await runCli(["init"], { folder: folder.path })).toMatchObject({ status: 6, stdout: "" });
    expect(readFileSync(env, "utf8")).toBe("LINKUP_SECRETS_KEY=mine\n");
    const forced = await runCli(["init", "--force", "--sandbox", "--json"], { folder: folder.path });
    const { kept } = forced.json() as { kept: string };
    expect(readFileSync(kept, "utf8")).toBe("LINKUP_SECRETS_KEY=mine\n");
    expect(statSync(env).mode & 0o777).toBe(0o600);
    expect(parseWorkerSettings(parseEnv(readFileSync(env, "utf8")))).toMatchObject({ baseUrl: "http://127.0.0.1:4010", freshKey: true });
    expect(readdirSync(folder.path).filter((name) => name.startsWith(".env"))).toHaveLength(2);
  });

  test("is read by the other commands from the current folder, or by name; the environment wins", async () => {
    const own = await runProcess(["board"], { folder: folder.path });
    const named = await runProcess(["board", "--settings", env], { env: { API_PORT: "4999" } });
    expect([own.stdout, named.stdout]).toEqual(["http://127.0.0.1:3000/board\n", "http://127.0.0.1:4999/board\n"]);
    expect(await runProcess(["board", "--settings", "nowhere.env"], { folder: folder.path })).toMatchObject({ status: 5 });
  });
});

test("a Redis that does not answer is told with its address and without its password, with status 7", async () => {
  const run = await withoutRedis;
  expect(run.status).toBe(7);
  expect(run.stderr).toContain("127.0.0.1:1 does not answer (ECONNREFUSED)");
  expect(run.stderr).not.toContain("hunter2");
});
