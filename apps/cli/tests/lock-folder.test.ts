/** One `linkup dev` in a folder, whatever an earlier one left there. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, expect, test } from "vitest";
import { ownFolder } from "./run-cli.ts";

const folder = ownFolder();
afterAll(async () => await folder.remove());

/** A process of its own that asks for the folder and says what it got; with it, it stays until it is killed. */
async function ask(path: string) {
  const script = `
    const { lockFolder } = await import(${JSON.stringify(join(import.meta.dirname, "../src/dev/lock-folder.ts"))});
    let said = "in";
    try {
      await lockFolder(${JSON.stringify(path)});
    } catch (error) {
      said = error.code + ": " + error.message;
    }
    console.log(said);
    if (said === "in") process.stdin.resume();`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(child, "exit");
  const [said] = await once(createInterface({ input: child.stdout }), "line");
  const end = async () => {
    child.kill("SIGKILL");
    await exited;
  };
  return { said: String(said), pid: child.pid, exited, end };
}

test("of four that start at once over what a killed one left, one has the folder, and the others are told which and end", async () => {
  for (const [round, left] of ["4194304\n", "", `${process.pid}\n`].entries()) {
    const path = join(folder.path, `round-${round}`);
    mkdirSync(path);
    writeFileSync(join(path, "dev.pid"), left);
    const asked = await Promise.all([ask(path), ask(path), ask(path), ask(path)]);
    const [inside, ...more] = asked.filter(({ said }) => said === "in");
    expect(more).toEqual([]);
    const refused = asked.filter(({ said }) => said.startsWith(`conflict: linkup dev is running already (process ${inside?.pid});`));
    expect(refused).toHaveLength(3);
    await Promise.all(refused.map(({ exited }) => exited));
    await inside?.end();
  }
}, 240_000);
