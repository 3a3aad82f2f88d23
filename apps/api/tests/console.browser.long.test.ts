/** The console's pages at both widths: nothing wider than the screen, no serious finding of axe in light and dark, and for each role what it may. */
import { API_ROLES } from "@linkup-queue/contracts";
import { describe, expect, test } from "vitest";
import { ADDRESSES, type Browsers, type ConsoleSystem, fillConsole, seriousOn, tooWideBy, WIDTHS, type Width } from "./console-system.ts";
import { inConsole } from "./in-console.ts";

const WIDTH_NAMES = Object.keys(WIDTHS) as Width[];

let system: ConsoleSystem;
let browsers: Browsers;
let unknown: string;

async function prepare(itsSystem: ConsoleSystem, itsBrowsers: Browsers): Promise<void> {
  system = itsSystem;
  browsers = itsBrowsers;
  unknown = await fillConsole(system);
}

inConsole({ prepare }, () => {
  describe.each(WIDTH_NAMES)("at the width of a %s", (width) => {
    test.each([false, true])("no page is wider than the screen or has a serious finding of axe; dark: %s", async (dark) => {
      const page = await browsers.signedIn("admin", "/console", { width, dark, csp: false });
      const ofJob = ["", "/again"].map((more) => `/console/jobs/messages/${unknown}${more}`);
      for (const address of [...ADDRESSES, "/console/stop", "/console/accounts/carl/remove", ...ofJob]) {
        await page.goto(address);
        await page.locator("h1").waitFor();
        expect(await tooWideBy(page), address).toBeLessThanOrEqual(0);
        expect(await seriousOn(page), address).toEqual([]);
      }
    });

    test.each(API_ROLES)("a %s sees what the role may do, and nothing else", async (role) => {
      const page = await browsers.signedIn(role, "/console", { width });
      const isAdmin = role === "admin";
      const may = isAdmin || role === "producer";
      expect(await page.getByRole("link", { name: "Stop everything" }).count()).toBe(isAdmin ? 1 : 0);
      expect(await page.getByRole("button", { name: "Give the code" }).count()).toBe(isAdmin ? 1 : 0);
      await page.goto("/console/unknown");
      expect(await page.getByRole("button", { name: "It happened" }).count()).toBe(may ? 1 : 0);
      expect(await page.getByRole("link", { name: "send again" }).count()).toBe(may ? 1 : 0);
      await page.goto("/console/accounts/ada");
      for (const name of ["Pause", "Log in with these"])
        expect(await page.getByRole("button", { name }).count(), name).toBe(isAdmin ? 1 : 0);
      expect((await page.goto("/console/stop"))?.status()).toBe(isAdmin ? 200 : 404);
    });
  });
});
