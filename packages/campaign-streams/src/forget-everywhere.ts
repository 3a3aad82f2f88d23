/** Forgets a person in Redis and in the archive. */
import type { Engine } from "@linkup-queue/queue";

/** A job that ended just now by a worker's clock counts as ended before the erasure, ms. */
const CLOCKS_DIFFER_MS = 5_000;

export type ForgottenEverywhere = Pick<Awaited<ReturnType<Engine["forgetPerson"]>>, "schedules" | "recipients" | "jobs"> & {
  /** Kept ones. */
  outcomes: number;
  /** On the queue of results. */
  results: number;
  archived: number;
};

type Parts = {
  engine: Pick<Engine, "forgetPerson">;
  archive: { forgetPerson(person: string, endedUntilMs: number): Promise<number> } | null;
};

/** `person`: by `personKey`. Asking again is safe, and needed where calls are in flight. Answers what was found. */
export async function forgetEverywhere({ engine, archive }: Parts, person: string): Promise<ForgottenEverywhere> {
  const forgetArchived = async () => (archive === null ? 0 : await archive.forgetPerson(person, Date.now() + CLOCKS_DIFFER_MS));
  // First, so that an archive that is away leaves nothing half done; and last, for what was archived meanwhile.
  let archived = await forgetArchived();
  const { schedules, recipients, jobs, outcomes } = await engine.forgetPerson(person);
  archived += await forgetArchived();
  return { schedules, recipients, jobs, outcomes: outcomes.kept, results: outcomes.results, archived };
}
