/** `linkup completion`, completed by bash itself, and by zsh and fish where they are on this machine. */
import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { because, findOnPath } from "@linkup-queue/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { leafPaths } from "../src/reference-page.ts";
import { runCli } from "./run-cli.ts";

const run = promisify(execFile);
let script: string;
/** Shells keep their notes here, and find nothing of anybody's. */
const home = mkdtempSync(join(tmpdir(), "linkup-shell-"));
afterAll(async () => await rm(home, { recursive: true }));

beforeAll(async () => {
  script = (await runCli(["completion", "bash"])).stdout;
});

/** The words that bash offers behind each of these lines, of which the last word is the one that is being typed; all by one bash. */
async function allCompleted(lines: readonly (readonly string[])[]): Promise<string[][]> {
  const quoted = (word: string) => `'${word}'`;
  const asked = lines.map(
    (words) => `COMP_WORDS=(linkup ${words.map(quoted).join(" ")}); COMP_CWORD=${words.length}; _linkup; echo "\${COMPREPLY[*]}"`,
  );
  const { stdout } = await run("bash", ["--norc", "--noprofile", "-u", "-c", `${script}\n${asked.join("\n")}`]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" "));
}

async function completed(...words: string[]): Promise<string[]> {
  return (await allCompleted([words]))[0] ?? [];
}

test("bash completes commands, also behind an option with a value", async () => {
  expect(await completed("camp")).toEqual(["campaign"]);
  expect(await completed("account", "p")).toEqual(["pause"]);
  expect(await completed("--settings", "production.env", "key", "re")).toEqual(["resume", "release"]);
  expect(await completed("completion", "")).toEqual(expect.arrayContaining(["bash", "zsh", "fish"]));
});

test("bash completes options of that command, and values of closed lists", async () => {
  expect(await completed("account", "list", "--st")).toEqual(["--state"]);
  expect(await completed("account", "list", "--state", "needs")).toEqual(["needs_attention"]);
  expect(await completed("job", "list", "--operation", "message.s")).toEqual(["message.send"]);
  expect(await completed("job", "list", "--operation", "=", "message.s")).toEqual(["message.send"]);
  expect(await completed("campaign", "status", "--state", "=")).toEqual(expect.arrayContaining(["draft", "running"]));
  expect(await completed("job", "list", "--state", "parked", "--js")).toEqual(["--json"]);
  expect(await completed("account", "list", "--email")).toEqual([""]);
});

test("an option that takes any value completes files", async () => {
  expect(await completed("enqueue", "--file", "/bin/bas")).toContain("/bin/bash");
});

test("every command is completed from its words, and has its help", async () => {
  const paths = leafPaths().map((path) => path.split(" "));
  const commands = await allCompleted(paths);
  expect(commands.map((words, at) => words.includes(paths[at]?.at(-1) ?? "") || paths[at])).toEqual(paths.map(() => true));
  const helps = await allCompleted(paths.map((words) => [...words, "--he"]));
  expect(helps).toEqual(paths.map(() => ["--help"]));
});

test("bash takes the script as its own, and knows by it how linkup is completed", async () => {
  const { stdout } = await run("bash", ["--norc", "--noprofile", "-c", `${script}\ncomplete -p linkup`]);
  expect(stdout).toBe("complete -o default -F _linkup linkup\n");
});

test("the scripts of zsh and fish know the same commands", async () => {
  const zsh = (await runCli(["completion", "zsh"])).stdout;
  expect(zsh).toBe(`autoload -Uz compinit bashcompinit\ncompinit\nbashcompinit\n${script}`);
  const fish = (await runCli(["completion", "fish"])).stdout;
  for (const path of leafPaths()) expect(fish).toContain(`-n '__linkup_at "${path}"'`);
  expect(fish).toContain(`-l state -x -a 'active refreshing awaiting_code cooling needs_attention disabled'`);
  expect((await runCli(["completion", "tcsh"])).status).toBe(2);
});

/** Lines with what a shell offers for their last word, and nothing else. */
const OFFERED = [
  { line: "camp", offered: ["campaign"] },
  { line: "account p", offered: ["pause"] },
  { line: "--settings production.env key re", offered: ["release", "resume"] },
  { line: "account list --st", offered: ["--state"] },
  { line: "account list --state needs", offered: ["needs_attention"] },
  { line: "job list --operation message.s", offered: ["message.send"] },
  { line: "job list --state parked --js", offered: ["--json"] },
  { line: "campaign edit spring --acc", offered: ["--account"] },
];
const zsh = await findOnPath("zsh");
const fish = await findOnPath("fish");

describe.skipIf(zsh === null)("in zsh", because("no zsh on this machine"), () => {
  /** zsh completes by its own words for bash's; it compares what is offered with the typed word itself, which is done here in its place. */
  async function offeredBy(line: string): Promise<string[]> {
    const words = line.split(" ");
    const { stdout: own } = await runCli(["completion", "zsh"]);
    const typed = ["linkup", ...words].map((word) => `'${word}'`).join(" ");
    const asked = `compadd() { print -rl -- "$@" }\nwords=(${typed}); CURRENT=$#words\n\${=_comps[linkup]}`;
    const { stdout, stderr } = await run(zsh ?? "", ["-f", "-c", `${own}\n${asked}`], { env: { PATH: process.env["PATH"], HOME: home } });
    expect(stderr).toBe("");
    return stdout.split("\n").filter((word) => /^[\w.-]{2,}$/.test(word) && word.startsWith(words.at(-1) ?? ""));
  }

  test.each(OFFERED)("linkup $line is completed", async ({ line, offered }) => {
    expect((await offeredBy(line)).filter((word) => word !== "-S").toSorted()).toEqual(offered);
  });
});

describe.skipIf(fish === null)("in fish", because("no fish on this machine"), () => {
  test.each([...OFFERED, { line: "job list --operation=message.s", offered: ["--operation=message.send"] }])(
    "linkup $line is completed",
    async ({ line, offered }) => {
      const { stdout: own } = await runCli(["completion", "fish"]);
      const asked = `complete -C 'linkup ${line}'`;
      const env = { PATH: process.env["PATH"], HOME: home, XDG_CONFIG_HOME: home };
      const { stdout, stderr } = await run(fish ?? "", ["--no-config", "-c", `${own}\n${asked}`], { env });
      expect(stderr).toBe("");
      const found = stdout.split("\n").filter((line) => line !== "");
      expect(found.map((line) => line.split("\t")[0]).toSorted()).toEqual(offered);
    },
  );
});
