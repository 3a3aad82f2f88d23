/** The pages that are made from the code: every `generated-docs.ts` at the top of a workspace names its own. It must never write. */
import { globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./child.mjs";

/** @returns {Promise<{ path: string, text: string }[]>} Each page as the code has it now. It needs Node 24, which reads TypeScript. */
export async function generatedDocs() {
  const files = globSync("{apps,packages}/*/generated-docs.ts", { cwd: ROOT }).sort();
  const modules = await Promise.all(files.map((file) => import(pathToFileURL(join(ROOT, file)).href)));
  /** @type {Map<string, string>} */
  const texts = new Map();
  /** A page may be made from one of a workspace before it. @param {string} path */
  const pageOf = (path) => {
    const text = texts.get(path);
    if (text === undefined) throw new Error(`no page before this one is ${path}`);
    return text;
  };
  for (const { pages } of modules) for (const [path, render] of Object.entries(pages)) texts.set(path, render(pageOf));
  return [...texts].map(([path, text]) => ({ path, text }));
}
