/**
 * The queries of the archive: outcomes and credits kept for good, found again, and a person forgotten. Appending the same outcome again
 * changes nothing. Nothing here knows Redis.
 */
import { type Outcome, peopleOf, withoutPerson } from "@linkup-queue/contracts";
import { sql } from "kysely";
import { Migrator } from "kysely/migration";
import { type ArchiveAccess, ROWS_AT_ONCE } from "./archive-access.ts";
import { readByPerson } from "./by-person.ts";
import { creditsByDay, type DayCredits, keepCredits, lastCreditDay } from "./credit-days.ts";
import { type ArchivedOutcome, forgetPerson, forgottenSince } from "./forget-person.ts";
import { MIGRATIONS } from "./migrations.ts";
import { asColumn, outcomeOfRow, rowOf } from "./outcome-rows.ts";

/** Where a page ended. */
export type ArchivePlace = { finishedMs: number; outcomeId: string };
export type ArchivePage = { items: Outcome[]; next: ArchivePlace | null };
export type PageRequest = { after?: ArchivePlace | undefined; limit: number };

export type ArchiveFilter = {
  campaignId?: string | undefined;
  accountId?: string | undefined;
  operation?: string | undefined;
  /** Finished at or after; ms since the epoch. */
  fromMs?: number | undefined;
  /** Finished before. */
  toMs?: number | undefined;
};

export class Archive {
  readonly #access: ArchiveAccess;

  constructor(access: ArchiveAccess) {
    this.#access = access;
  }

