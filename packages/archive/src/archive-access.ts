/** The way to the archive's database: reads as they are, writes one at a time, and trouble in its own words. */
import type { ArchiveAddress } from "@linkup-queue/contracts";
import { type Kysely, sql, type Transaction } from "kysely";
import { archiveTrouble } from "./archive-trouble.ts";
import type { ArchiveTables } from "./schema.ts";

/** Rows for one statement: SQLite takes 32,766 values, Postgres 65,535. */
export const ROWS_AT_ONCE = 500;

export class ArchiveAccess {
  readonly keyId: string;
  readonly #db: Kysely<ArchiveTables>;
  readonly #address: ArchiveAddress;

  constructor(db: Kysely<ArchiveTables>, { address, keyId }: { address: ArchiveAddress; keyId: string }) {
    this.#db = db;
    this.#address = address;
    this.keyId = keyId;
  }

  /** A transaction that takes the key's turn first: one writes at a time, and none upgrades from reading. */
  async write<T>(work: (db: Transaction<ArchiveTables>) => Promise<T>): Promise<T> {
    return await this.run((db) =>
      db.transaction().execute(async (transaction) => {
        await transaction.updateTable("turns").set({ turns: sql<number>`turns + 1` }).where("key_id", "=", this.keyId).execute();
        return await work(transaction);
      }),
    );
  }

  async run<T>(work: (db: Kysely<ArchiveTables>) => Promise<T>): Promise<T> {
    try {
      return await work(this.#db);
    } catch (thrown) {
      throw archiveTrouble(this.#address, thrown);
    }
  }

  /** Closes all connections. */
  async close(): Promise<void> {
    await this.#db.destroy();
  }
}
