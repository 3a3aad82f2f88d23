/** Judgements of states that can't be brought about on a test machine: clocks apart, full memory, replicas gone, old jobs, an outbox that grows. */
import { expect, test } from "vitest";
import type { CampaignHead } from "../campaigns/campaign-heads.ts";
import type { Account, InvitationsUse, KeyState, Schedule } from "../index.ts";
import type { RedisFacts } from "../redis/suitability.ts";
import type { Backlog } from "../views/backlog.ts";
import { type Finding, size, span, worstOf } from "./finding.ts";
import { judgeArchive, judgeWebhooks } from "./judge-deliveries.ts";
import { judgeAccountPolicy, judgeAccounts, judgeBacklog, judgeInboxes, judgeInvitations, judgeKey } from "./judge-engine.ts";
import { judgeRedis, nearestMoment } from "./judge-redis.ts";
import { judgeCampaigns, judgeDayBudget, judgeSchedules, judgeUnknown } from "./judge-work.ts";

const NOW = 1_800_000_000_000;
const FACTS: RedisFacts = {
  server: "Redis 7.2.4",
  recentEnough: true,
  settings: [
    { name: "maxmemory-policy", needed: "noeviction", found: "noeviction", why: "" },
    { name: "appendonly", needed: "yes", found: "yes", why: "" },
    { name: "appendfsync", needed: "always", found: "always", why: "" },
  ],
  usedBytes: 100,
  maxBytes: 1_000,
  hostBytes: 0,
  lastWriteOk: true,
  replicas: 0,
  mostReplicas: 0,
  nowMs: NOW,
};
const SETTINGS = { allowVolatileRedis: false, trustRedisDurability: false, redisReplicas: 0 };
const HIDDEN = FACTS.settings.map((setting) => ({ ...setting, found: null }));

test("a question that took long is no difference between the clocks; only what lies outside of it is", () => {
  const question = { fromMs: NOW - 5_000, toMs: NOW };
  expect(NOW - 4_900 - nearestMoment(NOW - 4_900, question)).toBe(0);
  expect(NOW + 2_000 - nearestMoment(NOW + 2_000, question)).toBe(2_000);
  expect(NOW - 7_000 - nearestMoment(NOW - 7_000, question)).toBe(-2_000);
});

const redis = (facts: Partial<RedisFacts>, settings: Partial<typeof SETTINGS> = {}, hostNowMs = NOW) =>
  judgeRedis({ facts: { ...FACTS, ...facts }, hostNowMs, settings: { ...SETTINGS, ...settings } });

test("memory tells in how many days nothing is granted any more, and fewer than three are a warning", () => {
  const found = (perDayBytes: number | null) =>
    judgeRedis({ facts: { ...FACTS, usedBytes: 500 }, hostNowMs: NOW, settings: SETTINGS, perDayBytes }).find(
      ({ check }) => check === "memory",
    );
  expect(found(100)).toMatchObject({ level: "ok", found: expect.stringMatching(/growth of 0\.0 MB it is at 90 % in about 4 days$/) });
  expect(found(190)).toMatchObject({ level: "warn", found: expect.stringMatching(/in about 2 days$/) });
  expect(found(1_000)).toMatchObject({ level: "warn", found: expect.stringMatching(/in less than a day$/) });
  for (const none of [null, 0, -100]) expect(found(none)).toMatchObject({ level: "ok", found: expect.stringMatching(/used$/) });
});

test.each([
  ["nothing amiss", redis({}), "ok"],
  ["an old server", redis({ recentEnough: false }), "fail"],
  ["a clock half a second off", redis({}, {}, NOW - 500), "ok"],
  ["a clock five seconds off", redis({}, {}, NOW + 5_000), "warn"],
  ["a clock an hour off", redis({}, {}, NOW - 3_600_000), "fail"],
  ["memory three quarters full", redis({ usedBytes: 800 }), "warn"],
  ["memory full", redis({ usedBytes: 950 }), "fail"],
  ["the host's memory full", redis({ usedBytes: 950, maxBytes: 0, hostBytes: 1_000 }), "fail"],
  ["no bound known", redis({ usedBytes: 950, maxBytes: 0 }), "ok"],
  ["a disk that refuses writes", redis({ lastWriteOk: false }), "fail"],
  ["settings hidden", redis({ settings: HIDDEN }), "fail"],
  ["settings hidden and vouched for", redis({ settings: HIDDEN }, { trustRedisDurability: true }), "ok"],
  ["too few replicas", redis({ replicas: 1 }, { redisReplicas: 2 }), "fail"],
  ["enough replicas", redis({ replicas: 2, mostReplicas: 2 }, { redisReplicas: 2 }), "ok"],
  ["a replica more than is asked for", redis({ replicas: 2, mostReplicas: 2 }, { redisReplicas: 1 }), "warn"],
  ["a replica, and none asked for", redis({ replicas: 1, mostReplicas: 1 }), "warn"],
])("a Redis with %s", (_case, findings, level) => {
  expect(worstOf(findings)).toBe(level);
  for (const finding of findings) expect(finding.remedy === "").toBe(finding.level === "ok");
});

