/** The sandbox as a process: ready line, service, signals, bad settings. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";

const MAIN = new URL("../src/main.ts", import.meta.url).pathname;
let child: ChildProcess;
afterEach(() => child.kill("SIGKILL"));

type Line = { msg: string; port?: number; url?: string };

async function start(environment: Record<string, string>): Promise<Line> {
  child = spawn(process.execPath, [MAIN], { env: { PATH: process.env.PATH, ...environment }, stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("The process has no stdout");
  const [line] = await once(createInterface(child.stdout), "line");
  return JSON.parse(String(line));
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "it says ready with its address, serves, and ends with 0 on %s with a call in flight",
  async (signal) => {
    const line = await start({ SANDBOX_PORT: "0" });
    expect(line).toMatchObject({ msg: "ready", url: `http://127.0.0.1:${line.port}` });
    const scenario = await fetch(`${line.url}/_sandbox/scenario`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ next: [{ status: "hang" }] }),
    });
    expect(await scenario.json()).toMatchObject({ limit: 300, windowMs: 60_000 });
    const hung = fetch(`${line.url}/v1/check`, { headers: { "x-api-key": "k" } }).catch(() => "broken");
    const summary = async () => await (await fetch(`${line.url}/_sandbox/summary`)).text();
    await waitFor(summary, { what: "the call to hang", until: (seen) => seen.includes('"hang":1') });
    const exited = once(child, "exit");
    child.kill(signal);
    expect(await exited).toEqual([0, null]);
    expect(await hung).toBe("broken");
  },
);

test("a setting that is wrong ends it with 1 and one line that names the setting", async () => {
  const line = await start({ SANDBOX_PORT: "70000" });
  expect(line.msg).toContain("SANDBOX_PORT");
  if (child.exitCode === null) await once(child, "exit");
  expect(child.exitCode).toBe(1);
});
