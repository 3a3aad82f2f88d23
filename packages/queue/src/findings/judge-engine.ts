/** Whether jobs move: key, workers, queues, calls, outbox, accounts. Pure judgements over what was read. */
import { type DefaultPolicy, leadsToOwnHost } from "@linkup-queue/contracts";
import type { Account, InvitationsUse } from "../accounts/accounts.ts";
import type { KeyState } from "../ledger/key-state.ts";
import { differenceText, type SettingDifference } from "../ledger/worker-bounds.ts";
import type { Brake } from "../safety/brakes.ts";
import type { Backlog } from "../views/backlog.ts";
import { accountAdvice } from "./account-advice.ts";
import { type Finding, fail, ok, shortened, span, warn } from "./finding.ts";
import { brakeAdvice, keyAdvice } from "./key-advice.ts";

/** A job that is due waits for its place in the window; this long means that more comes in than may go out. */
const OLD_JOB_MS = 10 * 60_000;
/** The sweep publishes what is older than five seconds. */
const OUTBOX_WARN_MS = 30_000;
const OUTBOX_FAIL_MS = 5 * 60_000;
const RESULTS_FILLING = 0.8;
const SHOWN_ACCOUNTS = 5;
const JUMP_TOLD_MS = 86_400_000;
/** Calls whose mean is less than this part of the window cost nothing worth a word. */
const LONG_CALLS = 1 / 30;

/** Findings about the key and its workers. `redisNowMs` is Redis's own clock. */
export function judgeKey(key: KeyState, backlog: Backlog, redisNowMs: number): Finding[] {
  const window = `${key.slotsBusy} of ${key.rateLimit} requests of the window taken`;
  const waiting = backlog.queues.filter(holdsCalls).reduce((sum, queue) => sum + queue.waiting + queue.delayed, 0);
  const aheadMs = key.nowMs - redisNowMs;
  return [
    judgeState(key, window),
    ...(aheadMs > 1_000
      ? [
          warn(
            "redis clock",
            `Redis's clock went back by ${span(aheadMs)}`,
            "Set it by NTP; the gate stands still until the former time is reached",
          ),
        ]
      : []),
    ...judgeJump(key),
    ...judgeTransit(key),
    ...key.brakes.map((brake) => judgeBrake(brake, key.nowMs)),
    judgeWorkers(key.workers, waiting),
    ...key.differences.map(judgeDifference),
  ];
}

/** Told for a day. */
function judgeJump({ clockJump, nowMs }: KeyState): Finding[] {
  if (clockJump === null || nowMs - clockJump.atMs > JUMP_TOLD_MS) return [];
  const found = `Redis's clock jumped ${clockJump.byMs > 0 ? "forward" : "back"} by ${span(Math.abs(clockJump.byMs))}; nothing left for one window`;
  return [
    warn("redis clock", found, { remedy: "Set it by NTP, which slews a clock in steps too small to matter", sinceMs: clockJump.atMs }),
  ];
}

function judgeTransit({ transit, meanHoldMs, rateWindowMs, nowMs }: KeyState): Finding[] {
  if (transit === null) {
    if (meanHoldMs < rateWindowMs * LONG_CALLS) return [];
    const most = Math.round((100 * rateWindowMs) / (rateWindowMs + meanHoldMs));
    const found = `LINKUP_TRANSIT_MS is not set: calls take ${span(meanHoldMs)} in the mean, so at most ${most} % of the limit can be used`;
    return [ok("transit", found)];
  }
  const { ms, answersUntilMs } = transit;
  if (answersUntilMs === null) return [ok("transit", `a request counts for ${ms} ms at most, and then for one window`)];
  const found = `LINKUP_TRANSIT_MS of ${ms} has no effect for ${span(answersUntilMs - nowMs)} more: LinkUp answered 429 for the key`;
  return [warn("transit", found, "Raise LINKUP_TRANSIT_MS or leave it out, unless somebody else used the key")];
}

function judgeState(key: KeyState, window: string): Finding {
  if (key.state === "open") return ok("key", `open, ${window}`);
  const left = key.untilMs === null ? "" : `, for ${span(key.untilMs - key.nowMs)} more`;
  const missing = key.lost === null ? "" : `, ${key.lost.marks} calls that left are missing, at least`;
  const found = `${key.state} (${key.reason}${left}${missing})`;
  return key.state === "stopped" ? fail("key", found, keyAdvice(key)) : warn("key", found, keyAdvice(key));
}

