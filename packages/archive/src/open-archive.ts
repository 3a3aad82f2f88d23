/** Opens the archive that the settings name: Postgres, or a file of SQLite's. The same queries serve both; nothing is asked of it yet. */
import type { ArchiveAddress } from "@linkup-queue/contracts";
import { Kysely, PostgresDialect, SqliteDialect } from "kysely";
import pg from "pg";
import { Archive } from "./archive.ts";
import { ArchiveAccess } from "./archive-access.ts";
import type { ArchiveTables } from "./schema.ts";
import { openSqlite } from "./sqlite-database.ts";

export type ArchiveOptions = {
  /** Names the API key whose outcomes these are: several may share one archive. */
  keyId: string;
};

const CONNECT_MS = 5_000;
const STATEMENT_MS = 30_000;
const MOST_CONNECTIONS = 4;

/** Makes the archive's handle; connections are made as they are needed, so this neither waits nor fails. Close it when done. */
export function openArchive(address: ArchiveAddress, { keyId }: ArchiveOptions): Archive {
  return new Archive(new ArchiveAccess(new Kysely<ArchiveTables>({ dialect: dialectOf(address) }), { address, keyId }));
}

function dialectOf(address: ArchiveAddress): PostgresDialect | SqliteDialect {
  if (address.kind === "sqlite") {
    return new SqliteDialect({ database: () => Promise.resolve().then(() => openSqlite(address.path)) });
  }
  const pool = new pg.Pool({
    connectionString: address.url,
    application_name: "linkup-queue",
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    query_timeout: STATEMENT_MS + CONNECT_MS,
    keepAlive: true,
  });
  // An idle connection that breaks is made again by the next query, which tells.
  pool.on("error", () => undefined);
  return new PostgresDialect({ pool });
}
