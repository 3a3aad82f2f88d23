/**
 * All our Lua as one source: a Redis function library, named by its own hash, so that two versions work side by side. Each file is a module, a
 * function of its own that says what it needs of the others; none reaches Redis but by the one `call`, where a test may put its clock.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import {
  ACCOUNT_PLANS,
  CAREFUL,
  CAREFUL_PACE,
  countedCaps,
  drawnPace,
  REACHING_OPERATIONS,
  scopesOf,
  WRITE_OPERATIONS,
} from "@linkup-queue/contracts";
import { KEYS, type Key, partsOf } from "./keys.ts";

/** A Lua file. `module` is its name among the others, `needs` the modules that it uses, as its line `-- needs:` says. */
export type LuaModule = { path: string; module: string; needs: readonly string[]; text: string };

export type Assembly = {
  /** The layout that the scripts work with; they refuse to run in another. */
  layout: string;
  /** A Lua expression for what calls Redis; KEYS[1] is the tag in it. Default: Redis's own. */
  redisCall?: string | undefined;
  /** Whether scripts take no short way, so that a test can compare what both ways leave behind. */
  noShortWays?: boolean | undefined;
};

export type Library = {
  /** `linkup_<hash>`. */
  name: string;
  /** The text for FUNCTION LOAD. `loadedMs` goes into the name of a function that does nothing, which tells how old the library is. */
  source(loadedMs: number): string;
  /** The name of a script's function. */
  functionOf(script: string): string;
  /** A script as EVAL takes it, for a server that has no memory left to take the library. */
  evalSource(script: string): string;
  /** Lua that runs once among the modules, with `a` as a script has it. */
  evalText(lua: string): string;
};

const SOURCES = new URL("../", import.meta.url);
/** A script's name and its flag, which comes first where there is one. */
const SCRIPT = /^script\('(\w+)', \{\s*(?:flags = \{ '([\w-]+)' \})?/gm;
const NEEDS = /^-- needs: (.+)$/m;
/** The file that stands before all modules and is none itself. */
const ENTER = "redis/lua/enter.lua";

/** A key's name in Lua: words with low lines between. */
export function luaName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The Lua files of every room that are modules, each behind those that it needs. Throws where two need each other. */
export function readModules(): LuaModule[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".lua") && path !== ENTER)
    .sort();
  return inOrder(files.map(readModule).filter((one) => one !== null));
}

function readModule(path: string): LuaModule | null {
  const text = readFileSync(new URL(path, SOURCES), "utf8");
  const needs = NEEDS.exec(text)?.[1];
  if (needs === undefined) return null;
  const module = (path.split("/").at(-1) ?? "").replace(".lua", "").replaceAll("-", "_");
  return { path, module, needs: needs === "nothing" ? [] : needs.split(", "), text };
}

function inOrder(modules: readonly LuaModule[]): LuaModule[] {
  const placed = new Map<string, LuaModule>();
  const open = new Set<string>();
  const place = (one: LuaModule): void => {
    if (placed.get(one.module) === one) return;
    if (placed.has(one.module)) throw new Error(`two modules are called ${one.module}: ${placed.get(one.module)?.path} and ${one.path}`);
    if (open.has(one.module)) throw new Error(`modules need each other: ${[...open, one.module].join(" -> ")}`);
    open.add(one.module);
    for (const need of one.needs) {
      const found = modules.find(({ module }) => module === need);
      if (found === undefined) throw new Error(`${one.path} needs ${need}, which no file is`);
      place(found);
    }
    open.delete(one.module);
    placed.set(one.module, one);
  };
  for (const one of modules) place(one);
  return [...placed.values()];
}

/** The module `keys`: `keys.under(tag)` makes the names of one API key. */
function keysModule(): string {
  const fixed: string[] = [];
  const made: string[] = [];
  for (const [key, { name }] of Object.entries<Key>(KEYS)) {
    const [first, ...rest] = partsOf(name);
    if (rest.length === 0) {
      fixed.push(`    keys.${luaName(key)} = prefix .. '${first}'`);
      continue;
    }
    const names = rest.map((_, at) => `p${at + 1}`);
    const text = rest.map((part, at) => `p${at + 1}${part === "" ? "" : ` .. '${part}'`}`).join(" .. ");
    made.push(`  function keys.${luaName(key)}(${names.join(", ")}) return prefix .. '${first}' .. ${text} end`);
  }
  return `local keys = {}
do
  local prefix, now_under = '', ''
${made.join("\n")}
  function keys.under(tag)
    if tag == now_under then return end
    prefix, now_under, keys.tag = tag .. ':gate:', tag, tag
    keys.prefix = prefix
${fixed.join("\n")}
  end
end`;
}

