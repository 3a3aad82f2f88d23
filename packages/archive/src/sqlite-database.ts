/** Node's own SQLite as the database that kysely's SQLite dialect asks for. Its calls block: transactions here stay short. */
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { SqliteDatabase } from "kysely";

/** How long one process waits for another's write, ms. Nothing else runs in this process meanwhile; the archiver comes again later. */
const BUSY_MS = 200;

function bindable(value: unknown): SQLInputValue {
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint" || value === null) return value;
  throw new TypeError(`SQLite takes no ${typeof value}`);
}

/** Opens or makes the file. Throws as node:sqlite does. */
export function openSqlite(path: string): SqliteDatabase {
  const database = new DatabaseSync(path, { timeout: BUSY_MS });
  // Readers beside the one writer; and what was answered as written is on the disk.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  return {
    close: () => database.close(),
    prepare: (sql) => {
      const statement = database.prepare(sql);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all(...parameters.map(bindable)),
        run: (parameters) => statement.run(...parameters.map(bindable)),
        iterate: (parameters) => statement.iterate(...parameters.map(bindable)),
      };
    },
  };
}