function judgeBrake(brake: Brake, nowMs: number): Finding {
  const { operation, cause, sinceMs, waiting } = brake;
  const found = `${operation} stands still (${cause}) for ${span(nowMs - sinceMs)}, ${waiting} jobs wait`;
  return warn("brake", found, { remedy: brakeAdvice(brake), sinceMs, subject: operation });
}

function judgeDifference(difference: SettingDifference): Finding {
  const remedy = "Give all workers of the key the same settings; LINKUP_STRICT=1 refuses a looser one at its start";
  return warn("worker settings", differenceText(difference), { remedy, subject: difference.setting });
}

function judgeWorkers(workers: number, waiting: number): Finding {
  if (workers > 0) return ok("workers", `${workers} alive`);
  const remedy = "Start one: node --env-file=.env apps/worker/src/main.ts";
  return waiting > 0 ? fail("workers", `none is alive, and ${waiting} jobs wait`, remedy) : warn("workers", "none is alive", remedy);
}

/** Ticks of schedules are no calls, and their next ones are always among the delayed. */
function holdsCalls({ queue }: Backlog["queues"][number]): boolean {
  return queue !== "results" && queue !== "schedules";
}

/** Findings about queues, calls that are out, and outcomes on their way. */
export function judgeBacklog(backlog: Backlog, { nowMs, resultsMax }: { nowMs: number; resultsMax: number }): Finding[] {
  const calls = backlog.queues.filter(holdsCalls);
  const results = backlog.queues.find(({ queue }) => queue === "results");
  return [
    judgeQueues(calls),
    judgeOldest(calls, nowMs),
    backlog.overdueGrants === 0
      ? ok("open calls", "none past its deadline")
      : fail(
          "open calls",
          `${backlog.overdueGrants} past their deadline and not settled`,
          "A running worker settles them within seconds: start one, or look at its log",
        ),
    judgeOutbox(backlog, nowMs),
    judgeResults(results?.waiting ?? 0, resultsMax),
  ];
}

function judgeQueues(queues: Backlog["queues"]): Finding {
  const found = queues
    .map(({ queue, waiting, delayed, active }) => `${queue} ${waiting} waiting, ${delayed} delayed, ${active} active`)
    .join("; ");
  const paused = queues.filter((queue) => queue.paused).map(({ queue }) => queue);
  if (paused.length === 0) return ok("queues", found);
  return warn(
    "queues",
    `${paused.join(", ")} paused in BullMQ; ${found}`,
    "Resume it on the board; to stop all calls use: linkup key pause",
  );
}

function judgeOldest(queues: Backlog["queues"], nowMs: number): Finding {
  const oldest = queues.filter(({ oldestMs }) => oldestMs !== null).sort((a, b) => (a.oldestMs ?? 0) - (b.oldestMs ?? 0))[0];
  if (oldest?.oldestMs == null) return ok("oldest job", "none waits for its turn");
  const ageMs = nowMs - oldest.oldestMs;
  const found = `${span(ageMs)} old, in ${oldest.queue}`;
  if (ageMs < OLD_JOB_MS) return ok("oldest job", found);
  return warn(
    "oldest job",
    found,
    "More comes in than the window lets out, or nothing leaves: see key and workers; hurried jobs go first with priority urgent",
  );
}

function judgeOutbox({ unpublished, oldestUnpublishedMs }: Backlog, nowMs: number): Finding {
  if (oldestUnpublishedMs === null) return ok("outbox", "every outcome is published");
  const ageMs = nowMs - oldestUnpublishedMs;
  const found = `${unpublished} outcomes to publish, the oldest for ${span(ageMs)}`;
  const remedy = "The results queue is full or no worker runs: start a consumer of results, and a worker";
  if (ageMs >= OUTBOX_FAIL_MS) return fail("outbox", found, remedy);
  return ageMs >= OUTBOX_WARN_MS ? warn("outbox", found, remedy) : ok("outbox", found);
}

