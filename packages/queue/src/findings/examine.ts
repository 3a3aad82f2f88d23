/** Reads all that findings are made of, once, and has it judged. It changes nothing and makes no call. */
import { LinkupError } from "@linkup-queue/contracts";
import type { Account, Accounts, InvitationsUse } from "../accounts/accounts.ts";
import { readArchiveState } from "../archive/archive-stream.ts";
import { readCampaignHeads } from "../campaigns/campaign-heads.ts";
import { readDayBudget } from "../ledger/day-budget.ts";
import type { KeyStates } from "../ledger/key-state.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import { growthPerDay, type MemoryHistory } from "../redis/memory-history.ts";
import { checkLayout } from "../redis/open-layout.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { Secrets } from "../redis/secrets.ts";
import { inspectRedis, type RedisFacts } from "../redis/suitability.ts";
import { redisTrouble } from "../redis/trouble.ts";
import type { Schedule } from "../schedules/schedule-view.ts";
import type { Schedules } from "../schedules/schedules.ts";
import { readBacklog } from "../views/backlog.ts";
import { MOST_WEBHOOKS, type Webhooks } from "../webhooks/webhooks.ts";
import { findUnknown } from "./find-unknown.ts";
import { type Finding, fail, ok } from "./finding.ts";
import { judgeArchive, judgeWebhooks } from "./judge-deliveries.ts";
import { judgeAccountPolicy, judgeAccounts, judgeBacklog, judgeInboxes, judgeInvitations, judgeKey } from "./judge-engine.ts";
import { judgeRedis, nearestMoment, type RedisCase } from "./judge-redis.ts";
import { judgeCampaigns, judgeDayBudget, judgeSchedules, judgeUnknown } from "./judge-work.ts";

export type ExamineParts = {
  scripts: RedisScripts;
  config: EngineConfig;
  secrets: Secrets;
  keys: KeyStates;
  memory: MemoryHistory;
  accounts: Accounts;
  schedules: Schedules;
  webhooks: Webhooks;
};

/** The settings of the asking process. */
export type ExamineSettings = RedisCase["settings"] & { archive: unknown; baseUrl: string };

const PAGE = 500;
/** More schedules than these are not looked at. */
const MOST_SCHEDULES = 1_000;

/** All that is found in one look, and what it was told of Redis. */
export type Examined = {
  findings: Finding[];
  redis: {
    /** Version, memory, replicas; of a cluster of the worst of its masters. */
    facts: RedisFacts;
    /** Memory that a day adds, bytes; null: nobody knows. */
    perDayBytes: number | null;
  };
};

/** All findings about Redis and what is in it, in the order in which things depend on each other. */
export async function examineEngine(parts: ExamineParts, settings: ExamineSettings): Promise<Examined> {
  const askedMs = Date.now();
  const facts = await inspectRedis(parts.scripts.client);
  const hostNowMs = nearestMoment(facts.nowMs, { fromMs: askedMs, toMs: Date.now() });
  // A Redis that can't be read says so with its contents.
  const noted = await parts.memory.read().catch(() => []);
  const redis = { facts, perDayBytes: growthPerDay(facts, noted) };
  const judged = judgeRedis({ ...redis, hostNowMs, settings });
  // A Redis that is full or refuses writes says so above; whatever it does not let be read must not hide that.
  const contents = facts.recentEnough ? await examineContents(parts, settings).catch(unreadContents) : [];
  return { findings: [...judged, ...contents], redis };
}

async function examineContents(parts: ExamineParts, settings: ExamineSettings): Promise<Finding[]> {
  const layout = await judgeLayout(parts.scripts);
  // In another layout nothing can be read.
  if (layout.level === "fail") return [layout];
  return [layout, await judgeSecrets(parts), ...(await examineWork(parts, settings))];
}

function unreadContents(thrown: unknown): Finding[] {
  const trouble = redisTrouble(thrown);
  if (trouble === null) throw thrown;
  return [fail("redis", `its contents can't be read: ${trouble.message}`, "Repair Redis as told here, then run this again")];
}