const KEY: KeyState = {
  state: "open",
  reason: "",
  untilMs: null,
  nowMs: NOW,
  rateLimit: 300,
  rateWindowMs: 60_000,
  slotsBusy: 3,
  meanHoldMs: 200,
  workers: 1,
  differences: [],
  clockMs: NOW,
  clockJump: null,
  seen: { line: "w:1", marks: 5, beats: 3 },
  transit: null,
  lost: null,
  openGrants: 0,
  unpublished: 0,
  brakes: [],
  rests: [],
};
const BRAKE = { operation: "profile.scrape", cause: "path-gone", sinceMs: NOW - 60_000, nextProbeMs: NOW + 1_000, waiting: 7 };
const QUEUE = { queue: "messages", paused: false, waiting: 0, delayed: 0, active: 0, failed: 0, oldestMs: null };
const EMPTY: Backlog = { queues: [QUEUE, { ...QUEUE, queue: "results" }], overdueGrants: 0, unpublished: 0, oldestUnpublishedMs: null };

const backlog = (parts: Partial<Backlog>) => judgeBacklog({ ...EMPTY, ...parts }, { nowMs: NOW, resultsMax: 100 });
const withResults = (waiting: number) => backlog({ queues: [{ ...QUEUE, queue: "results", waiting }] });

test.each([
  ["an open key", judgeKey(KEY, EMPTY, NOW), "ok"],
  ["a cooling key", judgeKey({ ...KEY, state: "cooling", reason: "rate_limited", untilMs: NOW + 60_000 }, EMPTY, NOW), "warn"],
  ["a key with a transit", judgeKey({ ...KEY, transit: { ms: 1_000, answersUntilMs: null } }, EMPTY, NOW), "ok"],
  ["a key whose transit is not trusted", judgeKey({ ...KEY, transit: { ms: 1_000, answersUntilMs: NOW + 60_000 } }, EMPTY, NOW), "warn"],
  ["long calls without a transit", judgeKey({ ...KEY, meanHoldMs: 10_000 }, EMPTY, NOW), "ok"],
  ["a refused key", judgeKey({ ...KEY, state: "stopped", reason: "key_refused" }, EMPTY, NOW), "fail"],
  ["a key that the service refused", judgeKey({ ...KEY, state: "stopped", reason: "service_refused" }, EMPTY, NOW), "fail"],
  ["an operation with a brake", judgeKey({ ...KEY, brakes: [BRAKE] }, EMPTY, NOW), "warn"],
  ["a Redis clock that went back", judgeKey(KEY, EMPTY, NOW - 5_000), "warn"],
  ["no worker and nothing to do", judgeKey({ ...KEY, workers: 0 }, EMPTY, NOW), "warn"],
  [
    "no worker and nothing but a schedule",
    judgeKey({ ...KEY, workers: 0 }, { ...EMPTY, queues: [{ ...QUEUE, queue: "schedules", delayed: 1 }] }, NOW),
    "warn",
  ],
  ["no worker and jobs", judgeKey({ ...KEY, workers: 0 }, { ...EMPTY, queues: [{ ...QUEUE, waiting: 5 }] }, NOW), "fail"],
  ["a paused queue", backlog({ queues: [{ ...QUEUE, paused: true }] }), "warn"],
  ["a job of a minute", backlog({ queues: [{ ...QUEUE, waiting: 1, oldestMs: NOW - 60_000 }] }), "ok"],
  ["a job of an hour", backlog({ queues: [{ ...QUEUE, waiting: 1, oldestMs: NOW - 3_600_000 }] }), "warn"],
  ["calls past their deadline", backlog({ overdueGrants: 2 }), "fail"],
  ["an outcome just settled", backlog({ unpublished: 1, oldestUnpublishedMs: NOW - 1_000 }), "ok"],
  ["an outcome of a minute", backlog({ unpublished: 1, oldestUnpublishedMs: NOW - 60_000 }), "warn"],
  ["an outcome of an hour", backlog({ unpublished: 1, oldestUnpublishedMs: NOW - 3_600_000 }), "fail"],
  ["results that pile up", withResults(85), "warn"],
  ["results at their bound", withResults(100), "fail"],
])("%s", (_case, findings, level) => {
  expect(worstOf(findings)).toBe(level);
});