function judgeResults(waiting: number, most: number): Finding {
  if (most === 0) return ok("results", "the queue is not used: outcomes are read by HTTP, webhooks and archive");
  const found = `${waiting} of ${most} outcomes wait for a consumer`;
  if (waiting < most * RESULTS_FILLING) return ok("results", found);
  const remedy = "Start a BullMQ worker on the queue results, or more of them; beyond the bound outcomes wait in the outbox";
  return waiting >= most ? fail("results", found, remedy) : warn("results", found, remedy);
}

/** Findings about accounts: how many are in trouble, and which wait for a person. */
export function judgeAccounts(accounts: readonly Account[]): Finding[] {
  if (accounts.length === 0) {
    return [warn("accounts", "none is registered", "Add one: linkup account add ada --email ada@example.com")];
  }
  const troubled = accounts.filter(({ state }) => state === "needs_attention" || state === "awaiting_code");
  const held = accounts.reduce((sum, { parked }) => sum + parked, 0);
  const away = accounts.filter(({ state, parked }) => state !== "active" && parked > 0);
  const stuck = away.reduce((sum, { parked }) => sum + parked, 0);
  return [
    troubled.length === 0
      ? ok("accounts", `${accounts.length} registered, none waits for a person`)
      : warn("accounts", `${troubled.length} of ${accounts.length} wait for a person: ${listed(troubled)}`, remedies(troubled)),
    stuck === 0
      ? ok("parked jobs", `${held} parked, all behind accounts at work`)
      : warn("parked jobs", `${stuck} of ${held} parked jobs wait for accounts that are away: ${listed(away)}`, remedies(away)),
  ];
}

/**
 * Whether accounts have caps of their own, or those of LINKUP_ACCOUNT_POLICY: LinkedIn restricts accounts that act like machines. Beside a sandbox
 * there is none to be restricted.
 */
export function judgeAccountPolicy(
  accounts: readonly Account[],
  { accountPolicy, baseUrl }: { accountPolicy: DefaultPolicy; baseUrl: string },
): Finding[] {
  return [...judgeCaps(accounts, { accountPolicy, baseUrl }), ...shortened(accounts.flatMap(judgeNotes))];
}

/** Invitations that went without their note. */
function judgeNotes({ id, withoutNote }: Account): Finding[] {
  if (withoutNote === null) return [];
  const { count, since, lastAt } = withoutNote;
  const found = `${id} has no notes left: ${count} invitations went without theirs since ${since}, the last at ${lastAt}`;
  const remedy = "Nothing, if that is meant; else set note to wait or skip in its policy, or send fewer with a note";
  return [warn("account policy", found, { remedy, sinceMs: Date.parse(since), subject: id })];
}

/** The rhythm of readings may be missed by so much before it is told, ms: a page or a retry takes its time. */
const INBOX_LATE_MS = 30 * 60_000;
const MINUTE_MS = 60_000;

/** Inboxes that are to be read for replies, and were not for long. `isAsked`: some campaign stops on replies and may still send. */
export function judgeInboxes(accounts: readonly Account[], { nowMs, isAsked }: { nowMs: number; isAsked: boolean }): Finding[] {
  const watched = accounts.filter(({ replyWatch }) => replyWatch !== null);
  if (watched.length === 0 || !isAsked) return [];
  const late = watched.filter(({ inboxWaitsSince, replyWatch }) => {
    const longestMs = (replyWatch?.everyMinutes ?? 0) * MINUTE_MS + INBOX_LATE_MS;
    return inboxWaitsSince !== null && nowMs - Date.parse(inboxWaitsSince) > longestMs;
  });
  if (late.length === 0) return [ok("inboxes", `${watched.length} read for replies`)];
  return shortened(late.map((account) => judgeLateInbox(account)));
}

function judgeLateInbox({ id, state, inboxReadAt, inboxWaitsSince }: Account): Finding {
  const found = `the inbox of ${id} was ${inboxReadAt === null ? "never read" : `not read since ${inboxReadAt}`}: whoever answered there since is not known`;
  const remedy =
    state === "active"
      ? "See what its reads end in: GET /v1/outcomes?operation=message.inbox; pause campaigns that stop on replies meanwhile"
      : `Bring ${id} back to work, it is ${state}; pause campaigns that stop on replies meanwhile`;
  return warn("inboxes", found, { remedy, sinceMs: Date.parse(inboxWaitsSince ?? ""), subject: id });
}

