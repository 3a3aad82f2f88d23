/** A person forgotten: what outcomes say of them is erased, of those, too, that come later. */
import { type Outcome, peopleOf, withoutPerson } from "@linkup-queue/contracts";
import type { Transaction } from "kysely";
import type { ArchiveAccess } from "./archive-access.ts";
import { outcomesOf } from "./by-person.ts";
import { outcomeOfRow, rowOf } from "./outcome-rows.ts";
import type { ArchiveTables } from "./schema.ts";

/** An outcome and whom its job was about, should it not say so itself. */
export type ArchivedOutcome = { outcome: Outcome; about: readonly string[] };

const FORGET_AT_ONCE = 200;

/** Erases what outcomes say of a person (by `personKey`); also of those that ended before `nowMs` and arrive later. Answers how many. */
export async function forgetPerson(access: ArchiveAccess, person: string, nowMs: number): Promise<number> {
  await access.write(async (db) => {
    await db
      .insertInto("forgotten_people")
      .values({ key_id: access.keyId, person, forgotten_ms: nowMs })
      .onConflict((conflict) => conflict.columns(["key_id", "person"]).doUpdateSet({ forgotten_ms: nowMs }))
      .execute();
  });
  let erased = 0;
  for (;;) {
    const some = await access.write((db) => forgetSome(access.keyId, db, person));
    erased += some;
    if (some < FORGET_AT_ONCE) return erased;
  }
}

async function forgetSome(keyId: string, db: Transaction<ArchiveTables>, person: string): Promise<number> {
  const named = await outcomesOf(db, keyId, person).limit(FORGET_AT_ONCE).execute();
  for (const row of named) {
    const outcome = outcomeOfRow(row);
    // The index says that it is about them, whether the text does or not.
    const itsOwn = peopleOf(outcome).has(person) ? [] : [person];
    const left = rowOf(keyId, withoutPerson(outcome, person, itsOwn) ?? outcome);
    const finished = Number(row.finished_ms);
    await db
      .updateTable("outcomes")
      .set({ recipient_id: left.recipient_id, outcome: left.outcome })
      .where("key_id", "=", keyId)
      .where("outcome_id", "=", row.outcome_id)
      .where("finished_ms", "=", finished)
      .execute();
    await db
      .deleteFrom("outcome_people")
      .where("key_id", "=", keyId)
      .where("person", "=", person)
      .where("outcome_id", "=", row.outcome_id)
      .where("finished_ms", "=", finished)
      .execute();
  }
  return named.length;
}

/** The people who were forgotten since the first of these outcomes ended. */
export async function forgottenSince(keyId: string, db: Transaction<ArchiveTables>, outcomes: readonly ArchivedOutcome[]) {
  const firstMs = outcomes.reduce((first, { outcome }) => Math.min(first, Date.parse(outcome.finishedAt)), Number.MAX_SAFE_INTEGER);
  const rows = await db
    .selectFrom("forgotten_people")
    .select(["person", "forgotten_ms"])
    .where("key_id", "=", keyId)
    .where("forgotten_ms", ">=", firstMs)
    .execute();
  return rows.map(({ person, forgotten_ms }) => ({ person, forgottenMs: Number(forgotten_ms) }));
}