async function judgeLayout(scripts: RedisScripts): Promise<Finding> {
  return await checkLayout(scripts).then(
    () => ok("layout", `${scripts.layout.version}, which this version works with`),
    (thrown: unknown) => {
      const { code, message } = LinkupError.from(thrown);
      if (code !== "layout_conflict") throw thrown;
      return fail("layout", message, "Run one version everywhere, this command too");
    },
  );
}

async function judgeSecrets({ keys, secrets }: ExamineParts): Promise<Finding> {
  return await keys.checkSecrets(secrets).then(
    () => ok("secrets key", "opens what is stored"),
    (thrown: unknown) => fail("secrets key", LinkupError.from(thrown).message, "Set the former LINKUP_SECRETS_KEY"),
  );
}

async function examineWork(parts: ExamineParts, settings: ExamineSettings): Promise<Finding[]> {
  const { scripts, config, keys } = parts;
  const [seconds] = await scripts.client.time();
  const key = await keys.read();
  const { nowMs } = key;
  const accounts = await allAccounts(parts.accounts);
  const backlog = await readBacklog(scripts, config.keyId, nowMs);
  return [
    ...judgeKey(key, backlog, Number(seconds) * 1_000),
    ...judgeDayBudget(await readDayBudget(scripts, config, nowMs)),
    ...judgeBacklog(backlog, { nowMs, resultsMax: config.resultsMax }),
    ...judgeAccounts(accounts),
    ...judgeAccountPolicy(accounts, { ...config, ...settings }),
    ...judgeInboxes(accounts, { nowMs, isAsked: (await scripts.client.zcard(scripts.keys.stopping)) > 0 }),
    ...judgeInvitations(await boundedInvitations(parts.accounts, accounts), nowMs),
    ...judgeCampaigns(await readCampaignHeads(scripts)),
    judgeUnknown(await findUnknown(scripts, config, nowMs)),
    ...judgeSchedules(await someSchedules(parts.schedules), Date.now()),
    ...judgeWebhooks(await readWebhooks(parts.webhooks)),
    judgeArchive(await readArchiveState(scripts), { wanted: settings.archive !== null, nowMs }),
  ];
}

/** The accounts whose policy bounds invitations, each with what is known of it. */
async function boundedInvitations(accounts: Accounts, all: readonly Account[]): Promise<{ account: Account; use: InvitationsUse }[]> {
  const bounded: { account: Account; use: InvitationsUse }[] = [];
  for (const account of all) {
    if (account.policy?.invitations === undefined) continue;
    const { invitations: use } = await accounts.rulesOf(account.id);
    if (use !== null) bounded.push({ account, use });
  }
  return bounded;
}

async function allAccounts(accounts: Accounts): Promise<Account[]> {
  const all: Account[] = [];
  for (let afterId: string | undefined; ; ) {
    const page = await accounts.list({ afterId, limit: PAGE });
    for (const one of page) all.push(one);
    afterId = page.at(-1)?.id;
    if (page.length < PAGE) return all;
  }
}

async function someSchedules(schedules: Schedules): Promise<Schedule[]> {
  const some: Schedule[] = [];
  for (let afterId: string | undefined; some.length < MOST_SCHEDULES; ) {
    const page = await schedules.list({ afterId, limit: PAGE });
    for (const one of page.schedules) some.push(one);
    if (page.next === null) return some;
    afterId = page.next;
  }
  return some;
}

/** Their addresses are sealed: with another secrets key, which is a finding of its own, none can be read. */
async function readWebhooks(webhooks: Webhooks): Promise<Awaited<ReturnType<Webhooks["list"]>>> {
  return await webhooks.list({ limit: MOST_WEBHOOKS }).catch((thrown: unknown) => {
    if (LinkupError.from(thrown).code === "secrets_key_wrong") return [];
    throw thrown;
  });
}
