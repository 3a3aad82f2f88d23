/** The README's first job, line by line as it stands there, from `linkup dev` to its outcome. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { type SpawnedProcess, spawnProcess, waitFor } from "@linkup-queue/testkit";
import { afterAll, expect, test } from "vitest";
import { MAIN, ownFolder } from "./run-cli.ts";

const run = promisify(execFile);
const README = readFileSync(join(import.meta.dirname, "../../../README.md"), "utf8");
const folder = ownFolder();
let dev: SpawnedProcess | null = null;
afterAll(async () => {
  await dev?.kill("SIGINT");
  await folder.remove();
});

/** The commands of the first block, one to an item. `npm run` needs the project's own folder; its data goes into the test's. */
function commands(): string[] {
  const block = /^## First job[\s\S]*?^```sh\n([\s\S]*?)^```/m.exec(README)?.[1] ?? "";
  expect(block.trimEnd().split("\n")).toHaveLength(6);
  return block
    .replaceAll("\\\n", "")
    .trimEnd()
    .split("\n")
    .map((line) =>
      line.replace("npm run --silent linkup --", `"${process.execPath}" "${MAIN}"`).replace(".local/dev", `"${folder.path}"/dev`),
    );
}

test("the README's six lines start everything, send one message, and show its outcome", async () => {
  const [start = "", define = "", account = "", enqueue = "", show = ""] = commands();
  expect(start).toMatch(/^npm run linkup -- dev +#/);
  dev = await spawnProcess({
    args: [MAIN, "dev", "--json", "--no-watch", "--data", join(folder.path, "dev")],
    cwd: folder.path,
    readyLine: (line) => line["ready"] === true,
  });
  const type = async (line: string) => (await run("bash", ["-c", `${define}\n${line}`], { cwd: folder.path })).stdout;

  expect(await type(account)).toContain("Account anna is registered");
  const job = /linkup job show (\S+)/.exec(await type(enqueue))?.[1] ?? "";
  const shown = await waitFor(() => type(show.replace("JOB", job)), { what: "the outcome", until: (text) => /\bcompleted\b/.test(text) });
  expect(shown).toMatch(/\bsucceeded\b/);
  expect(shown).toMatch(/^calls\t1$/m);
  expect(shown).toMatch(/^credits\t1\b/m);
  await type(enqueue);
  const summary = await fetch(`${String(dev.ready["sandbox"])}/_sandbox/summary`);
  expect(await summary.json()).toMatchObject({ effects: { done: 1 }, repeated: 0 });
});
