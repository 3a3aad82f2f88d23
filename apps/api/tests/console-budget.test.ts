/** The bound on a campaign's credits is set where the advice sends whoever reads it: on the campaign's own page. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { signInToConsole } from "./console-signed-in.ts";
import { startTestApi, type TestApi } from "./fixture.ts";

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  await api.call("admin", "PUT /v1/accounts/ada", { login_token: "token-of-ada-123456" });
});
afterAll(async () => api.close());

test("a producer sets and lifts it on the page of a draft; a viewer sees no form, and over there is none", async () => {
  const input = { linkedin_url: "{{url}}" };
  const made = { campaignId: "spring", name: "Spring", operation: "profile.scrape", accountIds: ["ada"], input, maxCredits: 5 };
  expect((await api.call("producer", "POST /v1/campaigns", made)).status).toBe(201);
  const boundOf = async () => ((await api.call("viewer", "GET /v1/campaigns/spring")).body as { maxCredits: number | null }).maxCredits;
  const producer = await signInToConsole(api.api.url, "producer");
  const form = async (person = producer) => /name="maxCredits"[^>]*value="(\d*)"/.exec((await person.page("/campaigns/spring")).text)?.[1];
  expect(await form()).toBe("5");
  await producer.send("set-budget", { id: "spring", maxCredits: "50" });
  expect(await boundOf()).toBe(50);
  await producer.send("set-budget", { id: "spring", maxCredits: "" });
  expect(await boundOf()).toBeNull();
  expect(await form()).toBe("");
  expect(await form(await signInToConsole(api.api.url, "viewer"))).toBeUndefined();
  await api.call("producer", "POST /v1/campaigns/spring/cancel");
  expect(await form()).toBeUndefined();
});