const account = (id: string): Account => ({
  id,
  state: "awaiting_code",
  why: "code_required",
  epoch: 0,
  country: null,
  maxInFlight: null,
  plan: null,
  policy: null,
  parked: 2,
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
});

test("accounts that may send without any bound are named; none is where the setting or caps of its own bound it", () => {
  const own = { ...account("own"), policy: { caps: { invite: { perDay: 5 } } } };
  const none = { accountPolicy: "none", baseUrl: "https://api.linkupapi.com" } as const;
  const unbound = [account("ada"), own, { ...account("bob"), policy: {} }];
  const found = "2 of 3 accounts may send without any bound: ada, bob";
  expect(judgeAccountPolicy(unbound, none)).toMatchObject([{ level: "warn", found }]);
  expect(judgeAccountPolicy(unbound, { ...none, baseUrl: "http://127.0.0.1:4010" })).toMatchObject([{ level: "ok", found }]);
  expect(judgeAccountPolicy(unbound, { ...none, accountPolicy: "careful" })).toMatchObject([
    { level: "ok", found: "careful for 2 of 3 accounts" },
  ]);
  expect(judgeAccountPolicy([own], none)).toMatchObject([{ level: "ok" }]);
  expect(judgeAccountPolicy([], none)).toEqual([]);
});

test("an account whose invitations went without their note is named, with how many and since when", () => {
  const withoutNote = { count: 12, since: "2027-01-10T00:00:00.000Z", lastAt: "2027-01-14T00:00:00.000Z" };
  const careful = { accountPolicy: "careful", baseUrl: "https://api.linkupapi.com" } as const;
  const found =
    "ada has no notes left: 12 invitations went without theirs since 2027-01-10T00:00:00.000Z, the last at 2027-01-14T00:00:00.000Z";
  const [, told] = judgeAccountPolicy([{ ...account("ada"), withoutNote }], careful);
  expect(told).toMatchObject({ level: "warn", found, subject: "ada", since: withoutNote.since });
});

test("an inbox that was to be read for replies and was not for long is named, with since when; while no campaign asks none is", () => {
  const at = (agoMs: number) => new Date(NOW - agoMs).toISOString();
  const watched = { ...account("ada"), replyWatch: { everyMinutes: 60 }, inboxReadAt: at(8_000_000), inboxWaitsSince: at(5_500_000) };
  const asked = { nowMs: NOW, isAsked: true };
  expect(judgeInboxes([watched], asked)).toMatchObject([
    {
      level: "warn",
      subject: "ada",
      since: at(5_500_000),
      found: expect.stringContaining(`the inbox of ada was not read since ${at(8_000_000)}`),
    },
  ]);
  expect(judgeInboxes([{ ...watched, inboxReadAt: null }], asked)[0]?.found).toContain("never read");
  expect(judgeInboxes([{ ...watched, inboxWaitsSince: at(5_300_000) }], asked)).toMatchObject([{ level: "ok" }]);
  expect(judgeInboxes([{ ...watched, inboxWaitsSince: null }], asked)).toMatchObject([{ level: "ok", found: "1 read for replies" }]);
  expect(judgeInboxes([watched], { ...asked, isAsked: false })).toEqual([]);
  expect(judgeInboxes([account("bob")], asked)).toEqual([]);
});

