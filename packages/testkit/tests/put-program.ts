/** Programs of a test's own, for what is looked for on the path. */
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Writes a shell script that can be run into `folder`; answers its path. */
export async function putProgram(folder: string, name: string, script: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}
