/** Many jobs at once in the console: counted and priced first, then done, and told how many were and why others were not. */
import { fromNow } from "@linkup-queue/testkit";
import { expect, test } from "vitest";
import { type Browsers, type ConsoleSystem, seriousOn, tooWideBy, unknownJob, WIDTHS, type Width } from "./console-system.ts";
import { inConsole } from "./in-console.ts";

const WIDTH_NAMES = Object.keys(WIDTHS) as Width[];

let system: ConsoleSystem;
let browsers: Browsers;
let unknown: string;
const refused: string[] = [];

async function prepare(itsSystem: ConsoleSystem, itsBrowsers: Browsers): Promise<void> {
  system = itsSystem;
  browsers = itsBrowsers;
  for (const number of [1, 2]) {
    await system.sandbox.scenario({ next: [{ status: 404, operation: "message.send" }] });
    const jobId = await system.add("ada", number);
    expect(await system.outcomeOf(jobId)).toMatchObject({ status: "failed" });
    refused.push(jobId);
  }
  unknown = await unknownJob(system, 3);
}

inConsole({ prepare }, () => {
  const statusOf = async (jobId: string) => (await system.api.call("viewer", `GET /v1/jobs/${jobId}?queue=messages`)).status;
  const outcome = async (jobId: string) =>
    ((await system.api.call("viewer", `GET /v1/jobs/${jobId}`)).body as { outcome: { status: string } | null }).outcome;

  /** Entries of the audit list that tell of a cancel in the console. Jobs that were added by HTTP are counted there later, among them. */
  const cancelsTold = async () => {
    const { body } = await system.api.call("admin", "GET /v1/audit?limit=200");
    const { items } = body as { items: { by: string; via: string; what: string }[] };
    return items.filter(
      ({ by, via, what }) => by === "the-producer" && via === "console" && what === "POST /v1/jobs/cancel (account carl, state parked)",
    ).length;
  };

  test.each(WIDTH_NAMES)("at the width of a %s, those of an account are counted first and then cancelled, and no others", async (width) => {
    const held: string[] = [];
    const toldBefore = await cancelsTold();
    for (const number of [11, 12, 13]) held.push(await system.add("carl", number));
    const runAt = fromNow(86_400_000).toISOString();
    const later = { operation: "profile.me", accountId: "ada", input: {}, runAt };
    const { body } = await system.api.call("producer", "POST /v1/jobs", later);
    const page = await browsers.signedIn("producer", "/console/jobs?account=carl&state=parked", { width, script: false });
    await page.getByRole("link", { name: "Cancel all of these" }).click();
    await page.getByText("3 jobs would end cancelled, free").waitFor();
    expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
    for (const id of held) expect(await outcome(id)).toBeNull();
    await page.getByRole("button", { name: "Cancel 3 jobs" }).click();
    await page.getByText("3 jobs are cancelled, free.").waitFor();
    await page.getByText("That is all of them.").waitFor();
    expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
    for (const id of held) expect(await outcome(id)).toMatchObject({ status: "cancelled" });
    const { jobId } = body as { jobId: string };
    expect(await outcome(jobId)).toBeNull();
    await page.getByRole("link", { name: "Count again" }).click();
    await page.getByText("0 jobs would end cancelled").waitFor();
    expect(await page.getByRole("button", { name: "Cancel 0" }).count()).toBe(0);
    expect(await cancelsTold()).toBe(toldBefore + 1);
    await system.api.call("producer", `DELETE /v1/jobs/${jobId}`);
  });

  test("failed jobs are counted with their price, then done again; a write of which nobody knows is not, and that is told", async () => {
    const page = await browsers.signedIn("producer", "/console/jobs?account=ada&state=failed", { script: false, width: "phone" });
    await page.getByRole("link", { name: "Do those again that did not succeed" }).click();
    await page.getByLabel("operation").selectOption("message.send");
    await page.getByRole("button", { name: "Count" }).click();
    await page.getByText("2 jobs that did not succeed would be done again as new jobs, for 2 credits").waitFor();
    await page.getByText("Nobody knows whether these writes had their effect").waitFor();
    for (const id of refused) expect(await statusOf(`${id}~2`)).toBe(404);
    await page.getByRole("button", { name: "Do 2 jobs again" }).click();
    await page.getByText("2 jobs are done again, for 2 credits.").waitFor();
    const notDone = page.getByRole("list", { name: "Not done again" }).getByRole("listitem");
    expect(await notDone.allTextContents()).toEqual([expect.stringMatching(/^1 job not: Nobody knows/)]);
    for (const id of refused) expect(await system.outcomeOf(`${id}~2`)).toMatchObject({ status: "succeeded" });
    expect(await statusOf(`${unknown}~2`)).toBe(404);
    await page.goto("/console/jobs/~again?account=ada");
    await page.getByText("2 jobs were done again before").waitFor();
    expect(await page.getByRole("button", { name: /again/ }).count()).toBe(0);
  });

  test("a part of the filter that can't be read is refused and never left out; without any nothing is counted", async () => {
    const page = await browsers.signedIn("producer", "/console/jobs", { script: false });
    for (const address of [
      "~cancel?account=%21&operation=message.send",
      "~cancel?account=ada&state=failed",
      "~again?account=ada&code=none",
    ]) {
      expect((await page.goto(`/console/jobs/${address}`))?.status(), address).toBe(400);
      expect(await page.locator("main form[method=post]").count(), address).toBe(0);
    }
    for (const address of ["~cancel", "~cancel?state=parked", "~again"]) {
      await page.goto(`/console/jobs/${address}`);
      await page.getByText("Say which jobs are meant").waitFor();
      expect(await page.locator("main form[method=post]").count(), address).toBe(0);
    }
  });

  test("a viewer is shown neither", async () => {
    const page = await browsers.signedIn("viewer", "/console/jobs?account=ada", { script: false });
    expect(await page.getByRole("link", { name: /Cancel all|Do those again/ }).count()).toBe(0);
    for (const name of ["~cancel", "~again"]) expect((await page.goto(`/console/jobs/${name}?account=ada`))?.status(), name).toBe(404);
  });

  test.each([false, true])("neither page has a serious finding of axe; dark: %s", async (dark) => {
    await system.add("carl", dark ? 31 : 32);
    const page = await browsers.signedIn("producer", "/console/jobs?account=carl", { dark, csp: false });
    for (const address of ["/console/jobs?account=carl", "/console/jobs/~cancel?account=carl", "/console/jobs/~again?account=ada"]) {
      await page.goto(address);
      await page.locator("h1").waitFor();
      expect(await seriousOn(page), address).toEqual([]);
    }
  });

  test("no page of it holds a secret", () => {
    const received = browsers.seen.bodies.join("\n") + browsers.seen.requested.join("\n") + system.api.logged();
    for (const secret of system.secrets) expect(received).not.toContain(secret);
  });
});
