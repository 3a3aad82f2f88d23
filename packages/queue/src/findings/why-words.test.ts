import { readFileSync } from "node:fs";
import { REST_CAUSES } from "@linkup-queue/contracts";
import { expect, test } from "vitest";
import { accountWhy } from "../accounts/account-why.ts";
import { CAMPAIGN_REASONS, STALL_CAUSES } from "../campaigns/campaign-definition.ts";
import { campaignWhy } from "../campaigns/campaign-why.ts";

const PAGE = readFileSync(new URL("../../../../docs/life-of-a-job.md", import.meta.url), "utf8");

test("every why of an account has its words", () => {
  const [, listed = ""] = /`why` on the account says what brought it there: ([^.]+)\./.exec(PAGE) ?? [];
  const whys = [...listed.matchAll(/`(\w+)`/g)].map(([, why = ""]) => why);
  expect(whys.length).toBeGreaterThan(15);
  for (const why of [...whys, ...REST_CAUSES]) expect(accountWhy(why), why).toMatch(/^[^_]+$/);
  for (const why of [...whys, ...REST_CAUSES]) expect(accountWhy(why), why).not.toBe(why.replaceAll("_", " "));
});

test("every why of a campaign has its words, and one that a later version writes is told as it is", () => {
  for (const why of [...CAMPAIGN_REASONS, ...STALL_CAUSES]) expect(campaignWhy(why), why).toMatch(/^[^_]*$/);
  expect(campaignWhy("")).toBe("");
  expect(campaignWhy("key_stopped")).toBe("the API key is stopped");
  expect(campaignWhy("of_tomorrow")).toBe("of tomorrow");
  expect(accountWhy("toString")).toBe("toString");
});
