/** Credits of calls, by UTC day, from the ledger's own counters. */
import { WASTE_CAUSES, type WasteCause } from "@linkup-queue/contracts";
import type { RedisScripts } from "../redis/scripts.ts";

export type CreditSums = {
  charged: number;
  /** May have been charged: the provider did not say. */
  uncertain: number;
  /** Charged calls of jobs that did not succeed, and calls refused for a dead token. */
  wasted: number;
  /** Of what was charged: for jobs that did others again. */
  redriven: number;
};

export type CreditReport = {
  total: CreditSums;
  byDay: ({ day: string } & CreditSums)[];
  byOperation: ({ operation: string } & CreditSums)[];
  byCampaign: ({ campaignId: string } & CreditSums)[];
  /** Kept for 100 days; days before the version that counts them have none. */
  byAccount: ({ accountId: string } & CreditSums)[];
  /** The wasted, the most first: kept as long, and counted by the versions that note it. */
  byCause: { cause: WasteCause; wasted: number }[];
};

const DAY_MS = 86_400_000;
const FIELDS = ["charged", "uncertain", "wasted", "redriven"] as const;
const none = (): CreditSums => ({ charged: 0, uncertain: 0, wasted: 0, redriven: 0 });

/** One counter of a day: `operation` and `campaignId` are empty where it counts all. The archive keeps no sums of accounts: its outcomes name theirs. */
export type CreditCounter = { kind: (typeof FIELDS)[number]; operation: string; campaignId: string; amount: number };

/** The ledger's counters of one UTC day, `2026-11-22`. */
export async function readCreditDay(scripts: RedisScripts, day: string): Promise<CreditCounter[]> {
  const values = await scripts.client.hgetall(scripts.keys.credits(Date.parse(day) / DAY_MS));
  return Object.entries(values).flatMap(([name, value]) => {
    const [field, group, ...rest] = name.split("|");
    const kind = FIELDS.find((known) => known === field);
    if (kind === undefined) return [];
    const of = rest.join("|");
    return [{ kind, operation: group === "op" ? of : "", campaignId: group === "campaign" ? of : "", amount: Number(value) }];
  });
}

/** The last `days` UTC days, today included, newest first. */
export async function readCredits(scripts: RedisScripts, { days, nowMs }: { days: number; nowMs: number }): Promise<CreditReport> {
  const today = Math.floor(nowMs / DAY_MS);
  const pipeline = scripts.client.pipeline();
  for (let back = 0; back < days; back++) pipeline.hgetall(scripts.keys.credits(today - back));
  for (let back = 0; back < days; back++) pipeline.hgetall(scripts.keys.accountCredits(today - back));
  const counters = ((await pipeline.exec()) ?? []).map(([, reply]) => Object.entries((reply ?? {}) as Record<string, string>));
  const total = none();
  const byOperation = new Map<string, CreditSums>();
  const byCampaign = new Map<string, CreditSums>();
  const byAccount = new Map<string, CreditSums>();
  const byCause = new Map<WasteCause, number>();
  for (const [name, value] of counters.slice(days).flat()) {
    const [field, ...rest] = name.split("|");
    const cause = field === "cause" ? WASTE_CAUSES.find((known) => known === rest[0]) : undefined;
    if (cause !== undefined) byCause.set(cause, (byCause.get(cause) ?? 0) + Number(value));
    const which = FIELDS.find((known) => known === field);
    if (which !== undefined) addTo(byAccount, rest.join("|"), { which, amount: Number(value) });
  }
  const byDay = counters.slice(0, days).map((entries, back) => {
    const sums = none();
    for (const [name, value] of entries) {
      const [field, kind, ...rest] = name.split("|");
      const which = FIELDS.find((known) => known === field);
      if (which === undefined) continue;
      const amount = Number(value);
      if (kind === undefined) {
        sums[which] += amount;
        total[which] += amount;
      } else {
        addTo(kind === "op" ? byOperation : byCampaign, rest.join("|"), { which, amount });
      }
    }
    return { day: new Date((today - back) * DAY_MS).toISOString().slice(0, 10), ...sums };
  });
  return {
    total,
    byDay,
    byOperation: [...byOperation].map(([operation, sums]) => ({ operation, ...sums })),
    byCampaign: [...byCampaign].map(([campaignId, sums]) => ({ campaignId, ...sums })),
    byAccount: [...byAccount].map(([accountId, sums]) => ({ accountId, ...sums })),
    byCause: [...byCause].map(([cause, wasted]) => ({ cause, wasted })).sort((one, other) => other.wasted - one.wasted),
  };
}

function addTo(group: Map<string, CreditSums>, name: string, { which, amount }: { which: (typeof FIELDS)[number]; amount: number }): void {
  const sums = group.get(name) ?? none();
  sums[which] += amount;
  group.set(name, sums);
}

/** An account's UTC day: the calls that left, and the credits that they were charged. */
export type AccountDay = { day: string; calls: number; charged: number };

/** The last `days` UTC days of each of these accounts, today included, the oldest first: one round trip, and one read for each day, however many accounts. */
export async function readAccountDays(
  scripts: RedisScripts,
  { ids, days, nowMs }: { ids: readonly string[]; days: number; nowMs: number },
): Promise<Map<string, AccountDay[]>> {
  const byAccount = new Map<string, AccountDay[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return byAccount;
  const first = Math.floor(nowMs / DAY_MS) - days + 1;
  const pipeline = scripts.client.pipeline();
  const fields = ids.flatMap((id) => [`calls|${id}`, `charged|${id}`]);
  for (let at = 0; at < days; at++) pipeline.hmget(scripts.keys.accountCredits(first + at), ...fields);
  for (const [at, [error, reply]] of ((await pipeline.exec()) ?? []).entries()) {
    if (error !== null) throw error;
    const values = reply as (string | null)[];
    const day = new Date((first + at) * DAY_MS).toISOString().slice(0, 10);
    for (const [index, id] of ids.entries()) {
      byAccount.get(id)?.push({ day, calls: Number(values[index * 2] ?? 0), charged: Number(values[index * 2 + 1] ?? 0) });
    }
  }
  return byAccount;
}

/** The counters, as the engine offers them. */
export class Credits {
  readonly #scripts: RedisScripts;

  constructor(scripts: RedisScripts) {
    this.#scripts = scripts;
  }

  /** The last `days` UTC days, today included, newest first. */
  read({ days, nowMs }: { days: number; nowMs: number }): Promise<CreditReport> {
    return readCredits(this.#scripts, { days, nowMs });
  }

  /** The last `days` UTC days of each of these accounts, today included, the oldest first. */
  ofAccounts(asked: { ids: readonly string[]; days: number; nowMs: number }): Promise<Map<string, AccountDay[]>> {
    return readAccountDays(this.#scripts, asked);
  }

  /** All counters of one UTC day, `2026-11-22`. */
  counters(day: string): Promise<CreditCounter[]> {
    return readCreditDay(this.#scripts, day);
  }
}
