/** Looks for PostgreSQL's server programs on this machine. It only looks. */
import { constants } from "node:fs";
import { access, readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { findOnPath } from "../machine/find-on-path.ts";

/** Where Debian keeps the programs of each version, off the path. */
const DEBIAN = "/usr/lib/postgresql";

/** The folder that holds `postgres` and `initdb`, the newest version of Debian's first; null when there is none. */
export async function findPostgres(): Promise<string | null> {
  const versions = await readdir(DEBIAN).catch(() => [] as string[]);
  const newestFirst = versions.filter((name) => /^\d+$/.test(name)).sort((one, other) => Number(other) - Number(one));
  const onPath = await findOnPath("postgres");
  for (const folder of [...newestFirst.map((version) => join(DEBIAN, version, "bin")), ...(onPath === null ? [] : [dirname(onPath)])]) {
    const programs = ["postgres", "initdb"].map((name) => access(join(folder, name), constants.X_OK));
    if ((await Promise.allSettled(programs)).every(({ status }) => status === "fulfilled")) return folder;
  }
  return null;
}