test("an account whose invitations are stopped, halved, near their ceiling or not read for long is named; others are counted", () => {
  const at = (agoMs: number) => new Date(NOW - agoMs).toISOString();
  const bounded = { ...account("ada"), policy: { invitations: { pendingMax: 400, halveBelow: 20, stopBelow: 15 } } };
  const judge = (use: Partial<InvitationsUse>, more: Partial<Account> = {}) =>
    judgeInvitations([{ account: { ...bounded, ...more }, use: { pending: null, acceptance: null, effect: "none", ...use } }], NOW);
  const pending = (atMost: number) => ({ counted: 300, countedAt: at(0), atMost });
  const few = { accepted: 5, looked: 50 };
  expect(judgeInvitations([], NOW)).toEqual([]);
  expect(judge({ pending: pending(319) })).toMatchObject([{ level: "ok", found: "1 read for how many are pending and accepted" }]);
  expect(judge({ pending: pending(320) })).toMatchObject([
    { level: "warn", subject: "ada", found: "320 invitations of ada may be pending: 80 more may" },
  ]);
  expect(judge({ pending: pending(400), effect: "pending_max" })[0]?.found).toContain("no further one leaves");
  expect(judge({ acceptance: few, effect: "stopped" })[0]?.found).toBe(
    "5 of 50 invitations of ada that were looked at were accepted: no further one leaves",
  );
  expect(judge({ acceptance: few, effect: "halved" })[0]?.found).toContain("half of the caps of invitations hold");
  const late = at(2 * 86_400_000);
  expect(judge({ effect: "not_known" }, { invitationsWaitSince: late })).toMatchObject([{ level: "warn", since: late }]);
  expect(judge({ effect: "not_known" }, { invitationsWaitSince: at(86_400_000) })).toMatchObject([{ level: "ok" }]);
});

test("accounts in trouble are named, the first five, with what to do for each", () => {
  const [accounts, parked] = judgeAccounts(["a", "b", "c", "d", "e", "f"].map(account));
  expect(accounts?.found).toBe(
    "6 of 6 wait for a person: a (awaiting_code, 2 parked), b (awaiting_code, 2 parked), c (awaiting_code, 2 parked), d (awaiting_code, 2 parked), e (awaiting_code, 2 parked) and 1 more",
  );
  expect(accounts?.remedy).toContain("linkup account verify a");
  expect(parked?.found).toContain("12 of 12 parked jobs");
});

test("spans and sizes are said as people say them", () => {
  expect([1_400, 100_000, 7_200_000, 300_000_000].map(span)).toEqual(["1 s", "2 min", "2 h", "3 d"]);
  expect([1_572_864, 52_428_800, 5_368_709_120].map(size)).toEqual(["1.5 MB", "50 MB", "5.0 GB"]);
});

const BUDGET = { limit: 100, spent: 90, committed: 5, resetsAtMs: NOW + 3_600_000, waiting: 0 };
const HEAD: CampaignHead = {
  id: "spring",
  state: "running",
  why: "",
  stalled: "",
  changedAt: NOW - 60_000,
  accepted: 100,
  fed: 50,
  ended: 40,
  maxCredits: null,
  price: 1,
  charged: 40,
  uncertain: 0,
  held: 5,
};
const HOOK = { id: "crm", state: "ok", failingSince: null, lastError: null, waiting: 0, dead: 0 };
const FAILING = { ...HOOK, failingSince: new Date(NOW - 60_000).toISOString(), lastError: "answered 500", waiting: 3 };
const ARCHIVE = { archiving: true, taken: true, waiting: 2, oldestMs: NOW - 1_000 };
const archive = (parts: Partial<typeof ARCHIVE>, wanted = true) => [judgeArchive({ ...ARCHIVE, ...parts }, { wanted, nowMs: NOW })];
const ago = (ms: number) => ({ count: 2, lastAt: new Date(NOW - ms).toISOString() });
const NEVER = { count: 0, lastAt: null };
const schedule = (parts: Partial<Schedule>): Finding[] => {
  const job = { accountId: "ada" } as Schedule["job"];
  return judgeSchedules([{ id: "daily", problems: [], missed: NEVER, skipped: NEVER, job, ...parts } as Schedule], NOW);
};

