/** Our Lua, looked at without a Redis: what the language would tell only when a line is reached. */
import { readdirSync, readFileSync } from "node:fs";
import { SPENDING_QUEUES } from "@linkup-queue/contracts";
import { describe, expect, test } from "vitest";
import { ALL_SCRIPTS } from "../src/all-scripts.ts";
import { KEYS, type Key } from "../src/redis/keys.ts";
import { luaName, readModules, scriptsOf } from "../src/redis/library.ts";
import { keysPage } from "./lua/keys-page.ts";
import { readLua, scriptFacts } from "./lua/read-lua.ts";

const MODULES = readModules();
/** Globals that Lua and Redis give to a function while it runs; none of them is there while the library is loaded. */
const GIVEN = new Set("cjson ipairs math next pairs pcall redis string table tonumber tostring type unpack".split(" "));
/** Names that stand before all modules. */
const BEFORE = new Set(
  "CAREFUL CAREFUL_PACE DAY_MS REACHING SHORT_WAYS WRITES api_key call clock int keys now now_text num script tick today".split(" "),
);
/** Lua has room for 200 in a function. */
const MOST_LOCALS = 100;

describe.each(MODULES.map((one) => [one.path, one] as const))("%s", (_path, { module, text, needs }) => {
  const read = readLua(module, text);

  test("uses no name that is not there, and says which modules it needs", () => {
    const unknown = [...read.globals].filter((name) => !GIVEN.has(name) && !BEFORE.has(name) && !needs.includes(name));
    expect(unknown).toEqual([]);
    expect(needs.filter((need) => !read.globals.has(need))).toEqual([]);
    expect(
      [...read.atLoad].filter((name) => GIVEN.has(name)),
      "nothing of Lua's is there while the library is loaded",
    ).toEqual([]);
  });

  test("has no function that is wider than half of what Lua allows", () => {
    expect(read.functions.filter(({ locals }) => locals > MOST_LOCALS).map(({ name }) => name)).toEqual([]);
  });

  test("names keys by keys.ts alone", () => {
    const known = new Set([...Object.keys(KEYS).map(luaName), ...(module === "bullmq" ? ["tag"] : [])]);
    const used = [...text.matchAll(/\bkeys\.(\w+)/g)].map(([, name = ""]) => name);
    expect(used.filter((name) => !known.has(name))).toEqual([]);
    expect(text).not.toMatch(/:gate:/);
  });
});

const SRC = new URL("../src/", import.meta.url);
const productFiles = () =>
  readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((path) => /\.(ts|lua)$/.test(path) && !path.endsWith(".test.ts"));

test("no file of the product spells a key but keys.ts", () => {
  const spelled = productFiles().filter((path) => /:gate:|cripts\.key\(/.test(readFileSync(new URL(path, SRC), "utf8")));
  expect(spelled).toEqual(["redis/keys.ts", "redis/library.ts"]);
});

test("the queues that the scripts count are those whose jobs make calls", () => {
  const bullmq = MODULES.find(({ module }) => module === "bullmq")?.text ?? "";
  const listed = /SPENDING_QUEUES = \{ ([^}]+) \}/.exec(bullmq)?.[1] ?? "";
  expect(listed.split(", ").map((name) => name.replaceAll("'", ""))).toEqual([...SPENDING_QUEUES]);
});

test("each script has one typed value, and each such value a script", () => {
  expect(ALL_SCRIPTS.map(({ name }) => name).sort()).toEqual(scriptsOf(MODULES).sort());
});

test.each(ALL_SCRIPTS.map((script) => [script.name, script] as const))(
  "%s is given the arguments that its Lua reads, and no others",
  (name, { args }) => {
    const read = scriptFacts(MODULES).get(name)?.args ?? new Set();
    expect([...read].sort()).toEqual(Object.keys(args.shape).sort());
  },
);

test("every key is written by a script or by code that says so on the page", () => {
  const page = keysPage();
  const unwritten = [...page.matchAll(/### `([^`]+)`(?:(?!###)[\s\S])*?- Written by: no script\n(?:(?!###)[\s\S])*?(?=###|$)/g)]
    .filter(([section]) => !section.includes("Written without a script"))
    .map(([, name]) => name);
  expect(unwritten).toEqual([]);
});

test("a key that is never there is written by nobody", () => {
  const sections = keysPage().split("\n### ");
  for (const { name } of Object.values<Key>(KEYS).filter(({ neverWritten }) => neverWritten)) {
    const section = sections.find((text) => text.startsWith(`\`${name}\``));
    expect(section).toContain("- Written by: nobody");
    expect(section).not.toContain("Written without a script");
  }
});