const luaPair = ([least, most]: readonly [number, number]) => `{ ${least}, ${most} }`;

/** The careful pace, as `drawnPace` has it. */
function carefulPace(): string {
  const { gaps, break: pause } = drawnPace(CAREFUL_PACE);
  const families = Object.entries(gaps).map(([family, gap]) => `${family} = ${luaPair(gap ?? [0, 0])}`);
  const breaks = pause === undefined ? "" : `, ['break'] = { every = ${luaPair(pause.every)}, ms = ${luaPair(pause.ms)} }`;
  return `local CAREFUL_PACE = { gaps = { ${families.join(", ")} }${breaks} }`;
}

/** The scopes of writes. */
function writesTable(): string {
  const names = ["write", ...WRITE_OPERATIONS.flatMap((name) => scopesOf(name, {})), "note"];
  return `local WRITES = { ${[...new Set(names)].map((name) => `['${name}'] = true`).join(", ")} }`;
}

/** The careful caps by plan and scope. */
function carefulTable(): string {
  const plans = ACCOUNT_PLANS.map((plan) => {
    const scopes = Object.entries(countedCaps(CAREFUL[plan])).map(
      ([scope, caps]) => `['${scope}'] = { ${caps.map(([most, windowMs]) => `{ ${most}, ${windowMs} }`).join(", ")} }`,
    );
    return `  ${plan} = { ${scopes.join(", ")} },`;
  });
  return `local CAREFUL = {\n${plans.join("\n")}\n}`;
}

/** The operations that reach the person whom they name. */
function reachingTable(): string {
  return `local REACHING = { ${REACHING_OPERATIONS.map((name) => `['${name}'] = true`).join(", ")} }`;
}

/** The names of the scripts in these modules. */
export function scriptsOf(modules: readonly LuaModule[]): string[] {
  return modules.flatMap(({ text }) => [...text.matchAll(SCRIPT)].map(([, name = ""]) => name));
}

/** The text before all scripts, whichever way they are run. */
function bodyOf(modules: readonly LuaModule[], { layout, redisCall = "redis.call", noShortWays = false }: Assembly): string {
  const enter = readFileSync(new URL(ENTER, SOURCES), "utf8");
  if (enter.split("redis_call(tag)").length !== 2)
    throw new Error(`${ENTER} has not the one place where a test's clock stands: redis_call(tag)`);
  for (const { path, text } of [...modules, { path: ENTER, text: enter }]) {
    if (/\bredis\s*\.\s*p?call\b/.test(text)) throw new Error(`${path} reaches Redis past the \`call\` that stands before all modules`);
  }
  return [
    `local LAYOUT = '${layout}'`,
    `local SHORT_WAYS = ${!noShortWays}`,
    `local function redis_call(tag) ${/\bKEYS\b/.test(redisCall) ? "local KEYS = { tag } " : ""}return ${redisCall} end`,
    keysModule(),
    carefulTable(),
    carefulPace(),
    writesTable(),
    reachingTable(),
    enter,
    ...modules.map(({ module, text }) => `local ${module} = (function()\n${text}\nend)()`),
  ].join("\n");
}

/** Puts the library together. Throws for a module that reaches Redis past `call`, which a test's clock would not reach. */
export function assembleLibrary(modules: readonly LuaModule[], assembly: Assembly): Library {
  const body = bodyOf(modules, assembly);
  const hash = createHash("sha256").update(body).digest("hex").slice(0, 12);
  const flags = new Map(modules.flatMap(({ text }) => [...text.matchAll(SCRIPT)].map(([, name = "", flag]) => [name, flag] as const)));
  const functionOf = (script: string) => `linkup_${script}_${hash}`;
  const register = scriptsOf(modules).map(
    (name) =>
      `redis.register_function{ function_name = '${functionOf(name)}', flags = scripts.${name}.flags or {},
  callback = function(given, args) return enter(scripts.${name}, given, args) end }`,
  );
  return {
    name: `linkup_${hash}`,
    functionOf,
    source: (loadedMs) =>
      `#!lua name=linkup_${hash}\n${body}\n${register.join("\n")}\nredis.register_function('linkup_loaded_${loadedMs}_${hash}', function() return 1 end)\n`,
    evalSource: (script) => `#!lua flags=${flags.get(script) ?? ""}\n${body}\nreturn enter(scripts['${script}'], KEYS, ARGV)\n`,
    evalText: (lua) => `${body}\nreturn enter({ run = function(a)\n${lua}\nend }, KEYS, ARGV)\n`,
  };
}
