/** An archive's errors, in words for its operator. No message holds an address's user or password. */
import { type ArchiveAddress, LinkupError } from "@linkup-queue/contracts";

/** Where an archive is, without its user and password. */
export function describeArchive(address: ArchiveAddress): string {
  if (address.kind === "sqlite") return `the file ${address.path}`;
  const { host, pathname } = new URL(address.url);
  return `postgres://${host}${pathname}`;
}

/** Postgres' SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html), by its beginning. */
const POSTGRES: readonly (readonly [RegExp, string])[] = [
  [/^28/, "refuses the log-in: look at user and password in ARCHIVE_URL"],
  [/^3D000/, "has no such database: create it, or correct ARCHIVE_URL"],
  [/^42501/, "does not permit this: the user needs to create tables at first, and to select, insert, update and delete"],
  [/^42P01/, "has no tables yet: start a worker with this ARCHIVE_URL, which makes them"],
  [/^25006/, "is read-only: name the primary in ARCHIVE_URL"],
  [/^53/, "has no room left (connections, memory or disk)"],
  [/^57/, "is stopping or starting"],
];
/** SQLite's primary result codes (https://www.sqlite.org/rescode.html). */
const SQLITE: Readonly<Record<number, string>> = {
  5: "is busy with another process",
  8: "may not be written: look at its permissions",
  10: "can't be read or written: look at its disk",
  13: "can't grow: its disk is full",
  14: "can't be opened: its folder must exist and be writable",
  23: "may not be used: look at its permissions",
  26: "is no SQLite database: name another file in ARCHIVE_URL",
};

function reasonOf(error: Error): { what: string; lasting: boolean } {
  if ("errcode" in error && typeof error.errcode === "number") {
    if (/no such table/.test(error.message)) return { what: "has no tables yet: start a worker with this ARCHIVE_URL", lasting: true };
    const primary = error.errcode & 0xff;
    const what = SQLITE[primary];
    return { what: what ?? `answered with SQLite error ${primary}`, lasting: [8, 14, 23, 26].includes(primary) };
  }
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const known = POSTGRES.find(([start]) => start.test(code));
  if (known !== undefined) return { what: known[1], lasting: /^(28|3D|42|25)/.test(code) };
  if (/^[0-9A-Z]{5}$/.test(code) && !code.startsWith("E")) return { what: `answered with error ${code}`, lasting: false };
  return { what: `does not answer (${code || error.name})`, lasting: false };
}

/** Anything that the database's client threw, as `archive_unreachable` (may pass) or `archive_unsuitable` (a person must do something). */
export function archiveTrouble(address: ArchiveAddress, thrown: unknown): LinkupError {
  if (thrown instanceof LinkupError && thrown.code !== "conflict") return thrown;
  if (thrown instanceof LinkupError) {
    return new LinkupError("archive_unsuitable", `The archive at ${describeArchive(address)} is not used: ${thrown.message}`, {
      cause: thrown,
    });
  }
  const { what, lasting } = thrown instanceof Error ? reasonOf(thrown) : { what: "failed", lasting: false };
  return new LinkupError(lasting ? "archive_unsuitable" : "archive_unreachable", `The archive at ${describeArchive(address)} ${what}`, {
    cause: thrown,
  });
}
