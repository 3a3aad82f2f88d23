/** Credits in the console: the day and its budget, and where they went. */
import { expect, test } from "vitest";
import { type Browsers, type ConsoleSystem, seriousOn, tooWideBy, WIDTHS, type Width } from "./console-system.ts";
import { inConsole } from "./in-console.ts";

const WIDTH_NAMES = Object.keys(WIDTHS) as Width[];

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
    await page.getByRole("heading", { name: "By account" }).waitFor();
    const { byAccount } = body as { byAccount: { accountId: string; charged: number }[] };
    const ofAda = byAccount.find(({ accountId }) => accountId === "ada")?.charged;
    // Its log-in, and its two messages.
    expect(ofAda).toBe(3);
    expect(await page.getByRole("row", { name: /^ada/ }).locator('td[data-label="charged"]').textContent()).toBe("3");
    const file = decodeURIComponent(
      (await page.getByRole("link", { name: "Download CSV" }).getAttribute("href"))?.split(",").slice(1).join(",") ?? "",
    );
    expect(file.split("\n")).toEqual(
      expect.arrayContaining(["by,name,charged,wasted,uncertain,redriven", "account,ada,3,0,0,0", "operation,message.send,2,0,0,0"]),
    );
    expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
    expect(await page.locator("main form[method=post]").count()).toBe(0);
    for (const secret of system.secrets) expect(await page.content()).not.toContain(secret);
  });

  test.each(WIDTH_NAMES)(
    "at the width of a %s, the wasted is told by its cause in words, each with the way to the jobs that ended so; the file has it, too",
    async (width) => {
      const number = width === "desk" ? 11 : 12;
      await system.sandbox.scenario({ next: [{ status: 404, operation: "message.send" }] });
      const jobId = await system.add("ada", number);
      await system.outcomeOf(jobId);
      const { body } = await system.api.call("viewer", "GET /v1/credits?days=7");
      const { byCause } = body as { byCause: { cause: string; wasted: number }[] };
      const wasted = byCause.find(({ cause }) => cause === "not_found")?.wasted ?? 0;
      expect(wasted).toBeGreaterThan(0);
      const page = await browsers.signedIn("viewer", "/console/credits?days=7", { script: false, width });
      const row = page.getByRole("row", { name: /LinkedIn does not have this person or thing/ });
      expect(await row.locator('td[data-label="wasted"]').textContent()).toBe(String(wasted));
      const file = await page.getByRole("link", { name: "Download CSV" }).getAttribute("href");
      expect(decodeURIComponent(file ?? "").split(/\r?\n/)).toContain(`cause,not_found,,${wasted},,`);
      expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
      await row.getByRole("link").click();
      expect(new URL(page.url()).search).toBe("?code=not_found");
      expect(await page.locator(`a[href*="${encodeURIComponent(jobId)}"]`).count()).toBeGreaterThan(0);
    },
  );

  test.each(WIDTH_NAMES)(
    "at the width of a %s, a column for each day is drawn, with today's, and the line of the budget in sight",
    async (width) => {
      const page = await browsers.signedIn("viewer", "/console/credits?days=90", { width });
      await page.locator(".plot canvas").waitFor();
      const { days, sums, top } = await page.locator(".plot").evaluate((element) => {
        const { plot } = element as unknown as { plot: { data: number[][]; scales: { y: { max: number } } } };
        const [days = [], ...stacked] = plot.data;
        return { days, sums: stacked.map((values) => values.at(-1)), top: plot.scales.y.max };
      });
      expect(days).toHaveLength(90);
      const { body } = await system.api.call("viewer", "GET /v1/credits?days=1");
      const { charged, wasted } = (body as { total: { charged: number; wasted: number } }).total;
      // The highest of a column comes first: what today may come to, then what is uncertain, wasted, charged.
      expect(sums.slice(1)).toEqual([charged, charged, charged - wasted]);
      expect(sums[0]).toBeGreaterThanOrEqual(charged);
      expect(top).toBe(1_000);
      expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
    },
  );

  test.each(WIDTH_NAMES)(
    "at the width of a %s, an account's card and page show seven days of its calls and credits, drawn without a script and told in words",
    async (width) => {
      for (const number of width === "desk" ? [21, 22] : [23, 24]) await system.outcomeOf(await system.add("ada", number));
      const { engine } = system.api;
      const { nowMs } = await engine.keys.read();
      const days = (await engine.credits.ofAccounts({ ids: ["ada"], days: 7, nowMs })).get("ada") ?? [];
      const today = days.at(-1) ?? expect.fail("there is no day");
      // Its log-in, and its messages.
      expect(today.calls).toBeGreaterThan(2);
      const told = `today ${today.calls} calls, ${today.charged} credits; 7 days ${today.calls} calls, ${today.charged} credits`;
      for (const path of ["/console/accounts?find=ada", "/console/accounts/ada"]) {
        const page = await browsers.signedIn("viewer", path, { script: false, width });
        await page.getByText(told).waitFor();
        const drawing = page.getByRole("img", { name: `${today.day} ${today.calls} calls, ${today.charged} credits` });
        expect(await drawing.locator("rect").count()).toBe(2);
        expect((await drawing.locator("rect").first().boundingBox())?.height).toBeGreaterThan(0);
        expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
      }
      const page = await browsers.signedIn("viewer", "/console/accounts?find=carl", { script: false, width });
      await page.getByText("no call in 7 days").or(page.locator(".spark")).waitFor();
      expect(await seriousOn(await browsers.signedIn("viewer", "/console/accounts", { width, csp: false }))).toEqual([]);
    },
  );

  test.each([false, true])("the page has no serious finding of axe; dark: %s", async (dark) => {
    const page = await browsers.signedIn("viewer", "/console/credits", { dark, csp: false });
    await page.locator(".plot canvas").waitFor();
    expect(await seriousOn(page)).toEqual([]);
  });
});
