/** How the library is put together: modules behind those they need, and nothing of theirs reaches Redis but by the `call` that a test may put its clock into. */
import { expect, test } from "vitest";
import { keysOf } from "./keys.ts";
import { assembleLibrary, type LuaModule, readModules, scriptsOf } from "./library.ts";

const moduleOf = (module: string, text: string): LuaModule => ({ path: `some/lua/${module}.lua`, module, needs: [], text });
const look = moduleOf("look", "script('look', { run = function() return call('PING') end })");

test("a library is named by the hash of its text, as are its functions, and its age is in the name of one of them", () => {
  const library = assembleLibrary([look], { layout: "1" });
  const [, hash] = /^linkup_([0-9a-f]{12})$/.exec(library.name) ?? [];
  expect(library.functionOf("look")).toBe(`linkup_look_${hash}`);
  expect(library.source(7)).toContain(`#!lua name=${library.name}\n`);
  expect(library.source(7)).toContain(`function_name = 'linkup_look_${hash}'`);
  expect(library.source(7)).toContain(`'linkup_loaded_7_${hash}'`);
  expect(assembleLibrary([look], { layout: "1" }).name).toBe(library.name);
  for (const other of [
    assembleLibrary([look], { layout: "2" }),
    assembleLibrary([look], { layout: "1", redisCall: "a_clock()" }),
    assembleLibrary([moduleOf("look", `${look.text} -- and a word`)], { layout: "1" }),
  ]) {
    expect(other.name).not.toBe(library.name);
  }
});

test("the call to Redis stands in one place, for the functions, for EVAL and for the steps of a layout", () => {
  const library = assembleLibrary([look], { layout: "1", redisCall: "a_clock()" });
  for (const text of [library.source(7), library.evalSource("look"), library.evalText("return 1")]) {
    expect(text).toContain("return a_clock() end");
    expect(text).not.toContain("redis.call");
  }
});

test.each(["local call = redis.call", "return redis.pcall('GET', 'k')", "redis . call('PING')"])(
  "a module that goes past it is refused: %s",
  (text) => {
    expect(() => assembleLibrary([moduleOf("look", text)], { layout: "1" })).toThrow("some/lua/look.lua reaches Redis past the `call`");
  },
);

test("every module stands behind those that it needs, and every script's name is its own", () => {
  const modules = readModules();
  const names = modules.map(({ module }) => module);
  for (const [at, { path, needs }] of modules.entries()) {
    expect(
      needs.filter((need) => !names.slice(0, at).includes(need)),
      path,
    ).toEqual([]);
  }
  const scripts = scriptsOf(modules);
  expect(new Set(scripts).size).toBe(scripts.length);
});

test("a key's name is made of its parts", () => {
  const keys = keysOf("{linkup-k}");
  expect(keys.slots).toBe("{linkup-k}:gate:slots");
  expect(keys.job("abc")).toBe("{linkup-k}:gate:job:abc");
  expect(keys.hookLane("g", "r-1")).toBe("{linkup-k}:gate:hook:g:line:r-1");
});
