/** An account's page in the console: what the account may do, and what of it is used, as the HTTP api tells it. */
import { CAREFUL } from "@linkup-queue/contracts";
import { fromNow } from "@linkup-queue/testkit";
import { expect, test } from "vitest";
import { signInToConsole } from "./console-signed-in.ts";
import { type Browsers, type ConsoleSystem, seriousOn, tooWideBy } from "./console-system.ts";
import { inConsole } from "./in-console.ts";

const DAY_MS = 86_400_000;
const TOKEN = "token-of-an-account-0123456789";

let system: ConsoleSystem;
let browsers: Browsers;

function prepare(itsSystem: ConsoleSystem, itsBrowsers: Browsers): void {
  system = itsSystem;
  browsers = itsBrowsers;
}

async function put(id: string, rules: Record<string, unknown>): Promise<void> {
  const { status, body } = await system.api.call("admin", `PUT /v1/accounts/${id}`, { login_token: TOKEN, ...rules });
  expect(status, JSON.stringify(body)).toBe(200);
}

type Told = { caps: { scope: string; window: string; nextFreeAt: string | null }[]; opensAt: string | null };

const told = async (id: string) => (await system.api.call("viewer", `GET /v1/accounts/${id}`)).body as Told;

/** A weekday that stays days ahead, however long the suite takes: the one that is three days from its start in UTC. */
const ahead = fromNow(3 * DAY_MS);
const FAR_WEEKDAY = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"][ahead.getUTCDay()] ?? "";

