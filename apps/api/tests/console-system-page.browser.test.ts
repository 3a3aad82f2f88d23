/** System in the console: checks with their remedies, Redis's memory, versions; for admins the settings and who changed what; never a secret. */
import { API_ROLES } from "@linkup-queue/contracts";
import { expect, test } from "vitest";
import { signInToConsole } from "./console-signed-in.ts";
import { type Browsers, type ConsoleSystem, picture, seriousOn, tooWideBy, WIDTHS, type Width } from "./console-system.ts";
import { inConsole } from "./in-console.ts";

const WIDTH_NAMES = Object.keys(WIDTHS) as Width[];
const OLD_KEY = Buffer.from("marker-of-the-former-secrets-key".slice(0, 32));
const FIRST_WRITE = "the-first-write-of-all";

let system: ConsoleSystem;
let browsers: Browsers;

async function prepare(itsSystem: ConsoleSystem, itsBrowsers: Browsers): Promise<void> {
  system = itsSystem;
  browsers = itsBrowsers;
  const write = { by: "ivy", via: "command_line", from: "host-7", what: "linkup key pause", status: "ok", count: 1 } as const;
  await system.api.engine.audit.write([{ ...write, target: FIRST_WRITE }]);
  const others = Array.from({ length: 199 }, (_, at) => ({ ...write, target: `account-${at}` }));
  await system.api.engine.audit.write(others);
  await system.api.call("admin", "POST /v1/key/resume");
}

inConsole({ settings: { secretsKeyOld: OLD_KEY, maxCreditsPerDay: 4_321 }, prepare }, () => {
  test.each(WIDTH_NAMES)("at the width of a %s, each check is told with its remedy, without a script", async (width) => {
    const page = await browsers.signedIn("admin", "/console/system", { width, script: false });
    const { body } = await system.api.call("viewer", "GET /v1/findings");
    const { items } = body as { items: { code: string; severity: string; message: string; remedy: string }[] };
    const trouble = items.filter(({ severity }) => severity !== "ok");
    expect(trouble.map(({ code }) => code)).toContain("accounts");
    const rows = page.getByRole("list", { name: "Checks that need a person" }).getByRole("listitem");
    expect(await rows.count()).toBe(trouble.length);
    expect(await rows.first().locator(".state").textContent()).toMatch(/keeps work from running|wants looking at/);
    for (const remedy of await rows.locator(".remedy").allTextContents()) expect(remedy).not.toBe("");
    for (const { code } of items.filter(({ severity }) => severity === "ok")) {
      expect(await page.locator("th[scope=row]", { hasText: code.replaceAll("_", " ") }).count(), code).toBeGreaterThan(0);
    }
    expect(await rows.filter({ hasText: "carl" }).getByRole("link", { name: "Accounts" }).getAttribute("href")).toBe("/console/accounts");
    await page.getByText("the line of 90 %", { exact: true }).waitFor();
    expect(Number(await page.locator("#memory-bar").getAttribute("value"))).toBeGreaterThan(0);
    // The bar and the check go by the same look.
    const used = await page
      .locator("dt", { hasText: /^used$/ })
      .locator("xpath=following-sibling::dd[1]")
      .textContent();
    const [usedSize = "none", boundSize = "none"] = used?.split(" of ") ?? [];
    await page.getByText(new RegExp(`^${usedSize} of ${boundSize} \\(`)).waitFor();
    expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
    await picture(page, `console-system-${width}.png`);
  });

  test.each(WIDTH_NAMES.flatMap((width) => [false, true].map((dark) => ({ width, dark }))))(
    "it has no serious finding of axe: $width, dark: $dark",
    async ({ width, dark }) => {
      const page = await browsers.signedIn("admin", "/console/system", { width, dark, csp: false });
      await page.getByRole("heading", { name: "Who changed what" }).waitFor();
      expect(await seriousOn(page)).toEqual([]);
      expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
    },
  );

  test("an admin sees the settings in force, and of who changed what the last 200; others neither", async () => {
    for (const role of API_ROLES) {
      const page = await browsers.signedIn(role, "/console/system", { script: false });
      await page.getByRole("heading", { name: "Versions" }).waitFor();
      const isAdmin = role === "admin";
      for (const name of ["Settings in force", "Who changed what"])
        expect(await page.getByRole("heading", { name }).count(), `${role} ${name}`).toBe(isAdmin ? 1 : 0);
      expect(await page.getByText("account-198", { exact: true }).count(), role).toBe(isAdmin ? 1 : 0);
      expect(await page.getByText("4321", { exact: true }).count(), role).toBe(isAdmin ? 1 : 0);
    }
    const page = await browsers.signedIn("admin", "/console/system", { script: false });
    const writes = page.getByRole("row").filter({ has: page.locator('td[data-label="what"]') });
    expect(await writes.count()).toBe(200);
    expect(await writes.first().textContent()).toContain("POST /v1/key/resume");
    expect(await page.getByText(FIRST_WRITE).count()).toBe(0);
    const settings = page.getByRole("row", { name: /LINKUP_SECRETS_KEY_OLD/ });
    expect(await settings.locator('td[data-label="value"]').textContent()).toBe("set, not shown");
  });

  test("the days until Redis's memory is full are told once it was noted for some hours", async () => {
    const { engine } = system.api;
    const growth = async () => {
      const page = await browsers.signedIn("viewer", "/console/system", { script: false });
      return await page.locator("dt", { hasText: "at the last day's growth" }).locator("xpath=following-sibling::dd[1]").textContent();
    };
    expect(await growth()).toMatch(/^not known yet/);
    const yesterdayMs = (await engine.keys.read()).nowMs - 86_000_000;
    await engine.scripts.client.zadd(engine.scripts.keys.memory, Math.floor(yesterdayMs / 3_600_000), `${yesterdayMs} 1000`);
    // A look is taken again after ten seconds, or once somebody changed something.
    const signedIn = await signInToConsole(system.api.api.url, "admin");
    expect((await signedIn.send("open", {})).status).toBe(303);
    expect(await growth()).toMatch(/^(?:about \d+ days|more than a year) up to the line, \d+(?:\.\d)? MB a day$/);
  });

  test("metrics are read by whoever is signed in, and by nobody else", async () => {
    const page = await browsers.signedIn("viewer", "/console/system", { script: false });
    await page.getByRole("link", { name: "Metrics" }).click();
    await page.getByText("linkup_key_open 1").waitFor();
    expect((await fetch(`${system.api.api.url}/console/metrics`)).status).toBe(401);
    await page.goto("/console/system");
    for (const name of ["Raw queues", "HTTP API"])
      expect(
        await page.getByRole("navigation", { name: "More of the system" }).getByRole("link", { name }).getAttribute("href"),
        name,
      ).toMatch(/^\/(board|docs)$/);
  });

  test("no page of it holds a secret", () => {
    const received = browsers.seen.bodies.join("\n") + browsers.seen.requested.join("\n") + system.api.logged();
    const keys = [OLD_KEY.toString("base64"), OLD_KEY.toString("base64url"), OLD_KEY.toString("utf8"), system.api.redis.url];
    for (const secret of [...system.secrets, ...keys]) expect(received).not.toContain(secret);
    expect(received).toContain("LINKUP_SECRETS_KEY");
  });
});
