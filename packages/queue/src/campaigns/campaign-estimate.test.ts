/** The arithmetic of a campaign's end: the window, others' work, accounts, day budget, date, and what is not sent. */
import { START_MS, STARTS } from "@linkup-queue/testkit";
import { beforeEach, describe, expect, test } from "vitest";
import type { Account } from "../accounts/accounts.ts";
import { CampaignDefinition } from "./campaign-definition.ts";
import { estimate, type Load } from "./campaign-estimate.ts";
import type { Campaign } from "./campaign-record.ts";

const DAY_MS = 86_400_000;
let midnight = 0;
let noon = 0;
/** The day of this moment, at noon. */
function setDay(ms: number): void {
  midnight = ms - (ms % DAY_MS);
  noon = midnight + DAY_MS / 2;
}
beforeEach(() => setDay(START_MS));

/** One call in 200 ms. */
const CALLS_PER_MS = 1 / 200;

const account = (id: string, more: Partial<Account> = {}): Account => ({
  id,
  state: "active",
  why: "",
  epoch: 1,
  country: null,
  maxInFlight: null,
  plan: null,
  policy: null,
  parked: 0,
  createdAt: "",
  lastRefreshAt: null,
  coolingUntil: null,
  rests: [],
  overrides: [],
  withoutNote: null,
  replyWatch: null,
  inboxReadAt: null,
  inboxWaitsSince: null,
  autoWithdrawAfterDays: null,
  invitationsReadAt: null,
  invitationsWaitSince: null,
  ...more,
});

function load(more: Partial<Load> = {}): Load {
  return {
    nowMs: noon,
    callsPerMs: CALLS_PER_MS,
    meanHoldMs: 1_000,
    keyState: "open",
    otherJobs: 0,
    running: [],
    accounts: new Map(["ada", "bob"].map((id) => [id, account(id)])),
    creditsPerDay: null,
    creditsLeftToday: 0,
    accountConcurrency: 10,
    accountPolicy: "none",
    ...more,
  };
}

/** A campaign of two accounts with `left` recipients, half of them each's. */
function campaign(left: number, definition: Partial<CampaignDefinition> = {}): Campaign {
  return {
    id: "c",
    state: "running",
    why: "",
    definition: CampaignDefinition.parse({
      name: "C",
      operation: "profile.scrape",
      accountIds: ["ada", "bob"],
      input: { linkedin_url: "{{linkedin_url}}" },
      ...definition,
    }),
    creditsPerRecipient: 1,
    createdAt: "",
    startedAt: null,
    endedAt: null,
    stalled: false,
    stalledWhy: "",
    revision: 1,
    formerAccounts: [],
    recipients: { accepted: left, fed: 0, ended: 0, unsent: left, waiting: 0, removed: 0 },
    steps: null,
    left: { ada: left / 2, bob: left / 2 },
    first: null,
    firstLeft: null,
    dropped: { count: 0, untilMs: 0 },
    ratePerMinute: 0,
    byStatus: {},
    byCode: {},
    resolved: { happened: 0, notHappened: 0 },
    byAccount: {},
    credits: { charged: 0, uncertain: 0, wasted: 0, redriven: 0, held: 0 },
  };
}
const bulk = { weight: 1 };
/** From now to the end, ms. */
const lasts = (one: Campaign, under: Load) => (estimate(one, under).finishMs ?? Number.NaN) - under.nowMs;

test("alone it takes what the window lets through", () => {
  expect(lasts(campaign(600), load())).toBe(600 * 200);
  expect(lasts(campaign(600), load({ running: [{ id: "c", left: 600, ...bulk }] }))).toBe(600 * 200);
});

test("jobs that wait already go first", () => {
  expect(lasts(campaign(600), load({ otherJobs: 150 }))).toBe(750 * 200);
});

test("a running campaign of the same weight takes as much, but no more than it has left; one of more weight takes more, of less less", () => {
  const beside = (left: number, weight: number) => lasts(campaign(600), load({ running: [{ id: "other", left, weight }] }));
  expect(beside(10_000, 1)).toBe(1_200 * 200);
  expect(beside(100, 1)).toBe(700 * 200);
  expect(beside(10_000, 10)).toBe(6_600 * 200);
  const normal = campaign(600, { priority: "normal" });
  expect(lasts(normal, load({ running: [{ id: "other", left: 10_000, ...bulk }] }))).toBe(660 * 200);
  const several = [1, 2, 3].map((n) => ({ id: `other-${n}`, left: 10_000, ...bulk }));
  expect(lasts(campaign(600), load({ running: several }))).toBe(2_400 * 200);
});

test("no account does more than its calls in flight allow, by its own bound or everybody's; with handover they share", () => {
  expect(lasts(campaign(600), load({ accountConcurrency: 1 }))).toBe(300 * 1_000);
  const uneven = { ...campaign(600), left: { ada: 500, bob: 100 } };
  expect(lasts(uneven, load({ accountConcurrency: 1 }))).toBe(500 * 1_000);
  const accounts = new Map([account("ada", { maxInFlight: 5 }), account("bob")].map((one) => [one.id, one]));
  expect(lasts(uneven, load({ accountConcurrency: 1, accounts }))).toBe(600 * 200);
  expect(lasts(campaign(600, { handover: true }), load({ accountConcurrency: 1 }))).toBe(300 * 1_000);
});

