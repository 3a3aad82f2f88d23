/** Everything that the header and the page Now tell, read once for all who look at them in the same moment. */

import type { WaitsFor } from "@linkup-queue/contracts";
import type {
  Account,
  AuditEntry,
  Backlog,
  CampaignHead,
  DayBudget,
  Examined,
  Finding,
  KeyState,
  OutcomeCounts,
  WindowHistory,
  WorkerSeen,
} from "@linkup-queue/queue";
import type { ApiContext } from "../../http/api-context.ts";
import { type Cached, cached } from "../../live/cached.ts";

export type KeyNow = { key: KeyState; window: WindowHistory; dayBudget: DayBudget | null };

export type Header = KeyNow & {
  chargedToday: number;
  /** Things that need a person. */
  needs: number;
  unknown: number;
  /** Who stopped the key by hand, and when; null where that is not known. */
  stoppedBy: { by: string; at: string } | null;
};

export type Now = {
  header: Header;
  findings: readonly Finding[];
  awaiting: readonly Account[];
  counts: readonly OutcomeCounts[];
  backlog: Backlog;
  parked: number;
  campaigns: readonly CampaignHead[];
  workers: readonly WorkerSeen[];
  /** Why the job that is next makes no call now; null when none waits. */
  next: WaitsFor | null;
};

/** Entries of the audit list in which the stop is looked for. */
const AUDIT_LOOKED_AT = 200;
const STOPS = /\/v1\/key\/pause$|^linkup key pause$/;

export class NowReader {
  readonly key: Cached<KeyNow>;
  /** The findings, and the facts of Redis that they go by. */
  readonly examined: Cached<Examined>;
  readonly accounts: Cached<Account[]>;
  readonly campaigns: Cached<CampaignHead[]>;
  readonly unknown: Cached<number>;
  readonly #credits: Cached<number>;
  readonly #audit: Cached<(AuditEntry & { at: string })[]>;
  readonly #rest: Cached<Pick<Now, "counts" | "backlog" | "workers" | "next">>;

  /** Each part is read as often as it is worth: what was found takes longest and changes least. */
  constructor({ engine, everything, settings, jobs }: ApiContext) {
    this.accounts = everything.accounts;
    this.campaigns = everything.campaigns;
    this.key = cached(900, async () => {
      const key = await engine.keys.read();
      const [window, dayBudget] = await Promise.all([engine.windowHistory(key), engine.dayBudget(key.nowMs)]);
      return { key, window, dayBudget };
    });
    this.examined = cached(10_000, () => engine.examine(settings));
    this.unknown = cached(2_500, () => engine.unknownWrites.count());
    this.#credits = cached(5_000, async () => {
      const { key } = await this.key();
      return (await engine.credits.read({ days: 1, nowMs: key.nowMs })).total.charged;
    });
    this.#audit = cached(2_500, () => engine.audit.read({ limit: AUDIT_LOOKED_AT }));
    this.#rest = cached(4_000, async () => {
      const { key } = await this.key();
      const [counts, backlog, workers, waiting] = await Promise.all([
        engine.outcomeCounts(key.nowMs),
        engine.backlog(key.nowMs),
        engine.keys.workers(),
        jobs.pages.read({ state: "waiting" }, { place: undefined, limit: 1 }),
      ]);
      return { counts, backlog, workers, next: waiting.rows[0]?.waitsFor ?? null };
    });
  }

  /** Somebody changed something: whoever looks next sees it. */
  forget(): void {
    for (const one of [this.key, this.examined, this.accounts, this.campaigns, this.unknown, this.#credits, this.#audit, this.#rest])
      one.forget();
  }

  async header(): Promise<Header> {
    const [now, chargedToday, unknown, { findings }, accounts] = await Promise.all([
      this.key(),
      this.#credits(),
      this.unknown(),
      this.examined(),
      this.accounts(),
    ]);
    const byHand = now.key.state === "stopped" && now.key.reason === "by_hand";
    const stop = byHand ? (await this.#audit()).find(({ what }) => STOPS.test(what)) : undefined;
    const needs = needsOf(findings).length + awaitingOf(accounts).length;
    return { ...now, chargedToday, unknown, needs, stoppedBy: stop === undefined ? null : { by: stop.by, at: stop.at } };
  }

  async now(): Promise<Now> {
    const [header, { findings }, accounts, campaigns, rest] = await Promise.all([
      this.header(),
      this.examined(),
      this.accounts(),
      this.campaigns(),
      this.#rest(),
    ]);
    return {
      header,
      findings: needsOf(findings),
      awaiting: awaitingOf(accounts),
      parked: accounts.reduce((sum, { parked }) => sum + parked, 0),
      campaigns: campaigns.filter(({ state }) => state === "running"),
      ...rest,
    };
  }
}

/** Findings that want a person, worst first. Accounts that wait for a code have rows of their own. */
function needsOf(findings: readonly Finding[]): Finding[] {
  const worth = { fail: 0, warn: 1, ok: 2 } as const;
  return findings
    .filter(({ level, check }) => level !== "ok" && check !== "accounts" && check !== "parked jobs")
    .sort((one, other) => worth[one.level] - worth[other.level]);
}

/** Accounts that a person has to see to, those that wait for a code first. */
export function awaitingOf(accounts: readonly Account[]): Account[] {
  const needed = accounts.filter(({ state }) => state === "awaiting_code" || state === "needs_attention");
  return needed.sort((one, other) => Number(one.state !== "awaiting_code") - Number(other.state !== "awaiting_code"));
}
