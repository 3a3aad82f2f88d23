/** Every command that the code tells somebody to type, in a line that begins with `try:`, in a finding, an error or an advice, can be typed. */
import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { promisify } from "node:util";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import { type Command, CommanderError } from "commander";
import { describe, expect, test } from "vitest";
import { calledAs, shellWord } from "../src/commands/dev.ts";
import { createProgram } from "../src/program.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** The values that stand in for one that is known only when the line is told. */
const VALUES: Readonly<Record<string, string>> = { "--email": "ada@example.com", "--settings": ".env" };

type Told = { place: string; text: string };

/** The texts behind the word `linkup` in strings of the product; comments are for developers. */
function toldCommands(): Told[] {
  const files = globSync("{apps,packages}/*/src/**/*.ts", { cwd: ROOT }).filter((file) => !/\.(test|d)\.ts$/.test(file));
  return files.flatMap((file) => {
    const source = readFileSync(join(ROOT, file), "utf8");
    const code = source.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, "")).replace(/(^|\s)\/\/.*$/gm, "$1");
    const filled = code.replace(/\$\{[^{}]*\}/g, "X1");
    return [...filled.matchAll(/(?<![\w/@-])(?:linkup|X1(?= --settings)) ((?:--settings |[a-z]+\b)(?:(?!linkup )[^"`'\\\n])*)/g)].map(
      ({ 1: text = "", index }) => ({
        place: `${file}:${filled.slice(0, index).split("\n").length}`,
        text,
      }),
    );
  });
}

/** A program that runs nothing. */
function idleProgram(): Command {
  const stream = () => new PassThrough().resume();
  const streams = { stdin: stream(), stdout: stream(), stderr: stream() };
  const program = createProgram({
    environment: () => ({}),
    prices: V1_PRICES,
    folder: ".",
    settingsFile: ".env",
    timeZone: "UTC",
    ...streams,
  });
  const idle = (command: Command): void => {
    if (command.commands.length === 0) command.action(() => undefined);
    for (const child of command.commands) idle(child);
  };
  idle(program);
  return program;
}

type Typed = { command: Command; args: readonly string[]; isWhole: boolean };

/** The command that a text names, and the arguments with which it is to be typed: as far as its words are those of a command line. */
function typedIn(text: string): Typed | null {
  const words = text.split(/\s+/);
  const args: string[] = [];
  let command = idleProgram();
  if (words[0] === "--settings") args.push(...words.splice(0, 2));
  for (let next = childOf(command, words[0]); next !== undefined; next = childOf(command, words[0])) {
    command = next;
    args.push(bare(words.shift()));
  }
  // The bare name of a group tells of all its commands.
  const isGroup = command.commands.length > 0;
  if (command.parent === null || (isGroup && words.length > 0 && words[0] !== "...")) return null;
  const named = args.length;
  for (let word = words.shift(); word !== undefined && isTyped(word); word = words.shift()) {
    const option = bare(word);
    const takesValue = command.options.some(({ long, required }) => long === option && required);
    args.push(option);
    if (takesValue) args.push(VALUES[option] ?? bare(words.shift()));
  }
  return { command, args, isWhole: args.length > named };
}

/** A word without the signs of the sentence, the pattern or the page in which it stands. */
function bare(word = ""): string {
  return word.replace(/[,.;:)]+$|\$?\/.*$|<\/.*$/, "");
}

function childOf(command: Command, word: string | undefined): Command | undefined {
  return command.commands.find((child) => child.name() === bare(word));
}

/** An option, a placeholder, or an example's id. */
function isTyped(word: string): boolean {
  return /^--[a-z-]+[,.;:)]*$|^X1[,.;:)]*$|^<\w+>|^(?:ada|spring|crm)[,.;:)]*$/.test(word);
}

/** Why a command can't be typed so; empty when it can. */
async function refusalOf(args: readonly string[]): Promise<string> {
  try {
    await idleProgram().parseAsync(args, { from: "user" });
    return "";
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return thrown.exitCode === 0 ? "" : thrown.message;
  }
}

/** Texts in which the word is the product's name and no command follows. */
const NO_COMMANDS = /^(?:are|console|on|outcome|queue)\b/;

describe("a command that the code tells somebody to type", () => {
  const told = toldCommands().filter(({ text }) => !NO_COMMANDS.test(text));

  test("is found in findings, advice, errors and hints", () => {
    const places = [
      "findings/account-advice.ts",
      "findings/judge-work.ts",
      "findings/key-advice.ts",
      "commands/dev.ts",
      "campaign/create-campaign.ts",
    ];
    for (const place of places)
      expect(
        told.some(({ place: of }) => of.includes(place)),
        place,
      ).toBe(true);
  });

  test.each(told)("$place: linkup $text", async ({ text }) => {
    const typed = typedIn(text);
    expect(typed, `no command is named "${text}"`).not.toBeNull();
    if (typed?.isWhole) expect(await refusalOf(typed.args)).toBe("");
  });
});

test("a command that is not there, an option that is not, and an argument that is missing are found", async () => {
  expect([typedIn("acount add X1"), typedIn("account ad X1")]).toEqual([null, null]);
  expect(await refusalOf(typedIn("account add X1 --mail X1")?.args ?? [])).toContain("unknown option");
  expect(await refusalOf(typedIn("key release --json")?.args ?? [])).toContain("missing required argument");
  expect(typedIn("job resolve X1 --happened, or --not-happened")?.args).toEqual(["job", "resolve", "X1", "--happened"]);
});

test("linkup dev's hint is called as dev was, and its path is one word whatever is in it", async () => {
  expect([calledAs({ npm_lifecycle_event: "linkup" }), calledAs({})]).toEqual(["npm run linkup --", "linkup"]);
  for (const path of ["/srv/queue/.env", "/home/the ada's/$HOME/.env"]) {
    const { stdout } = await promisify(execFile)("bash", ["-c", `printf %s ${shellWord(path)}`]);
    expect(stdout).toBe(path);
  }
});
