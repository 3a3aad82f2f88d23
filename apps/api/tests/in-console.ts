/** A suite over a console of its own, each test in a browser; skipped, and said so, where there is none on this machine. */
import type { ApiSettings } from "@linkup-queue/contracts";
import { because, noBrowser, testBrowser } from "@linkup-queue/testkit";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { Browsers, type ConsoleSystem, startConsoleSystem } from "./console-system.ts";

const browser = await testBrowser();

type Suite = {
  settings?: Partial<ApiSettings>;
  /** Runs once, before all tests. */
  prepare: (system: ConsoleSystem, browsers: Browsers) => void | Promise<void>;
};

/** Pages are closed behind each test; system and browser behind the last. */
export function inConsole({ settings = {}, prepare }: Suite, tests: () => void): void {
  describe.skipIf(browser === null)("in a browser", because(noBrowser()), () => {
    let system: ConsoleSystem | undefined;
    let browsers: Browsers | undefined;
    beforeAll(async () => {
      system = await startConsoleSystem(settings);
      browsers = new Browsers(system.api.api.url, browser ?? "");
      await prepare(system, browsers);
    });
    afterEach(async () => await browsers?.leave());
    tests();
    // Hooks end in the other order: whatever a suite closes of its own is closed behind the system.
    afterAll(async () => {
      await browsers?.close();
      await system?.close();
    });
  });
}