test.each([
  ["no bound on the day's credits", judgeDayBudget(null), "ok"],
  ["credits left", judgeDayBudget(BUDGET), "ok"],
  ["the day's credits used up", judgeDayBudget({ ...BUDGET, spent: 95, waiting: 7 }), "warn"],
  ["no campaign", judgeCampaigns([]), "ok"],
  ["a campaign that moves", judgeCampaigns([HEAD]), "ok"],
  ["a campaign that its people paused", judgeCampaigns([{ ...HEAD, state: "paused", why: "by_hand" }]), "ok"],
  ["a campaign whose credits are used up", judgeCampaigns([{ ...HEAD, state: "paused", why: "budget_exhausted" }]), "warn"],
  ["a campaign that has stalled", judgeCampaigns([{ ...HEAD, stalled: "accounts_away" }]), "warn"],
  ["a campaign with credits for all that are left", judgeCampaigns([{ ...HEAD, maxCredits: 95 }]), "ok"],
  ["a campaign with credits for some", judgeCampaigns([{ ...HEAD, maxCredits: 94 }]), "warn"],
  ["no write of unknown effect", [judgeUnknown({ count: 0, sinceMs: null, jobIds: [] })], "ok"],
  ["a write of unknown effect", [judgeUnknown({ count: 1, sinceMs: NOW, jobIds: ["job-1"] })], "warn"],
  ["a schedule that ticks", schedule({}), "ok"],
  ["a schedule whose account is gone", schedule({ problems: ["Account ada is gone"] }), "warn"],
  ["a tick skipped an hour ago", schedule({ skipped: ago(3_600_000) }), "warn"],
  ["a tick missed an hour ago", schedule({ missed: ago(3_600_000) }), "fail"],
  ["a tick missed days ago", schedule({ missed: ago(200_000_000) }), "ok"],
  ["webhooks that take all", judgeWebhooks([HOOK]), "ok"],
  ["a webhook that fails", judgeWebhooks([{ ...FAILING, state: "failing" }]), "warn"],
  ["a webhook that rests", judgeWebhooks([{ ...FAILING, state: "resting" }]), "fail"],
  ["a webhook that has ended", judgeWebhooks([{ ...FAILING, state: "ended" }]), "fail"],
  ["dead letters", judgeWebhooks([{ ...HOOK, dead: 4 }]), "warn"],
  ["no archive", archive({ archiving: false }, false), "ok"],
  ["an archive that no worker has", archive({ archiving: false }), "warn"],
  ["an archive in step", archive({}), "ok"],
  ["an archive that is behind", archive({ oldestMs: NOW - 120_000 }), "warn"],
  ["an archive that takes nothing for hours", archive({ oldestMs: NOW - 7_200_000 }), "fail"],
  ["an archive whose worker is gone", archive({ taken: false }), "warn"],
])("%s is found", (_case, findings, level) => {
  expect(worstOf(findings)).toBe(level);
  for (const finding of findings) expect(finding.remedy === "").toBe(finding.level === "ok");
});

test("a finding about one thing names it and since when, and of very many things the first are told", () => {
  expect(judgeCampaigns([{ ...HEAD, state: "paused", why: "budget_exhausted", maxCredits: 45 }])).toEqual([
    {
      check: "campaigns",
      level: "warn",
      found: "spring is paused: its 45 credits are used up, 60 recipients are left",
      remedy: "Raise its maxCredits with PATCH /v1/campaigns/spring (paused), then: linkup campaign resume spring",
      since: new Date(NOW - 60_000).toISOString(),
      subject: "spring",
    },
  ]);
  const many = judgeCampaigns(Array.from({ length: 50 }, (_, n) => ({ ...HEAD, id: `c-${n}`, stalled: "key_stopped" })));
  expect(many).toHaveLength(21);
  expect(many.at(-1)?.found).toBe("30 more like these");
});

test("a jump of Redis's clock is told for a day, with its direction", () => {
  const jumped = (byMs: number, agoMs: number) =>
    judgeKey({ ...KEY, clockJump: { byMs, atMs: NOW - agoMs } }, EMPTY, NOW).filter(({ check }) => check === "redis clock");
  expect(jumped(30_000, 60_000)).toMatchObject([{ level: "warn", found: expect.stringContaining("forward by 30 s") as string }]);
  expect(jumped(-3_000, 60_000)).toMatchObject([{ found: expect.stringContaining("back by 3 s") as string }]);
  expect(jumped(30_000, 2 * 86_400_000)).toEqual([]);
});
