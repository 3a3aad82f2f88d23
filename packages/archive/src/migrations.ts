/** Every step from an empty database to the present tables, in order. A step that was released is never edited: add another. */
import type { Kysely } from "kysely";
import type { Migration, MigrationProvider } from "kysely/migration";

const firstTables: Migration = {
  up: async (db: Kysely<unknown>) => {
    await db.schema
      .createTable("outcomes")
      .addColumn("key_id", "text", (column) => column.notNull())
      .addColumn("outcome_id", "text", (column) => column.notNull())
      .addColumn("finished_ms", "bigint", (column) => column.notNull())
      .addColumn("queue", "text", (column) => column.notNull())
      .addColumn("job_id", "text", (column) => column.notNull())
      .addColumn("operation", "text", (column) => column.notNull())
      .addColumn("account_id", "text")
      .addColumn("campaign_id", "text")
      .addColumn("recipient_id", "text")
      .addColumn("status", "text", (column) => column.notNull())
      .addColumn("code", "text")
      .addColumn("charged", "bigint", (column) => column.notNull())
      .addColumn("uncertain", "bigint", (column) => column.notNull())
      .addColumn("outcome", "text", (column) => column.notNull())
      // A producer may use a job's id again when LINKUP_LEDGER_DAYS are over: that is another outcome under the same id.
      .addPrimaryKeyConstraint("outcomes_key", ["key_id", "outcome_id", "finished_ms"])
      .execute();
    for (const [name, columns] of [
      ["outcomes_by_time", ["key_id", "finished_ms", "outcome_id"]],
      ["outcomes_by_campaign", ["key_id", "campaign_id", "finished_ms", "outcome_id"]],
      ["outcomes_by_account", ["key_id", "account_id", "finished_ms", "outcome_id"]],
    ] as const) {
      await db.schema
        .createIndex(name)
        .on("outcomes")
        .columns([...columns])
        .execute();
    }
    await db.schema
      .createTable("outcome_people")
      .addColumn("key_id", "text", (column) => column.notNull())
      .addColumn("person", "text", (column) => column.notNull())
      .addColumn("outcome_id", "text", (column) => column.notNull())
      .addColumn("finished_ms", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("outcome_people_key", ["key_id", "person", "outcome_id", "finished_ms"])
      .execute();
    await db.schema
      .createTable("forgotten_people")
      .addColumn("key_id", "text", (column) => column.notNull())
      .addColumn("person", "text", (column) => column.notNull())
      .addColumn("forgotten_ms", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("forgotten_people_key", ["key_id", "person"])
      .execute();
    await db.schema
      .createTable("credits")
      .addColumn("key_id", "text", (column) => column.notNull())
      .addColumn("day", "text", (column) => column.notNull())
      .addColumn("kind", "text", (column) => column.notNull())
      .addColumn("operation", "text", (column) => column.notNull())
      .addColumn("campaign_id", "text", (column) => column.notNull())
      .addColumn("amount", "bigint", (column) => column.notNull())
      .addPrimaryKeyConstraint("credits_key", ["key_id", "day", "kind", "operation", "campaign_id"])
      .execute();
    await db.schema
      .createTable("turns")
      .addColumn("key_id", "text", (column) => column.primaryKey())
      .addColumn("turns", "bigint", (column) => column.notNull())
      .execute();
  },
};

/** The steps by name; they run in the order of their names. */
export const MIGRATIONS: MigrationProvider = {
  getMigrations: () => Promise.resolve({ "0001_outcomes": firstTables }),
};
