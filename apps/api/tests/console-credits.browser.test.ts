/** Credits in the console: the day and its budget, and where they went. */
import { expect, test } from "vitest";
import type { Browsers, ConsoleSystem } from "./console-system.ts";
import { inConsole } from "./in-console.ts";

let system: ConsoleSystem;
let browsers: Browsers;

function prepare(itsSystem: ConsoleSystem, itsBrowsers: Browsers): void {
  system = itsSystem;
  browsers = itsBrowsers;
}

inConsole({ settings: { maxCreditsPerDay: 1_000 }, prepare }, () => {
  test("credits are told by day, operation and campaign as the ledger has them, to whoever may read, without a script", async () => {
    await system.outcomeOf(await system.add("ada", 1));
    await system.outcomeOf(await system.add("ada", 2));
    const { body } = await system.api.call("viewer", "GET /v1/credits?days=7");
    const { byOperation } = body as { byOperation: { operation: string; charged: number }[] };
    const sent = byOperation.find(({ operation }) => operation === "message.send")?.charged;
    expect(sent).toBe(2);
    const page = await browsers.signedIn("viewer", "/console/credits?days=7", { script: false, width: "phone" });
    const { body: key } = await system.api.call("viewer", "GET /v1/key");
    const { dayBudget } = key as { dayBudget: { spent: number } };
    await page.getByText(`${dayBudget.spent} of 1,000`, { exact: true }).waitFor();
    const row = page.getByRole("row", { name: /message\.send/ });
    expect(await row.locator('td[data-label="charged"]').textContent()).toBe("2");
    await page.getByRole("heading", { name: "By day" }).waitFor();
    expect(await page.locator("main form[method=post]").count()).toBe(0);
    for (const secret of system.secrets) expect(await page.content()).not.toContain(secret);
  });
});