  /** Brings the tables up to date; several processes may do so at once. Throws `archive_unreachable`, `archive_unsuitable`. */
  async migrate(): Promise<void> {
    await this.#access.run(async (db) => {
      const { error } = await new Migrator({ db, provider: MIGRATIONS }).migrateToLatest();
      if (error !== undefined) throw error;
      await db
        .insertInto("turns")
        .values({ key_id: this.#access.keyId, turns: 0 })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    });
  }

  /**
   * Keeps outcomes, all or none. An outcome that is kept already stays as it is, unless it comes with a person's word now; an outcome that ended
   * before its person was forgotten comes without them.
   */
  async append(outcomes: readonly ArchivedOutcome[]): Promise<void> {
    const each = latestOfEach(outcomes);
    for (let from = 0; from < each.length; from += ROWS_AT_ONCE) {
      const some = each.slice(from, from + ROWS_AT_ONCE);
      await this.#access.write(async (db) => {
        const forgotten = await forgottenSince(this.#access.keyId, db, some);
        const cleaned = some.map(({ outcome, about }) => {
          const finishedMs = Date.parse(outcome.finishedAt);
          const gone = forgotten.filter(({ forgottenMs }) => finishedMs <= forgottenMs).map(({ person }) => person);
          const left = gone.reduce((rest, person) => withoutPerson(rest, person, about) ?? rest, outcome);
          return {
            isResolved: left.resolved !== null,
            row: rowOf(this.#access.keyId, left),
            people: [
              ...peopleOf(
                left,
                about.filter((person) => !gone.includes(person)),
              ),
            ],
          };
        });
        const [resolved, plain] = [true, false].map((word) =>
          cleaned.filter(({ isResolved }) => isResolved === word).map(({ row }) => row),
        );
        if (plain !== undefined && plain.length > 0) {
          await db
            .insertInto("outcomes")
            .values(plain)
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        }
        if (resolved !== undefined && resolved.length > 0) {
          await db
            .insertInto("outcomes")
            .values(resolved)
            .onConflict((conflict) =>
              conflict
                .columns(["key_id", "outcome_id", "finished_ms"])
                .doUpdateSet((columns) => ({ outcome: columns.ref("excluded.outcome") })),
            )
            .execute();
        }
        const people = cleaned.flatMap(({ row: { key_id, outcome_id, finished_ms }, people: named }) =>
          named.map((person) => ({ key_id, person, outcome_id, finished_ms })),
        );
        for (let at = 0; at < people.length; at += ROWS_AT_ONCE) {
          await db
            .insertInto("outcome_people")
            .values(people.slice(at, at + ROWS_AT_ONCE))
            .onConflict((conflict) => conflict.doNothing())
            .execute();
        }
      });
    }
  }

  /** The latest outcome of this id, or null. */
  async read(outcomeId: string): Promise<Outcome | null> {
    return (await this.readMany([outcomeId])).get(outcomeId) ?? null;
  }

  /** Outcomes by their ids; those that are not here are left out. */
  async readMany(outcomeIds: readonly string[]): Promise<Map<string, Outcome>> {
    const found = new Map<string, Outcome>();
    for (let from = 0; from < outcomeIds.length; from += ROWS_AT_ONCE) {
      const ids = outcomeIds.slice(from, from + ROWS_AT_ONCE);
      const rows = await this.#access.run((db) =>
        db
          .selectFrom("outcomes")
          .select(["outcome_id", "outcome"])
          .where("key_id", "=", this.#access.keyId)
          .where("outcome_id", "in", ids)
          .orderBy("finished_ms")
          .execute(),
      );
      for (const row of rows) found.set(row.outcome_id, outcomeOfRow(row));
    }
    return found;
  }

  /** A campaign's outcomes in the order they ended. */
  async byCampaign(campaignId: string, page: PageRequest): Promise<ArchivePage> {
    return await this.list({ campaignId }, page);
  }

  /** How many outcomes of a campaign that ended before `toMs` are here. */
  async countByCampaign(campaignId: string, { toMs }: { toMs: number }): Promise<number> {
    const row = await this.#access.run((db) =>
      db
        .selectFrom("outcomes")
        .select((columns) => columns.fn.countAll().as("count"))
        .where("key_id", "=", this.#access.keyId)
        .where("campaign_id", "=", asColumn(campaignId))
        .where("finished_ms", "<", toMs)
        .executeTakeFirst(),
    );
    return Number(row?.count ?? 0);
  }

  /** Outcomes in the order they ended, a page at a time. */
  async list({ campaignId, accountId, operation, fromMs, toMs }: ArchiveFilter, { after, limit }: PageRequest): Promise<ArchivePage> {
    return await this.#access.run(async (db) => {
      let query = db.selectFrom("outcomes").select(["outcome_id", "finished_ms", "outcome"]).where("key_id", "=", this.#access.keyId);
      if (campaignId !== undefined) query = query.where("campaign_id", "=", asColumn(campaignId));
      if (accountId !== undefined) query = query.where("account_id", "=", asColumn(accountId));
      if (operation !== undefined) query = query.where("operation", "=", asColumn(operation));
      if (fromMs !== undefined) query = query.where("finished_ms", ">=", fromMs);
      if (toMs !== undefined) query = query.where("finished_ms", "<", toMs);
      if (after !== undefined) {
        query = query.where(sql<boolean>`(finished_ms, outcome_id) > (${after.finishedMs}, ${after.outcomeId})`);
      }
      const rows = await query.orderBy("finished_ms").orderBy("outcome_id").limit(limit).execute();
      const last = rows.length === limit ? rows.at(-1) : undefined;
      return {
        items: rows.map(outcomeOfRow),
        next: last === undefined ? null : { finishedMs: Number(last.finished_ms), outcomeId: last.outcome_id },
      };
    });
  }

  /** The outcomes that are about a person (by `personKey`) or name them, the latest first, a page at a time; `before`: where the page before ended. */
  async byPerson(person: string, { before, limit }: { before?: ArchivePlace | undefined; limit: number }): Promise<ArchivePage> {
    return await readByPerson(this.#access, person, { before, limit });
  }

  /** When the first outcome ended that is here; null where none is. ms since the epoch. */
  async reachesBackToMs(): Promise<number | null> {
    const row = await this.#access.run((db) =>
      db
        .selectFrom("outcomes")
        .select("finished_ms")
        .where("key_id", "=", this.#access.keyId)
        .orderBy("finished_ms")
        .limit(1)
        .executeTakeFirst(),
    );
    return row === undefined ? null : Number(row.finished_ms);
  }

  /** Keeps the ledger's counters of one UTC day (`2026-11-22`) as they are now. */
  async keepCredits(day: string, credits: readonly DayCredits[]): Promise<void> {
    await keepCredits(this.#access, day, credits);
  }

  /** The counters of the days from `fromDay` to `toDay`, both included, the oldest first. */
  async creditsByDay(days: { fromDay: string; toDay: string }): Promise<({ day: string } & DayCredits)[]> {
    return await creditsByDay(this.#access, days);
  }

  /** The latest day whose counters are kept, or null. */
  async lastCreditDay(): Promise<string | null> {
    return await lastCreditDay(this.#access);
  }

  /** Erases what outcomes say of a person (by `personKey`); also of those that ended before `nowMs` and arrive later. Answers how many. */
  async forgetPerson(person: string, nowMs: number): Promise<number> {
    return await forgetPerson(this.#access, person, nowMs);
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    await this.#access.close();
  }
}

/** Each outcome once: one statement can't write a row twice. The last of several has all that is known. */
function latestOfEach(outcomes: readonly ArchivedOutcome[]): ArchivedOutcome[] {
  return [...new Map(outcomes.map((one) => [`${one.outcome.outcomeId}\n${one.outcome.finishedAt}`, one])).values()];
}
