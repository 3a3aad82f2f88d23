/** A main for set-up: installs a browser for the tests where that is allowed, and says so where there is none. It starts none and never fails. */
import { findBrowser, givenBrowser, noBrowser } from "./browser/find-browser.ts";
import { installBrowser } from "./browser/install-browser.ts";

/** The whole sentence, as the tests' last lines tell it too. */
const tell = (why: string) => process.stderr.write(`Tests in a browser will be skipped: ${why}\n`);

try {
  if ((await findBrowser()) === null && (givenBrowser() !== null || (await installBrowser()) === null)) tell(noBrowser());
} catch (thrown) {
  tell(`a Chromium could not be installed (${thrown instanceof Error ? thrown.message : "unknown"})`);
}
