/** Installs Debian's Chromium through apt where that is allowed. It starts none. */

import { candidateOf, installPackage, mayInstall, type Tell, tellOnStderr, updateLists } from "../machine/install-with-apt.ts";
import { findBrowser } from "./find-browser.ts";

const PACKAGE = "chromium";

/** Resolves with its path; null when this is no Debian, we are not root, or apt has none that starts. */
export async function installBrowser(tell: Tell = tellOnStderr): Promise<string | null> {
  if (!(await mayInstall())) return null;
  tell("No Chromium on this machine: installing one with apt-get for the tests in a browser (a minute or two at first)");
  await updateLists(tell);
  const candidate = await candidateOf(PACKAGE);
  if (candidate === null || !(await installPackage(PACKAGE, candidate, tell))) return null;
  return await findBrowser();
}