describe.each(STARTS)("from $name", ({ ms }) => {
  beforeEach(() => setDay(ms));

  test("the day's credits move the end to the day on which they suffice", () => {
    const under = (creditsPerDay: number, creditsLeftToday: number) =>
      estimate(campaign(600), load({ creditsPerDay, creditsLeftToday })).finishMs;
    expect(under(1_000, 600)).toBe(noon + 600 * 200);
    expect(under(1_000, 599)).toBe(midnight + DAY_MS);
    expect(under(100, 0)).toBe(midnight + 6 * DAY_MS);
    expect(under(100, 50)).toBe(midnight + 6 * DAY_MS);
  });

  test("it begins at its startAt, with the credits of that day", () => {
    const startAt = new Date(noon + 2 * DAY_MS).toISOString();
    expect(estimate(campaign(600, { startAt }), load()).finishMs).toBe(noon + 2 * DAY_MS + 600 * 200);
    const budget = load({ creditsPerDay: 400, creditsLeftToday: 0 });
    expect(estimate(campaign(600, { startAt }), budget).finishMs).toBe(midnight + 3 * DAY_MS);
  });

  test("an expiresAt before the end is the end, and says so; one after it changes nothing", () => {
    const expiring = (ms: number) => estimate(campaign(600, { expiresAt: new Date(noon + ms).toISOString() }), load());
    expect(expiring(60_000)).toMatchObject({ finishMs: noon + 60_000, notes: [expect.stringContaining("expiresAt")] });
    expect(expiring(600_000)).toMatchObject({ finishMs: noon + 120_000, notes: [] });
  });
});

test("credits are for all that are left, the end is for those who can be sent", () => {
  const accounts = new Map([account("ada"), account("bob", { state: "disabled", why: "by_hand" })].map((one) => [one.id, one]));
  expect(estimate(campaign(600), load({ accounts }))).toMatchObject({
    recipients: 600,
    credits: 600,
    finishMs: noon + 300 * 200,
    cannotSend: [{ accountId: "bob", state: "disabled", recipients: 300, why: "by_hand" }],
  });
  const capped = estimate(campaign(600, { maxCredits: 50 }), load());
  expect(capped).toMatchObject({ finishMs: noon + 60 * 500, notes: [expect.stringContaining("50 of the 600")] });
});

test("nothing has an end while nothing can leave, and what is over has none to come", () => {
  expect(estimate(campaign(600), load({ keyState: "stopped" })).finishMs).toBeNull();
  expect(estimate(campaign(600), load({ accounts: new Map() })).finishMs).toBeNull();
  expect(estimate({ ...campaign(600), state: "cancelled" }, load())).toMatchObject({ recipients: 0, credits: 0, finishMs: null });
});

describe("policies of the accounts", () => {
  const withPolicy = (policy: Account["policy"]) => new Map(["ada", "bob"].map((id) => [id, account(id, { policy })]));
  const invitations = { operation: "invitation.send" } as const;

  test("reckon with a cap of notes only where an invitation waits for one", () => {
    const noted = { ...invitations, input: { linkedin_url: "{{linkedin_url}}", message: "Hello" } };
    const caps = { note: { perMonth: 3 } };
    const endOf = (policy: Account["policy"]) => estimate(campaign(60, noted), load({ accounts: withPolicy(policy) })).finishMs;
    expect(endOf({ caps })).toBeGreaterThan(noon + 200 * DAY_MS);
    for (const note of ["bare", "skip"] as const) expect(endOf({ caps, note })).toBeLessThan(noon + DAY_MS);
  });

  test("hold the end back, and it is told how long it takes", () => {
    const { finishMs, notes } = estimate(campaign(996, invitations), load({ accounts: withPolicy({ caps: { invite: { perDay: 15 } } }) }));
    expect(finishMs).toBe(noon + 33 * DAY_MS);
    expect(notes).toEqual(["By the policies of its accounts it takes about 33 days: 996 recipients over 2 accounts"]);
  });

  test("say of expiresAt that it comes before the end", () => {
    const { notes, finishMs } = estimate(
      campaign(996, { ...invitations, expiresAt: new Date(noon + 5 * DAY_MS).toISOString() }),
      load({ accounts: withPolicy({ caps: { invite: { perDay: 15 } } }) }),
    );
    expect(finishMs).toBe(noon + 5 * DAY_MS);
    expect(notes[1]).toMatch(/expiresAt comes before the end/);
  });

  test("that let nothing leave have no end", () => {
    const { finishMs, notes } = estimate(campaign(10, invitations), load({ accounts: withPolicy({ caps: { write: { perDay: 0 } } }) }));
    expect(finishMs).toBeNull();
    expect(notes[0]).toMatch(/cap of 0/);
  });

  test("change nothing for operations of other families, and the careful ones count where they are set", () => {
    expect(estimate(campaign(100), load({ accounts: withPolicy({ caps: { invite: { perDay: 1 } } }) })).notes).toEqual([]);
    const careful = estimate(campaign(200), load({ accountPolicy: "careful" }));
    expect(careful.notes[0]).toMatch(/2 accounts$/);
  });
});