inConsole({ settings: { accountPolicy: "careful" }, prepare }, () => {
  test("an account's page tells a viewer its plan, each cap with what is used and when a place is free, its hours, pace and the rest, without a script", async () => {
    await put("nora", {
      plan: "sales_navigator",
      policy: {
        caps: { message: { perDay: 2, perWeek: 20 }, view: { perDay: 0 } },
        hours: { timezone: "Europe/Amsterdam", weekdays: [FAR_WEEKDAY], from: "08:30", to: "18:00", daysOff: ["2031-12-25"] },
        pace: { message: { minSeconds: 120, maxSeconds: 480 }, breakEvery: [8, 12], breakSeconds: [90, 200] },
        warmUp: [{ days: 7, share: 0.3 }],
        note: "bare",
      },
      replyWatch: { everyMinutes: 60 },
    });
    const sent = { operation: "message.send", count: 2, id: "by-hand" };
    expect((await system.api.call("producer", "POST /v1/accounts/nora/sent", sent)).status).toBe(200);
    const { caps, opensAt } = await told("nora");
    const page = await browsers.signedIn("viewer", "/console/accounts/nora", { script: false });
    await page.getByText("Plan: sales_navigator. Its caps and its pace are its own.", { exact: true }).waitFor();
    const row = (scope: string, window: string) =>
      page
        .getByRole("row")
        .filter({ has: page.getByRole("rowheader", { name: scope, exact: true }) })
        .filter({ hasText: window });
    expect(await row("message", "24 hours").locator('[data-label="used"]').textContent()).toBe("2 of 2");
    expect(await row("message", "24 hours").locator('[data-label="next place"]').textContent()).toContain("used up");
    const freeAt = caps.find(({ scope, window }) => scope === "message" && window === "perDay")?.nextFreeAt ?? "";
    expect(await row("message", "24 hours").locator("time").getAttribute("datetime")).toBe(freeAt);
    // Of a cap of 20 the warm-up leaves 6.
    expect(await row("message", "7 days").textContent()).toMatch(/2 of 6.*free/s);
    expect(await row("view", "24 hours").textContent()).toMatch(/0 of 0.*the cap is 0/s);
    const fact = (name: string) =>
      page
        .locator(".facts > div")
        .filter({ has: page.getByText(name, { exact: true }) })
        .locator("dd");
    expect(await fact("hours").textContent()).toContain(`${FAR_WEEKDAY}, 08:30 to 18:00, Europe/Amsterdam, 1 day off: ◐ closed until`);
    expect(await fact("hours").locator("time").getAttribute("datetime")).toBe(opensAt);
    expect(await fact("pace").textContent()).toBe("message 2 to 8 min apart; after 8 to 12 of those a break of 90 to 200 s");
    expect(await fact("warm-up").textContent()).toBe("of its caps of writes 30 % until it has been writing for 7 days");
    expect(await fact("an invitation whose note is used up").textContent()).toBe("goes without its note");
    expect(await fact("inbox read for replies").textContent()).toContain("every 60 minutes, last never");
    expect(await page.locator("main form[method=post]").count()).toBe(0);
  });

  test("an account without a policy is told to go by the careful one, with the caps and the pace that follow", async () => {
    await put("olga", { plan: null });
    const page = await browsers.signedIn("viewer", "/console/accounts/olga", { script: false });
    await page
      .getByText(
        "Plan: not known, which counts as free. It has no policy of its own: LINKUP_ACCOUNT_POLICY is careful, so the careful caps of its plan and the careful pace hold.",
        { exact: true },
      )
      .waitFor();
    expect(
      await page
        .getByRole("row", { name: /^invite 7 days/ })
        .locator('[data-label="used"]')
        .textContent(),
    ).toBe("0 of 50");
    await page.getByText("invite 4 to 12 min apart, message 2 to 8 min apart, write 1 to 4 min apart", { exact: false }).waitFor();
  });

  test("an admin changes plan, caps, hours, notes and the reading of the inbox; what the form does not show stays, and an error is told beside it", async () => {
    const pace = { message: { minSeconds: 120, maxSeconds: 480 } };
    const hours = { timezone: "UTC", weekdays: ["mon", "tue"], from: "08:30", to: "18:00", daysOff: ["2031-12-25"] };
    await put("rosa", { plan: "free", policy: { caps: { invite: { perHour: 2, perDay: 5 }, search: { perDay: 3 } }, hours, pace } });
    const page = await browsers.signedIn("admin", "/console/accounts/rosa", { script: false });
    await page.getByRole("link", { name: "Change its rules" }).click();
    expect(await page.getByLabel("invite, a day").inputValue()).toBe("5");
    await page.getByLabel("plan at LinkedIn").selectOption("premium");
    await page.getByLabel("invite, a day").fill("many");
    await page.getByLabel("message, a week").fill("40");
    await page.getByLabel("tue").uncheck();
    await page.getByLabel("an invitation whose note is used up").selectOption("skip");
    await page.getByLabel("minutes between readings").fill("45");
    await page.getByLabel("days after which an unanswered").fill("21");
    await page.getByLabel("pending, at most").fill("400");
    await page.getByLabel("below which none leaves").fill("15");
    await page.getByRole("button", { name: "Change its rules" }).click();
    expect(await page.getByRole("alert").textContent()).toMatch(/policy\.caps\.invite\.perDay must be a whole number/);
    expect(await page.getByLabel("message, a week").inputValue()).toBe("40");
    expect(await page.getByLabel("tue").isChecked()).toBe(false);
    expect(await told("rosa")).toMatchObject({ plan: "free", replyWatch: null });
    await page.getByLabel("invite, a day").fill("");
    await page.getByRole("button", { name: "Change its rules" }).click();
    await page.getByText("Taken: these rules hold now.").waitFor();
    const { plan, policy, replyWatch, autoWithdrawAfterDays, state } = (await told("rosa")) as Told & Record<string, unknown>;
    expect({ plan, policy, replyWatch, autoWithdrawAfterDays, state }).toEqual({
      autoWithdrawAfterDays: 21,
      plan: "premium",
      policy: {
        caps: { invite: { perHour: 2 }, search: { perDay: 3 }, message: { perWeek: 40 } },
        hours: { ...hours, weekdays: ["mon"] },
        pace,
        note: "skip",
        invitations: { pendingMax: 400, stopBelow: 15 },
      },
      replyWatch: { everyMinutes: 45 },
      state: "active",
    });
  });

  test("the careful caps stay for all else where one is changed, and stay the setting's where none is", async () => {
    await put("sven", { plan: "premium" });
    const page = await browsers.signedIn("admin", "/console/accounts/sven/rules", { script: false });
    await page.getByRole("button", { name: "Change its rules" }).click();
    await page.getByText("Taken: these rules hold now.").waitFor();
    expect(await told("sven")).toMatchObject({ policy: null });
    await page.goto("/console/accounts/sven/rules");
    await page.getByLabel("invite, a day").fill("3");
    await page.getByRole("button", { name: "Change its rules" }).click();
    await page.getByText("Taken: these rules hold now.").waitFor();
    const { invite, ...others } = CAREFUL.premium;
    expect((await told("sven")) as object).toMatchObject({ policy: { caps: { ...others, invite: { ...invite, perDay: 3 } } } });
    await put("sven", { policy: { caps: { view: { perDay: 7 } } } });
    await page.goto("/console/accounts/sven/rules");
    await page.getByLabel("view, a day").fill("");
    await page.getByRole("button", { name: "Change its rules" }).click();
    await page.getByText("Taken: these rules hold now.").waitFor();
    expect(await told("sven")).toMatchObject({ policy: null, caps: expect.arrayContaining([expect.objectContaining({ cap: 40 })]) });
  });

  test.each(["viewer", "producer"] as const)("a %s is not offered the form for an account's rules, and may not send it", async (role) => {
    await put("tess", { plan: "premium" });
    const page = await browsers.signedIn(role, "/console/accounts/tess", { script: false });
    expect(await page.getByRole("link", { name: "Change its rules" }).count()).toBe(0);
    expect((await page.goto("/console/accounts/tess/rules"))?.status()).toBe(404);
    const person = await signInToConsole(system.api.api.url, role);
    expect((await person.send("change-rules", { id: "tess", base: '{"policy":null,"caps":null}', plan: "free" })).status).toBe(403);
    expect(await told("tess")).toMatchObject({ plan: "premium" });
  });

  test("the page of an account with rules fits a phone and has no serious finding of axe, in light and dark", async () => {
    await put("pia", { plan: "premium", policy: { hours: { timezone: "UTC", weekdays: [FAR_WEEKDAY], from: "08:30", to: "18:00" } } });
    for (const dark of [false, true]) {
      for (const width of ["desk", "phone"] as const) {
        const page = await browsers.signedIn("admin", "/console/accounts/pia", { width, dark, csp: false });
        for (const address of ["/console/accounts/pia", "/console/accounts/pia/rules"]) {
          await page.goto(address);
          expect(await tooWideBy(page), address).toBeLessThanOrEqual(0);
          expect(await seriousOn(page), address).toEqual([]);
        }
      }
    }
  });
});
