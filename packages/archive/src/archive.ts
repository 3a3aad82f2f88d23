/**
 * The queries of the archive: outcomes and credits kept for good, found again, and a person forgotten. Appending the same outcome again
 * changes nothing. Nothing here knows Redis.
 */
import { type ArchiveAddress, type Outcome, peopleOf, withoutPerson } from "@linkup-queue/contracts";
import { type Kysely, sql, type Transaction } from "kysely";
import { Migrator } from "kysely/migration";
import { archiveTrouble } from "./archive-trouble.ts";
import { MIGRATIONS } from "./migrations.ts";
import { asColumn, outcomeOfRow, rowOf } from "./outcome-rows.ts";
import type { ArchiveTables } from "./schema.ts";

/** An outcome and whom its job was about, should it not say so itself. */
export type ArchivedOutcome = { outcome: Outcome; about: readonly string[] };

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

export type DayCredits = { kind: string; operation: string; campaignId: string; amount: number };

/** Rows for one statement: SQLite takes 32,766 values, Postgres 65,535. */
const ROWS_AT_ONCE = 500;
const FORGET_AT_ONCE = 200;

export class Archive {
  readonly #db: Kysely<ArchiveTables>;
  readonly #address: ArchiveAddress;
  readonly #keyId: string;

  constructor(db: Kysely<ArchiveTables>, { address, keyId }: { address: ArchiveAddress; keyId: string }) {
    this.#db = db;
    this.#address = address;
    this.#keyId = keyId;
  }

