/** `linkup dev`: everything up in one go, usable by the other commands, restarted on change, and nothing left afterwards. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { fromNow, type SpawnedProcess, spawnProcess, waitFor } from "@linkup-queue/testkit";
import { afterAll, expect, test } from "vitest";
import { MAIN, ownFolder, runProcess } from "./run-cli.ts";

const folder = ownFolder();
let dev: SpawnedProcess | null = null;
afterAll(async () => {
  await dev?.kill();
  await folder.remove();
});

type Addresses = { sandbox: string; api: string; apiToken: string; settingsFile: string; redis: string };

test("starts Redis, sandbox, worker and api, restarts one whose file was saved, and stops them all", async () => {
  // Started with settings of a production system at hand: none of its calls may go there.
  const env = { LINKUP_BASE_URL: "https://api.linkupapi.com", LINKUP_API_KEY: "production-key", LINKUP_KEY_ID: "production" };
  const running = await spawnProcess({
    args: [MAIN, "dev", "--json", "--data", join(folder.path, "dev"), "--set", "LINKUP_RATE_LIMIT=123", "--set", "LOG_LEVEL=debug"],
    env,
    cwd: folder.path,
    readyLine: (line) => line["ready"] === true,
  });
  dev = running;
  const up = running.ready as unknown as Addresses;
  expect(statSync(up.settingsFile).mode & 0o777).toBe(0o600);
  const settings = parseEnv(readFileSync(up.settingsFile, "utf8"));
  expect(settings).toMatchObject({ LINKUP_BASE_URL: up.sandbox, LINKUP_KEY_ID: "dev", REDIS_URL: up.redis });
  expect(settings).toMatchObject({ LINKUP_RATE_LIMIT: "123", LOG_LEVEL: "debug", LINKUP_API_KEY: "dev-sandbox-key" });
  for (const name of readdirSync(join(folder.path, "dev"), { recursive: true, encoding: "utf8" })) {
    expect(statSync(join(folder.path, "dev", name)).mode & 0o077, name).toBe(0);
  }
  const webhook = { url: "http://127.0.0.1:9/hook", secret: `whsec_${Buffer.alloc(32, 3).toString("base64")}` };
  const put = await fetch(`${up.api}/v1/webhooks/here`, {
    method: "PUT",
    headers: { authorization: `Bearer ${up.apiToken}`, "content-type": "application/json" },
    body: JSON.stringify(webhook),
  });
  expect(put.status).toBe(200);

  const processes = execFileSync("ps", ["-eo", "args"], { encoding: "utf8" });
  expect(processes).toContain("apps/worker/src/main.ts");
  for (const secret of [up.apiToken, settings["LINKUP_SECRETS_KEY"] ?? "-", "production-key"])
    expect(processes.includes(secret)).toBe(false);

  const settingsArgs = ["--settings", up.settingsFile];
  const added = await runProcess([...settingsArgs, "account", "add", "ada", "--token-stdin", "--json"], {
    stdin: "a-login-token-0123456789",
  });
  expect(added.json()).toMatchObject({ id: "ada", state: "active" });
  const accounts = await fetch(`${up.api}/v1/accounts`, { headers: { authorization: `Bearer ${up.apiToken}` } });
  expect(accounts.status).toBe(200);
  expect(JSON.stringify(await accounts.json())).toContain('"ada"');
  expect(await runProcess([...settingsArgs, "doctor"])).toMatchObject({ status: 0 });
  const second = await runProcess(["dev", "--data", join(folder.path, "dev")]);
  expect(second).toMatchObject({ status: 6 });

  const saved = join(import.meta.dirname, "../../sandbox/src/main.ts");
  utimesSync(saved, fromNow(0), fromNow(0));
  const starts = () => running.stderr().match(/"process":"sandbox".*"msg":"ready"/g)?.length;
  await waitFor(starts, { what: "the sandbox to be ready again", until: (seen) => seen === 2 });

  expect(await running.kill("SIGINT")).toEqual({ code: 0, signal: null });
  dev = null;
  for (const address of [up.sandbox, up.api]) await expect(fetch(address)).rejects.toThrow();
});

test("a setting that leads away from the sandbox, or is none, is refused by its name and without its value", async () => {
  const refusals = [
    ["LINKUP_BASE_URL=https://api.linkupapi.com", /LINKUP_BASE_URL is not for --set/],
    ["LINKUP_API_KEY=production-key", /LINKUP_API_KEY is not for --set/],
    ["REDIS_URL=redis://production", /REDIS_URL is not for --set/],
    ["LINKUP_RATE_LIMITS=production", /a name of docs\/settings.md/],
    ["production", /a name of docs\/settings.md/],
  ] as const;
  const runs = await Promise.all(refusals.map(([text]) => runProcess(["dev", "--data", join(folder.path, "set"), "--set", text])));
  for (const [at, [text, said]] of refusals.entries()) {
    const { status, stderr } = runs[at] ?? expect.fail(`no run with ${text}`);
    expect(status, text).not.toBe(0);
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/production/);
  }
});

test("a folder that is a link, and a settings file that is one, are refused and nothing behind them is touched", async () => {
  const target = join(folder.path, "target");
  mkdirSync(target);
  symlinkSync(target, join(folder.path, "linked"));
  const linked = await runProcess(["dev", "--data", join(folder.path, "linked")]);
  expect([linked.status, linked.stderr]).toEqual([6, expect.stringMatching(/linked is a link/)]);
  expect(readdirSync(target)).toEqual([]);
  const own = join(folder.path, "own");
  mkdirSync(own, { mode: 0o700 });
  writeFileSync(join(target, "precious"), "mine");
  symlinkSync(join(target, "precious"), join(own, "settings.env"));
  const behind = await runProcess(["dev", "--data", own]);
  expect([behind.status, behind.stderr]).toEqual([6, expect.stringMatching(/settings.env is a link/)]);
  expect(readFileSync(join(target, "precious"), "utf8")).toBe("mine");
});
