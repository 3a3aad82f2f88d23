/** The pages that are made from the code: every `generated-docs.ts` at the top of a workspace names its own. It must never write. */
import { globSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./child.mjs";

/** @returns {Promise<{ path: string, text: string }[]>} Each page as the code has it now. It needs Node 24, which reads TypeScript. */
export async function generatedDocs() {
  const files = globSync("{apps,packages}/*/generated-docs.ts", { cwd: ROOT }).sort();
  const modules = await Promise.all(files.map((file) => import(pathToFileURL(join(ROOT, file)).href)));
  return modules.flatMap(({ pages }) => Object.entries(pages).map(([path, render]) => ({ path, text: render() })));
}
