/** Schedules and deliveries in the console: told as they are, to those who may see them, at both widths and without a script. */
import { createHmac } from "node:crypto";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, expect, test } from "vitest";
import { signInToConsole } from "./console-signed-in.ts";
import { type Browsers, type ConsoleSystem, seriousOn, tooWideBy, WIDTHS, type Width } from "./console-system.ts";
import { inConsole } from "./in-console.ts";

const WIDTH_NAMES = Object.keys(WIDTHS) as Width[];
const WEBHOOK_SECRET = `whsec_${Buffer.from("marker-of-a-webhook-secret-32-by").toString("base64")}`;
const URL_TOKEN = "marker-token-in-the-address";

let system: ConsoleSystem;
let browsers: Browsers;
let receiver: Server;
let isGone = false;
/** Of a receiver that is gone: so many posts are answered at once. */
let together = 1;
const held: ServerResponse[] = [];
const posted: { headers: Record<string, string>; body: string }[] = [];

async function prepare(itsSystem: ConsoleSystem, itsBrowsers: Browsers): Promise<void> {
  receiver = createServer((request, response) => {
    request.setEncoding("utf8");
    let body = "";
    request.on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      posted.push({ headers: request.headers as Record<string, string>, body });
      held.push(response);
      if (isGone && held.length < together) return;
      for (const one of held.splice(0)) one.writeHead(isGone ? 410 : 204).end();
    });
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => receiver.once("listening", resolve));
  system = itsSystem;
  browsers = itsBrowsers;
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/crm?token=${URL_TOKEN}`;
  const put = await system.api.call("admin", "PUT /v1/webhooks/crm", { url, secret: WEBHOOK_SECRET });
  expect(put.status).toBe(200);
  const job = { operation: "profile.me", accountId: "carl", input: {} };
  const schedule = { cron: "0 9 * * 1-5", timezone: "Europe/Amsterdam", job };
  expect((await system.api.call("producer", "PUT /v1/schedules/daily", schedule)).status).toBe(200);
  expect((await system.api.call("producer", "PUT /v1/schedules/often", { everyMs: 7_200_000, job })).status).toBe(200);
}

inConsole({ prepare }, () => {
  afterAll(async () => {
    await new Promise((resolve) => receiver.close(resolve));
  });

  test.each(WIDTH_NAMES)(
    "at the width of a %s, a schedule tells its rule, its next times in its own zone, and its trouble",
    async (width) => {
      const page = await browsers.signedIn("producer", "/console/schedules", { width, script: false });
      const daily = page.getByRole("listitem").filter({ hasText: "daily" });
      await daily.getByText("0 9 * * 1-5").waitFor();
      expect(await daily.locator("dd").first().textContent()).toMatch(/^\w{3},? \d+ \w+,? 09:00; .*09:00; .*09:00 \(Europe\/Amsterdam\)$/);
      await daily.getByText("Account carl is awaiting code").waitFor();
      await page.getByText("every 2 hours").waitFor();
      const wider = await page.locator("html").evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth);
      expect(wider).toBeLessThanOrEqual(0);
    },
  );

  test.each(WIDTH_NAMES)("at the width of a %s, a webhook tells how it is doing, by its host alone", async (width) => {
    const page = await browsers.signedIn("admin", "/console/deliveries", { width, script: false });
    await page.getByRole("heading", { name: "Results queue" }).waitFor();
    await page.getByRole("heading", { name: "Archive" }).waitFor();
    await page.getByText("none is kept").waitFor();
    const webhook = page.getByRole("listitem").filter({ hasText: "crm" });
    await webhook.getByText("dead letters").waitFor();
    await webhook.getByText("127.0.0.1:").waitFor();
    expect(await webhook.getByRole("button", { name: "Post dead letters again" }).count()).toBe(0);
    expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
  });

  // Its job comes to an outcome, which the webhook refuses: the tests above look at one without dead letters.
  test.each(WIDTH_NAMES)("at the width of a %s, a schedule is paused, run by hand after one more question, and resumed", async (width) => {
    const page = await browsers.signedIn("producer", "/console/schedules", { width, script: false });
    const daily = page.getByRole("listitem").filter({ hasText: "daily" });
    await daily.getByRole("button", { name: "Pause" }).click();
    await page.getByText("Paused: it ticks no more until it is resumed.").waitFor();
    await daily.getByText("none while it is paused").waitFor();
    expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
    await daily.getByRole("link", { name: "Run now" }).click();
    await page.getByText("One job is added beside its ticks: profile.me by carl.").waitFor();
    await page.getByRole("button", { name: "Run now" }).click();
    await page.getByText("Its job was added").waitFor();
    expect(await daily.getByRole("link", { name: "pending" }).count()).toBe(1);
    await page.goto("/console/schedules/daily/run");
    await page.getByRole("button", { name: "Run now" }).click();
    await page.getByText("of this schedule has no outcome yet").waitFor();
    const { body } = await system.api.call("producer", "GET /v1/schedules/daily");
    const { lastJob } = body as { lastJob: { jobId: string } };
    expect((await system.api.call("producer", `DELETE /v1/jobs/${lastJob.jobId}`)).status).toBe(200);
    await page.goto("/console/schedules");
    await daily.getByRole("button", { name: "Resume" }).click();
    await page.getByText("Resumed: it ticks from its next time on.").waitFor();
    await daily.getByRole("button", { name: "Pause" }).waitFor();
  });

  test.each(WIDTH_NAMES)("at the width of a %s, a test event is posted to a webhook, signed, and told apart by its type", async (width) => {
    const before = posted.length;
    const page = await browsers.signedIn("admin", "/console/deliveries", { width, script: false });
    const webhook = page.getByRole("listitem").filter({ hasText: "crm" });
    await webhook.getByRole("button", { name: "Send a test event" }).click();
    await page.locator(".said", { hasText: "webhook.test" }).waitFor();
    const tests = () => posted.slice(before).filter(({ body }) => body.includes('"webhook.test"'));
    await waitFor(() => tests().length, { what: "the test event", until: (count) => count > 0 });
    const { headers, body } = tests()[0] ?? expect.fail("there is none");
    expect(JSON.parse(body)).toMatchObject({ type: "webhook.test", data: { webhookId: "crm" } });
    const key = Buffer.from(WEBHOOK_SECRET.slice("whsec_".length), "base64");
    const signed = createHmac("sha256", key).update(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`).digest("base64");
    expect(headers["webhook-signature"]).toBe(`v1,${signed}`);
    expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
  });

  test.each(WIDTH_NAMES)(
    "at the width of a %s, a webhook that is gone says so in words, and one of its dead letters is read and posted again",
    async (width) => {
      isGone = true;
      await system.outcomeOf(await system.add("ada", width === "desk" ? 71 : 72));
      const dead = async () => (await system.api.engine.webhooks.read("crm"))?.dead;
      await waitFor(dead, { what: "a dead letter", until: (count) => count !== undefined && count > 0 });
      const page = await browsers.signedIn("admin", "/console/deliveries", { width, script: false });
      const webhook = page.getByRole("listitem").filter({ hasText: "crm" });
      await webhook.getByText("the receiver says that it is gone (410)").waitFor();
      await webhook.getByText("Put it again to go on").waitFor();
      expect(await webhook.getByRole("button", { name: "Send a test event" }).count()).toBe(0);
      isGone = false;
      await webhook.getByRole("link", { name: "See its dead letters" }).click();
      const letter = page.getByRole("listitem").first();
      await letter.getByText("the receiver says that it is gone (410)").waitFor();
      await letter.getByText("Its body").click();
      await letter.getByText('"type": "outcome.succeeded"').waitFor();
      expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
      const before = posted.length;
      await letter.getByRole("button", { name: "Post it again" }).click();
      await page.locator(".said", { hasText: "It is posted again" }).waitFor();
      await waitFor(() => posted.length, { what: "the post", until: (count) => count > before });
      await page.goto("/console/deliveries");
      await waitFor(dead, { what: "no dead letter", until: (count) => count === 0 });
      await page.reload();
      expect(await webhook.getByRole("button", { name: "Post dead letters again" }).count()).toBe(0);
    },
  );

  test.each(WIDTH_NAMES)(
    "at the width of a %s, all dead letters of a webhook are posted again at once by an admin, and by nobody else",
    async (width) => {
      isGone = true;
      const dead = async () => (await system.api.engine.webhooks.read("crm"))?.dead;
      // A webhook that says that it is gone takes no more: it says so once three posts are there.
      together = 3;
      for (const number of width === "desk" ? [81, 82, 83] : [84, 85, 86]) await system.outcomeOf(await system.add("ada", number));
      await waitFor(dead, { what: "three dead letters", until: (count) => count !== undefined && count >= 3 });
      isGone = false;
      together = 1;
      const before = posted.length;
      for (const role of ["viewer", "producer"] as const) {
        const other = await browsers.signedIn(role, "/console", { width, script: false });
        expect((await other.goto("/console/deliveries"))?.status(), role).toBe(404);
        const signedIn = await signInToConsole(system.api.api.url, role);
        expect((await signedIn.send("redrive-webhook", { id: "crm" })).status, role).toBe(403);
      }
      const page = await browsers.signedIn("admin", "/console/deliveries", { width, script: false });
      const webhook = page.getByRole("listitem").filter({ hasText: "crm" });
      await webhook.getByRole("button", { name: "Post dead letters again" }).click();
      await page.locator(".said").waitFor();
      const delivered = () => new Set(posted.slice(before).map(({ headers }) => headers["webhook-id"])).size;
      await waitFor(dead, { what: "no dead letter", until: (count) => count === 0 });
      await waitFor(delivered, { what: "three deliveries", until: (count) => count >= 3 });
      await page.reload();
      await webhook.getByText("delivers").waitFor();
      expect(await webhook.getByRole("button", { name: "Post dead letters again" }).count()).toBe(0);
      expect(await tooWideBy(page)).toBeLessThanOrEqual(0);
    },
  );

  test.each([false, true])("neither page has a serious finding of axe; dark: %s", async (dark) => {
    const page = await browsers.signedIn("admin", "/console", { dark, csp: false });
    for (const address of ["/console/schedules", "/console/schedules/daily/run", "/console/deliveries"]) {
      await page.goto(address);
      await page.locator("li dl, main form").first().waitFor();
      expect(await seriousOn(page), address).toEqual([]);
    }
  });

  test("a viewer sees neither, a producer the schedules alone, as by the HTTP api", async () => {
    const viewer = await browsers.signedIn("viewer");
    for (const name of ["Schedules", "Deliveries"]) expect(await viewer.getByRole("link", { name, exact: true }).count(), name).toBe(0);
    for (const path of ["schedules", "deliveries"]) expect((await viewer.goto(`/console/${path}`))?.status()).toBe(404);
    const producer = await browsers.signedIn("producer");
    expect((await producer.goto("/console/schedules"))?.status()).toBe(200);
    expect((await producer.goto("/console/deliveries"))?.status()).toBe(404);
  });

  test("no page of it holds a secret, or the token of an address", () => {
    const received = browsers.seen.bodies.join("\n") + browsers.seen.requested.join("\n") + system.api.logged();
    for (const secret of [...system.secrets, WEBHOOK_SECRET, URL_TOKEN]) expect(received).not.toContain(secret);
  });
});
