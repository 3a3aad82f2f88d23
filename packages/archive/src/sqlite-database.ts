/** Node's own SQLite as the database that kysely's SQLite dialect asks for. Its calls block: transactions here stay short. */
import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { claimFile, claimFileIfThere } from "@linkup-queue/contracts";
import type { SqliteDatabase } from "kysely";

/** How long one process waits for another's write, ms. Nothing else runs in this process meanwhile; the archiver comes again later. */
const BUSY_MS = 200;

function bindable(value: unknown): SQLInputValue {
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint" || value === null) return value;
  throw new TypeError(`SQLite takes no ${typeof value}`);
}

/**
 * Opens or makes the file, readable by its owner alone; SQLite gives the files beside it the same mode. Throws as node:sqlite does, and
 * LinkupError `conflict` for a link or what belongs to somebody else.
 */
export function openSqlite(path: string): SqliteDatabase {
  if (existsSync(dirname(resolve(path)))) {
    claimFile(path);
    // SQLite believes what it finds in these, whoever put it there.
    for (const end of ["-wal", "-shm", "-journal"]) claimFileIfThere(path + end);
  }
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