/** Readings of invitations take some days to be late, as a count holds for four, ms. */
const COUNT_LATE_MS = 2 * 86_400_000;
/** The parts of a ceiling from which on it is near. */
const NEAR = 0.8;

/** Accounts whose policy bounds invitations by what LinkedIn tells, each with what is known of it. */
export function judgeInvitations(bounded: readonly { account: Account; use: InvitationsUse }[], nowMs: number): Finding[] {
  if (bounded.length === 0) return [];
  const told = bounded.flatMap((one) => judgeBounds(one, nowMs));
  return told.length === 0 ? [ok("invitations", `${bounded.length} read for how many are pending and accepted`)] : shortened(told);
}

function judgeBounds({ account, use }: { account: Account; use: InvitationsUse }, nowMs: number): Finding[] {
  const { id, policy, invitationsWaitSince: since } = account;
  const { pending, acceptance, effect } = use;
  const more = { subject: id };
  const most = policy?.invitations?.pendingMax ?? Number.POSITIVE_INFINITY;
  const share = `${acceptance?.accepted ?? 0} of ${acceptance?.looked ?? 0} invitations of ${id} that were looked at were accepted`;
  const remedy =
    "Choose people who know why they are asked, and look at text and list; it goes on by itself with what later looks find, or as they grow old";
  if (effect === "stopped") return [warn("invitations", `${share}: no further one leaves`, { remedy, ...more })];
  if (pending !== null && pending.atMost >= NEAR * most) {
    const left = pending.atMost >= most ? "no further one leaves" : `${most - pending.atMost} more may`;
    const withdraw = "Withdraw the oldest in LinkedIn, or by invitation.withdraw; the next count finds it";
    return [warn("invitations", `${pending.atMost} invitations of ${id} may be pending: ${left}`, { remedy: withdraw, ...more })];
  }
  if (effect === "halved") return [warn("invitations", `${share}: half of the caps of invitations hold`, { remedy, ...more })];
  if (since === null || nowMs - Date.parse(since) < COUNT_LATE_MS) return [];
  const late = `how many invitations of ${id} are pending and accepted was to be read, and is not known: nothing is held back for it`;
  const see = "See what its reads end in: GET /v1/outcomes?operation=invitation.sent";
  return [warn("invitations", late, { remedy: see, sinceMs: Date.parse(since), ...more })];
}

function judgeCaps(accounts: readonly Account[], { accountPolicy, baseUrl }: { accountPolicy: DefaultPolicy; baseUrl: string }): Finding[] {
  if (accounts.length === 0) return [];
  const without = accounts.filter(({ policy }) => policy?.caps === undefined).map(({ id }) => id);
  if (without.length === 0) return [ok("account policy", "each account has its own")];
  if (accountPolicy === "careful") return [ok("account policy", `careful for ${without.length} of ${accounts.length} accounts`)];
  const named = without.slice(0, SHOWN_ACCOUNTS).join(", ");
  const more = without.length > SHOWN_ACCOUNTS ? ` and ${without.length - SHOWN_ACCOUNTS} more` : "";
  const found = `${without.length} of ${accounts.length} accounts may send without any bound: ${named}${more}`;
  if (leadsToOwnHost(baseUrl)) return [ok("account policy", found)];
  const remedy = "Set LINKUP_ACCOUNT_POLICY=careful and restart workers and api, or give each a policy with PUT /v1/accounts/{id}";
  return [warn("account policy", found, remedy)];
}

function listed(accounts: readonly Account[]): string {
  const named = accounts.slice(0, SHOWN_ACCOUNTS).map(({ id, state, parked }) => `${id} (${state}, ${parked} parked)`);
  return accounts.length > SHOWN_ACCOUNTS ? `${named.join(", ")} and ${accounts.length - SHOWN_ACCOUNTS} more` : named.join(", ");
}

function remedies(accounts: readonly Account[]): string {
  const advice = accounts.slice(0, SHOWN_ACCOUNTS).map((account) => `${account.id}: ${accountAdvice(account) ?? ""}`);
  return advice.join("; ");
}
