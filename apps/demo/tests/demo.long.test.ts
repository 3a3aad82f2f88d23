/** The demo as people run it, small: it ends by itself, its promises hold, and what it starts is gone afterwards. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";

const MAIN = join(import.meta.dirname, "../src/main.ts");

function start(args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, CI: "1" } });
  const ended = once(child, "close").then(([code]) => code as number | null);
  return { child, ended, stdout: text(child.stdout.setEncoding("utf8")), stderr: text(child.stderr) };
}

test("a small run ends by itself with every promise held, and shows both counts side by side", async () => {
  const { ended, stdout, stderr } = start(["--jobs", "30"]);
  const [code, shown, errors] = await Promise.all([ended, stdout, stderr]);
  expect({ code, errors }, shown).toEqual({ code: 0, errors: "" });
  expect(shown).toMatch(/bea: awaiting_code -> a person read the code/);
  expect(shown).toMatch(/carl: active -> refreshing \(token dead\)/);
  expect(shown).toMatch(/outcomes +│ +30 of 30/);
  expect(shown).toMatch(/failed: invalid_input +│ +2 \(0 credits\)/);
  const charged = /credits charged +│ +(\d+) │ +(\d+) /.exec(shown);
  expect(charged?.[1]).toBe(charged?.[2]);
  expect(shown).toContain("All promises held");
  expect(shown).not.toContain("\u001b");
});

test("interrupted in mid-run it stops everything it started and says so", async () => {
  const { child, ended, stdout, stderr } = start(["--jobs", "200"]);
  const pids: number[] = [];
  child.stdout.on("data", (part: string) => {
    const worker = /Worker +process (\d+)/.exec(part)?.[1];
    if (worker !== undefined) pids.push(Number(worker));
    if (/\d+\/200 done/.test(part)) child.kill("SIGINT");
  });
  expect(await ended).toBe(130);
  expect(await stderr).toContain("Stopped by hand");
  expect(await stdout).not.toContain("promise");
  expect(pids).toHaveLength(1);
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
});

test("a wrong option is told by name, starts nothing and exits 2", async () => {
  const { ended, stdout, stderr } = start(["--jobs", "none"]);
  expect([await ended, await stdout]).toEqual([2, ""]);
  expect(await stderr).toContain("--jobs must be a whole number");
});
