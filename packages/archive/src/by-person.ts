/** All that the archive has of one person, by the index that says which outcomes name whom. */
import { type Kysely, sql } from "kysely";
import type { ArchivePage, ArchivePlace } from "./archive.ts";
import type { ArchiveAccess } from "./archive-access.ts";
import { outcomeOfRow } from "./outcome-rows.ts";
import type { ArchiveTables } from "./schema.ts";

/** A page of them, the latest first, behind `before`. */
export async function readByPerson(
  access: ArchiveAccess,
  person: string,
  { before, limit }: { before: ArchivePlace | undefined; limit: number },
): Promise<ArchivePage> {
  return await access.run(async (db) => {
    let query = outcomesOf(db, access.keyId, person);
    if (before !== undefined) {
      query = query.where(
        sql<boolean>`(outcome_people.finished_ms, outcome_people.outcome_id) < (${before.finishedMs}, ${before.outcomeId})`,
      );
    }
    const rows = await query
      .orderBy("outcome_people.finished_ms", "desc")
      .orderBy("outcome_people.outcome_id", "desc")
      .limit(limit)
      .execute();
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return {
      items: rows.map(outcomeOfRow),
      next: last === undefined ? null : { finishedMs: Number(last.finished_ms), outcomeId: last.outcome_id },
    };
  });
}

/** The rows that name them, in no order. */
export function outcomesOf(db: Kysely<ArchiveTables>, keyId: string, person: string) {
  return db
    .selectFrom("outcome_people")
    .innerJoin("outcomes", (join) =>
      join
        .onRef("outcomes.key_id", "=", "outcome_people.key_id")
        .onRef("outcomes.outcome_id", "=", "outcome_people.outcome_id")
        .onRef("outcomes.finished_ms", "=", "outcome_people.finished_ms"),
    )
    .select(["outcomes.outcome_id", "outcomes.finished_ms", "outcomes.outcome"])
    .where("outcome_people.key_id", "=", keyId)
    .where("outcome_people.person", "=", person);
}
