/** The ledger's counters, a row for each day, kind, operation and campaign. */
import { type ArchiveAccess, ROWS_AT_ONCE } from "./archive-access.ts";
import { asColumn } from "./outcome-rows.ts";

export type DayCredits = { kind: string; operation: string; campaignId: string; amount: number };

/** Keeps the ledger's counters of one UTC day (`2026-11-22`) as they are now. */
export async function keepCredits(access: ArchiveAccess, day: string, credits: readonly DayCredits[]): Promise<void> {
  if (credits.length === 0) return;
  await access.write(async (db) => {
    for (let from = 0; from < credits.length; from += ROWS_AT_ONCE) {
      const some = credits.slice(from, from + ROWS_AT_ONCE);
      await db
        .insertInto("credits")
        .values(
          some.map(({ kind, operation, campaignId, amount }) => ({
            key_id: access.keyId,
            day,
            kind,
            operation,
            campaign_id: asColumn(campaignId),
            amount,
          })),
        )
        .onConflict((conflict) =>
          conflict
            .columns(["key_id", "day", "kind", "operation", "campaign_id"])
            .doUpdateSet((row) => ({ amount: row.ref("excluded.amount") })),
        )
        .execute();
    }
  });
}

/** The counters of the days from `fromDay` to `toDay`, both included, the oldest first. */
export async function creditsByDay(
  access: ArchiveAccess,
  { fromDay, toDay }: { fromDay: string; toDay: string },
): Promise<({ day: string } & DayCredits)[]> {
  const rows = await access.run((db) =>
    db
      .selectFrom("credits")
      .selectAll()
      .where("key_id", "=", access.keyId)
      .where("day", ">=", fromDay)
      .where("day", "<=", toDay)
      .orderBy("day")
      .orderBy("kind")
      .orderBy("operation")
      .orderBy("campaign_id")
      .execute(),
  );
  return rows.map(({ day, kind, operation, campaign_id: campaignId, amount }) => ({
    day,
    kind,
    operation,
    campaignId,
    amount: Number(amount),
  }));
}

/** The latest day whose counters are kept, or null. */
export async function lastCreditDay(access: ArchiveAccess): Promise<string | null> {
  const row = await access.run((db) =>
    db
      .selectFrom("credits")
      .select((columns) => columns.fn.max("day").as("day"))
      .where("key_id", "=", access.keyId)
      .executeTakeFirst(),
  );
  return row?.day ?? null;
}
