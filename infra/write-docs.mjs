/** `npm run docs`: writes the pages that are made from the code, and says which of them changed. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./child.mjs";
import { generatedDocs } from "./generated-docs.mjs";

for (const { path, text } of await generatedDocs()) {
  const file = join(ROOT, path);
  const isNew = !existsSync(file) || readFileSync(file, "utf8") !== text;
  if (isNew) writeFileSync(file, text);
  console.log(`${isNew ? "written  " : "unchanged"} ${path}`);
}