  /** Brings the tables up to date; several processes may do so at once. Throws `archive_unreachable`, `archive_unsuitable`. */
  async migrate(): Promise<void> {
    await this.#run(async (db) => {
      const { error } = await new Migrator({ db, provider: MIGRATIONS }).migrateToLatest();
      if (error !== undefined) throw error;
      await db
        .insertInto("turns")
        .values({ key_id: this.#keyId, turns: 0 })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    });
  }

  /** Keeps outcomes, all or none. An outcome that is kept already stays as it is; an outcome that ended before its person was forgotten comes without them. */
  async append(outcomes: readonly ArchivedOutcome[]): Promise<void> {
    for (let from = 0; from < outcomes.length; from += ROWS_AT_ONCE) {
      const some = outcomes.slice(from, from + ROWS_AT_ONCE);
      await this.#write(async (db) => {
        const forgotten = await this.#forgottenSince(db, some);
        const cleaned = some.map(({ outcome, about }) => {
          const finishedMs = Date.parse(outcome.finishedAt);
          const gone = forgotten.filter(({ forgottenMs }) => finishedMs <= forgottenMs).map(({ person }) => person);
          const left = gone.reduce((rest, person) => withoutPerson(rest, person, about) ?? rest, outcome);
          return {
            row: rowOf(this.#keyId, left),
            people: [
              ...peopleOf(
                left,
                about.filter((person) => !gone.includes(person)),
              ),
            ],
          };
        });
        await db
          .insertInto("outcomes")
          .values(cleaned.map(({ row }) => row))
          .onConflict((conflict) => conflict.doNothing())
          .execute();
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
      const rows = await this.#run((db) =>
        db
          .selectFrom("outcomes")
          .select(["outcome_id", "outcome"])
          .where("key_id", "=", this.#keyId)
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
    const row = await this.#run((db) =>
      db
        .selectFrom("outcomes")
        .select((columns) => columns.fn.countAll().as("count"))
        .where("key_id", "=", this.#keyId)
        .where("campaign_id", "=", asColumn(campaignId))
        .where("finished_ms", "<", toMs)
        .executeTakeFirst(),
    );
    return Number(row?.count ?? 0);
  }

  /** Outcomes in the order they ended, a page at a time. */
  async list({ campaignId, accountId, operation, fromMs, toMs }: ArchiveFilter, { after, limit }: PageRequest): Promise<ArchivePage> {
    return await this.#run(async (db) => {
      let query = db.selectFrom("outcomes").select(["outcome_id", "finished_ms", "outcome"]).where("key_id", "=", this.#keyId);
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

  /** Keeps the ledger's counters of one UTC day (`2026-11-22`) as they are now. */
  async keepCredits(day: string, credits: readonly DayCredits[]): Promise<void> {
    if (credits.length === 0) return;
    await this.#write(async (db) => {
      for (let from = 0; from < credits.length; from += ROWS_AT_ONCE) {
        const some = credits.slice(from, from + ROWS_AT_ONCE);
        await db
          .insertInto("credits")
          .values(
            some.map(({ kind, operation, campaignId, amount }) => ({
              key_id: this.#keyId,
              day,
              kind,
              operation,
              campaign_id: asColumn(campaignId),
              amount,
            })),
          )
          .onConflict((conflict) =>
            conflict
              .columns(["key_id", "day", "kind", "operation", "campaign_id"])
              .doUpdateSet((row) => ({ amount: row.ref("excluded.amount") })),
          )
          .execute();
      }
    });
  }

  /** The counters of the days from `fromDay` to `toDay`, both included, the oldest first. */
  async creditsByDay({ fromDay, toDay }: { fromDay: string; toDay: string }): Promise<({ day: string } & DayCredits)[]> {
    const rows = await this.#run((db) =>
      db
        .selectFrom("credits")
        .selectAll()
        .where("key_id", "=", this.#keyId)
        .where("day", ">=", fromDay)
        .where("day", "<=", toDay)
        .orderBy("day")
        .orderBy("kind")
        .orderBy("operation")
        .orderBy("campaign_id")
        .execute(),
    );
    return rows.map(({ day, kind, operation, campaign_id: campaignId, amount }) => ({
      day,
      kind,
      operation,
      campaignId,
      amount: Number(amount),
    }));
  }

  /** The latest day whose counters are kept, or null. */
  async lastCreditDay(): Promise<string | null> {
    const row = await this.#run((db) =>
      db
        .selectFrom("credits")
        .select((columns) => columns.fn.max("day").as("day"))
        .where("key_id", "=", this.#keyId)
        .executeTakeFirst(),
    );
    return row?.day ?? null;
  }

  /** Erases what outcomes say of a person (by `personKey`); also of those that ended before `nowMs` and arrive later. Answers how many. */
  async forgetPerson(person: string, nowMs: number): Promise<number> {
    await this.#write(async (db) => {
      await db
        .insertInto("forgotten_people")
        .values({ key_id: this.#keyId, person, forgotten_ms: nowMs })
        .onConflict((conflict) => conflict.columns(["key_id", "person"]).doUpdateSet({ forgotten_ms: nowMs }))
        .execute();
    });
    let erased = 0;
    for (;;) {
      const some = await this.#write((db) => this.#forgetSome(db, person));
      erased += some;
      if (some < FORGET_AT_ONCE) return erased;
    }
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    await this.#db.destroy();
  }

  async #forgetSome(db: Transaction<ArchiveTables>, person: string): Promise<number> {
    const named = await db
      .selectFrom("outcome_people")
      .innerJoin("outcomes", (join) =>
        join
          .onRef("outcomes.key_id", "=", "outcome_people.key_id")
          .onRef("outcomes.outcome_id", "=", "outcome_people.outcome_id")
          .onRef("outcomes.finished_ms", "=", "outcome_people.finished_ms"),
      )
      .select(["outcomes.outcome_id", "outcomes.finished_ms", "outcomes.outcome"])
      .where("outcome_people.key_id", "=", this.#keyId)
      .where("outcome_people.person", "=", person)
      .limit(FORGET_AT_ONCE)
      .execute();
    for (const row of named) {
      const outcome = outcomeOfRow(row);
      // The index says that it is about them, whether the text does or not.
      const itsOwn = peopleOf(outcome).has(person) ? [] : [person];
      const left = rowOf(this.#keyId, withoutPerson(outcome, person, itsOwn) ?? outcome);
      const finished = Number(row.finished_ms);
      await db
        .updateTable("outcomes")
        .set({ recipient_id: left.recipient_id, outcome: left.outcome })
        .where("key_id", "=", this.#keyId)
        .where("outcome_id", "=", row.outcome_id)
        .where("finished_ms", "=", finished)
        .execute();
      await db
        .deleteFrom("outcome_people")
        .where("key_id", "=", this.#keyId)
        .where("person", "=", person)
        .where("outcome_id", "=", row.outcome_id)
        .where("finished_ms", "=", finished)
        .execute();
    }
    return named.length;
  }

  async #forgottenSince(db: Transaction<ArchiveTables>, outcomes: readonly ArchivedOutcome[]) {
    const firstMs = outcomes.reduce((first, { outcome }) => Math.min(first, Date.parse(outcome.finishedAt)), Number.MAX_SAFE_INTEGER);
    const rows = await db
      .selectFrom("forgotten_people")
      .select(["person", "forgotten_ms"])
      .where("key_id", "=", this.#keyId)
      .where("forgotten_ms", ">=", firstMs)
      .execute();
    return rows.map(({ person, forgotten_ms }) => ({ person, forgottenMs: Number(forgotten_ms) }));
  }

  /** A transaction that takes the key's turn first: one writes at a time, and none upgrades from reading. */
  async #write<T>(work: (db: Transaction<ArchiveTables>) => Promise<T>): Promise<T> {
    return await this.#run((db) =>
      db.transaction().execute(async (transaction) => {
        await transaction.updateTable("turns").set({ turns: sql<number>`turns + 1` }).where("key_id", "=", this.#keyId).execute();
        return await work(transaction);
      }),
    );
  }

  async #run<T>(work: (db: Kysely<ArchiveTables>) => Promise<T>): Promise<T> {
    try {
      return await work(this.#db);
    } catch (thrown) {
      throw archiveTrouble(this.#address, thrown);
    }
  }
}
