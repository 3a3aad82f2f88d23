/** A main for set-up: installs a PostgreSQL for the tests where that is allowed, and says so where it is not. It starts none and never fails. */
import { findPostgres } from "./postgres/find-postgres.ts";
import { installPostgres, NO_POSTGRES } from "./postgres/install-postgres.ts";

try {
  if ((await findPostgres()) === null && (await installPostgres()) === null) process.stderr.write(`${NO_POSTGRES}\n`);
} catch (thrown) {
  process.stderr.write(`PostgreSQL could not be installed (${thrown instanceof Error ? thrown.message : "unknown"}). ${NO_POSTGRES}\n`);
}
