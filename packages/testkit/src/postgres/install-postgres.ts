/** Installs PostgreSQL through apt where that is allowed. It starts none, and keeps the packaged cluster from starting. */

import { candidateOf, installPackage, mayInstall, type Tell, tellOnStderr, updateLists } from "../machine/install-with-apt.ts";
import { findPostgres } from "./find-postgres.ts";

export const NO_POSTGRES =
  "No PostgreSQL on this machine: tests of the archive against it are left out. On Debian and Ubuntu: sudo apt-get install postgresql";

const PACKAGE = "postgresql";

/** Resolves with the folder of its programs; null when this is no Debian, we are not root, or apt could not. */
export async function installPostgres(tell: Tell = tellOnStderr): Promise<string | null> {
  if (!(await mayInstall())) return null;
  tell("No PostgreSQL on this machine: installing one with apt-get for the archive's tests (its service is kept from starting)");
  await updateLists(tell);
  const candidate = await candidateOf(PACKAGE);
  if (candidate === null || !(await installPackage(PACKAGE, candidate, tell))) return null;
  return await findPostgres();
}
