/** Does a change to many jobs call by call, for as long as a person waits: each call is bounded, and says where the next goes on. */
import { z } from "zod";
import { toLinkupError } from "../../http/api-error.ts";
import type { Answer } from "../../http/route.ts";

/** No further call is begun after this, ms. */
const WITHIN_MS = 5_000;

/** An answer of a route that works through many: its counts, why it refused some, and where to go on. */
const BulkAnswer = z.object({ nextCursor: z.string().nullable(), reasons: z.record(z.string(), z.number()).default({}) }).loose();

export type BulkDone = {
  /** By the names of the answer, all calls together. */
  counts: Readonly<Record<string, number>>;
  /** Refused ones, by why. */
  reasons: Readonly<Record<string, number>>;
  /** Where to go on; null at the end. */
  cursor: string | null;
  /** The error that ended it, after calls that went well; null for none. */
  problem: string | null;
};

type Fields = Readonly<Record<string, string>>;

/** Runs it from the form's cursor on. Throws what the first call throws. */
export async function doBulk(
  run: (fields: Fields) => Promise<Answer>,
  { fields, withinMs = WITHIN_MS }: { fields: Fields; withinMs?: number },
): Promise<BulkDone> {
  const startedMs = performance.now();
  let done = sum({ counts: {}, reasons: {}, cursor: null, problem: null }, await run(fields));
  while (done.cursor !== null && performance.now() - startedMs < withinMs) {
    try {
      done = sum(done, await run({ ...fields, cursor: done.cursor }));
    } catch (thrown) {
      return { ...done, problem: toLinkupError(thrown).message };
    }
  }
  return done;
}

function sum(done: BulkDone, answer: Answer): BulkDone {
  const { nextCursor, reasons, ...rest } = BulkAnswer.parse(answer === "streamed" ? undefined : answer.body);
  const counts = Object.entries(rest).filter((entry): entry is [string, number] => typeof entry[1] === "number");
  return { ...done, counts: added(done.counts, Object.fromEntries(counts)), reasons: added(done.reasons, reasons), cursor: nextCursor };
}

/** Both, name by name. */
export function added(one: Readonly<Record<string, number>>, more: Readonly<Record<string, number>>): Record<string, number> {
  const sums = { ...one };
  for (const [name, value] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + value;
  return sums;
}
