/** An account's rules in words, for what a whole system is seldom in. */
import type { Account, RulesUse } from "@linkup-queue/queue";
import { expect, test } from "vitest";
import { textOf } from "../frame/html.ts";
import { rulesBlock } from "./account-rules.ts";

const ACCOUNT: Account = {
  id: "ada",
  state: "active",
  why: "",
  epoch: 1,
  country: null,
  maxInFlight: null,
  plan: null,
  policy: null,
  parked: 0,
  createdAt: "2028-01-03T09:00:00.000Z",
  lastRefreshAt: null,
  coolingUntil: null,
  rests: [],
  overrides: [],
  replyWatch: null,
  inboxReadAt: null,
  inboxWaitsSince: null,
  autoWithdrawAfterDays: null,
  invitationsReadAt: null,
  invitationsWaitSince: null,
  withoutNote: null,
};
const RULES: RulesUse = { caps: [], invitations: null, opensAt: null, setting: "none" };

const said = async (account: Partial<Account>, rules: Partial<RulesUse>) =>
  (await textOf(rulesBlock({ ...ACCOUNT, ...account }, { ...RULES, ...rules }))).replaceAll(/<[^>]+>/g, "");

test("a cap whose use was lost with Redis's state counts as used up, and the page says why and until when", async () => {
  const cap = { scope: "invite", window: "perDay", cap: 10, used: 3, known: false, nextFreeAt: "2028-01-04T09:00:00.000Z" } as const;
  const text = await said({}, { caps: [cap], setting: "careful" });
  expect(text).toContain("at least 3 of 10");
  expect(text).toContain("used up until 4 Jan, 09:00 UTC; what was sent before Redis lost its state is not known");
});

test("an account that nothing bounds is told as such, and one with caps alone by which pace it goes", async () => {
  const none = await said({}, {});
  expect(none).toContain("It has no policy of its own: LINKUP_ACCOUNT_POLICY is none, so nothing bounds that.");
  expect(none).toContain("No cap holds.");
  const policy = { caps: { invite: { perDay: 5 } } };
  const loose = await said({ policy }, {});
  expect(loose).toContain("Its policy says nothing of pace: LINKUP_ACCOUNT_POLICY is none, so nothing bounds that.");
  expect(loose).toMatch(/pace\s*none/);
  const careful = await said({ policy }, { setting: "careful" });
  expect(careful).toContain("so the careful pace holds");
  expect(careful).toContain("invite 4 to 12 min apart");
});

test("invitations that went without their note, and an inbox that waits to be read, are told with their times", async () => {
  const withoutNote = { count: 2, since: "2028-01-03T10:00:00.000Z", lastAt: "2028-01-03T11:00:00.000Z" };
  const watch = { replyWatch: { everyMinutes: 30 }, inboxReadAt: "2028-01-03T08:00:00.000Z", inboxWaitsSince: "2028-01-03T08:30:00.000Z" };
  const text = await said({ withoutNote, ...watch }, {});
  expect(text).toContain("2 invitations went without since 3 Jan, 10:00 UTC, the last 3 Jan, 11:00 UTC");
  expect(text).toContain("every 30 minutes, last 3 Jan, 08:00 UTC, to be read since 3 Jan, 08:30 UTC");
});

test("bounds of invitations are told with what is known of them, and what holds for it", async () => {
  const policy = { invitations: { pendingMax: 400, halveBelow: 20, stopBelow: 15 } };
  const unknown = await said({ policy }, { invitations: { pending: null, acceptance: null, effect: "not_known" } });
  expect(unknown).toContain("pending: not known of at most 400; accepted: not known (halved below 20 %, none below 15 %):");
  expect(unknown).toContain("not known, so it holds nothing back");
  const pending = { counted: 300, countedAt: "2028-01-03T08:00:00.000Z", atMost: 310 };
  const known = await said({ policy }, { invitations: { pending, acceptance: { accepted: 5, looked: 50 }, effect: "stopped" } });
  expect(known).toContain("310 pending of at most 400, counted 3 Jan, 08:00 UTC; accepted: 5 of 50 invitations that were looked at");
  expect(known).toContain("stopped: no invitation leaves");
  expect(await said({ autoWithdrawAfterDays: 21 }, {})).toMatch(/unanswered invitations\s*taken back after 21 days/);
  expect(await said({}, {})).toMatch(/invitations by what LinkedIn tells\s*no bound/);
});
