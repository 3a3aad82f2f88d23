/**
 * Jobs through another provider than LinkUp v1: one path for each group, an account id in a token's place, answers that tell their price,
 * and prices of its own before it. Gate,
 * ledger, accounts and outcomes are the same, and none of them is told of it.
 */
import { createHttpTransport } from "@linkup-queue/linkup";
import { CampaignDefinition } from "@linkup-queue/queue";
import { afterAll, beforeAll, expect, test } from "vitest";
import { message, type System, startSystem } from "./fixture.ts";
import { SECOND_PRICES, type SecondServer, secondProvider, startSecondServer } from "./second-provider.ts";

let server: SecondServer;
let system: System;
beforeAll(async () => {
  server = await startSecondServer();
  system = await startSystem({
    // By LinkUp's prices a hundred rows would be beyond what the day has.
    settings: { baseUrl: server.url, maxCreditsPerDay: 9 },
    provider: { open: (settings) => createHttpTransport(secondProvider, settings), prices: SECOND_PRICES },
  });
  await system.activeAccounts(["ada"]);
});
afterAll(async () => {
  await system.close();
  await server.close();
});

const bodiesTo = (path: string) => server.seen.filter((one) => one.path === path).map(({ body }) => body);

test("a log-in's account id goes with every call in place of a token, under the other provider's paths and names", async () => {
  const list = { name: "connection.list", data: { accountId: "ada", input: { total_results: 100 } } };
  await system.add("messages", [message("ada", 1)]);
  await system.add("network", [list]);
  const outcomes = await system.outcomesArrive(2);
  expect(outcomes.find(({ operation }) => operation === "message.send")).toMatchObject({
    status: "succeeded",
    output: { entityUrn: "urn:li:m:1" },
    calls: 1,
  });
  expect(bodiesTo("/v2/login")).toEqual([{ platform: "linkedin", email: "ada@example.com", password: "secret-of-ada" }]);
  const input = { profile_url: "https://www.linkedin.com/in/person-1", message_text: "Hello number 1" };
  expect(bodiesTo("/v2/messages")).toEqual([{ account_id: "account-1", action: "send", params: input }]);
  expect(bodiesTo("/v2/network")).toEqual([{ account_id: "account-1", action: "list_connections", params: { count: 100 } }]);
  expect(new Set(server.seen.map(({ key }) => key))).toEqual(new Set([system.settings.apiKey]));
  expect(JSON.stringify(server.seen)).not.toContain("login_token");
  expect(system.sandbox.journal()).toEqual([]);
});

test("the outcome and the ledger count what the answers told, not what was held", async () => {
  const [{ credits } = { credits: null }] = system.outcomes.filter(({ operation }) => operation === "connection.list");
  // A hundred rows held 4 by this provider's own prices, and not 10 as at LinkUp; the answer said 2. The log-in said 0, and the message 1.
  expect(credits).toMatchObject({ charged: 2, uncertain: 0 });
  const definition = { name: "Lists", operation: "connection.list" as const, accountIds: ["ada"], input: { total_results: 100 } };
  const campaign = await system.engine.campaigns.create("lists", CampaignDefinition.parse(definition));
  expect(campaign.creditsPerRecipient).toBe(4);
  expect((await system.credits()).total).toEqual({ charged: 3, uncertain: 0, wasted: 0, redriven: 0 });
});

test("an account that the other provider calls inactive is logged in anew, and its job is sent once, under the new id, for what that cost", async () => {
  server.disconnect("account-1");
  await system.add("messages", [message("ada", 2)]);
  const outcome = (await system.outcomesArrive(3))[2];
  expect(outcome).toMatchObject({ status: "succeeded", calls: 2, credits: { charged: 1, uncertain: 0 } });
  expect(bodiesTo("/v2/login")).toHaveLength(2);
  const [, refused, sent] = bodiesTo("/v2/messages");
  expect([refused?.["account_id"], sent?.["account_id"]]).toEqual(["account-1", "account-2"]);
  expect((await system.credits()).total).toEqual({ charged: 4, uncertain: 0, wasted: 0, redriven: 0 });
});
