/** Puts a mutation into the sources that this process loads afterwards; no file is changed. */
import fs from "node:fs";
import { registerHooks, syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Mutation } from "./mutations.ts";

const ROOT = join(import.meta.dirname, "../../../..");

/** How often the mutation's text is in its file: once, if it applies. */
export function timesFound({ file, from }: Mutation): number {
  return fs.readFileSync(join(ROOT, file), "utf8").split(from).length - 1;
}

export function applyMutation(mutation: Mutation): void {
  if (timesFound(mutation) !== 1) throw new Error(`${mutation.name} no longer applies: its text is not in ${mutation.file} exactly once`);
  const path = join(ROOT, mutation.file);
  const mutated = fs.readFileSync(path, "utf8").replace(mutation.from, () => mutation.to);
  const url = pathToFileURL(path).href;
  registerHooks({
    load: (asked, context, next) => {
      const loaded = next(asked, context);
      return asked === url ? { ...loaded, source: mutated } : loaded;
    },
  });
  const read = fs.readFileSync;
  // Lua is read as text, and put together where the engine is built.
  fs.readFileSync = ((...given: Parameters<typeof read>) =>
    [path, url].includes(String(given[0])) ? mutated : read(...given)) as typeof read;
  syncBuiltinESMExports();
}
