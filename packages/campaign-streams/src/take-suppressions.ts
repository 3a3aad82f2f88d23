/**
 * Carries a list of people who are not to be contacted from bytes to Redis, batch by batch. A row names its person by any column that has an address or a profile id;
 * in an exported list a first line has the secret of its digests. Whoever was counted is reached no more.
 */
import type { ReadRow, RowReader } from "@linkup-queue/campaign-files";
import { type FieldUse, type Issue, issuesOf, LinkupError, type RecipientRow } from "@linkup-queue/contracts";
import { PERSON_DIGEST, peopleOfJob, type SuppressionCounts, SuppressionRequest, type SuppressionRow } from "@linkup-queue/queue";
import type { Place } from "./take-recipients.ts";
import { takeRows } from "./take-rows.ts";

const BATCH_ROWS = 250;
const OWN_FIELDS = ["scope", "reason", "until", "since", "person", "list", "secret"] as const;
/** The first line of an exported list says this. */
export const EXPORTED_LIST = "linkup-suppressions";

/** The columns that mean something; all others are looked at for an address. */
export const SUPPRESSION_USES: readonly FieldUse[] = OWN_FIELDS.map((name) => ({ name, isNeeded: false }));

export type SuppressionsTaken = SuppressionCounts & { rejected: number };

export type TakingSuppressions = {
  chunks: AsyncIterable<Uint8Array>;
  rows: RowReader;
  /** Puts a batch on the list: `Suppressions.put`, confirmed, and bounded in time where somebody waits for an answer. */
  put: (rows: readonly SuppressionRow[], sealed: string | undefined) => Promise<SuppressionCounts>;
  /** Counted into as batches are in Redis. */
  counts: SuppressionsTaken;
  /** For rows that say none. */
  defaults: Pick<SuppressionRequest, "scope" | "reason">;
  onRejected: (place: Place, error: LinkupError) => void;
};

const rowError = (issues: readonly Issue[]) => new LinkupError("invalid_input", "The row is not valid", { issues: [...issues] });
const NAMES_NOBODY = rowError([
  { path: "url", message: "names nobody: a column must have the address of a profile, linkedin.com/in/..., or a profile id" },
]);

/** Takes the bytes to their end; answers what ended them before their time, null when all was read. Throws what only the sender's going away throws. */
export async function takeSuppressions({
  chunks,
  rows,
  put,
  counts,
  defaults,
  onRejected,
}: TakingSuppressions): Promise<LinkupError | null> {
  let sealed: string | undefined;
  let batch: SuppressionRow[] = [];
  const flush = async () => {
    const some = batch;
    batch = [];
    if (some.length === 0) return;
    const { added, changed, same } = await put(some, sealed);
    counts.added += added;
    counts.changed += changed;
    counts.same += same;
  };
  const takeAll = async (some: Iterable<ReadRow>) => {
    for (const read of some) {
      try {
        if ("error" in read) throw read.error;
        const { list, secret } = read.recipient.fields;
        if (list === EXPORTED_LIST && secret !== undefined) {
          await flush();
          sealed = secret;
        } else batch.push(suppressionOf(read.recipient, { defaults, isExported: sealed !== undefined }));
      } catch (thrown) {
        if (!(thrown instanceof LinkupError) || thrown.code !== "invalid_input") throw thrown;
        counts.rejected += 1;
        onRejected(read.row === undefined ? { line: read.line } : { line: read.line, row: read.row }, thrown);
      }
      if (batch.length >= BATCH_ROWS) await flush();
    }
  };
  return await takeRows({ chunks, rows, takeAll, flush });
}

type RowOptions = { defaults: TakingSuppressions["defaults"]; isExported: boolean };

/** Throws `invalid_input` with everything that is wrong with the row. */
function suppressionOf({ recipientId, fields }: RecipientRow, { defaults, isExported }: RowOptions): SuppressionRow {
  const { scope, reason, until, since, person, list: _list, secret: _secret, ...columns } = fields;
  const request = SuppressionRequest.safeParse({
    scope: scope || defaults.scope,
    reason: reason || defaults.reason,
    until: until || null,
  });
  const kept = since ? { since } : {};
  if (!request.success) throw rowError(issuesOf(request.error));
  if (since && Number.isNaN(Date.parse(since))) throw rowError([{ path: "since", message: "must be an ISO date and time" }]);
  if (isExported && person && PERSON_DIGEST.test(person)) return { ...request.data, ...kept, person };
  const people = peopleOfJob({ recipientId, input: { ...columns, person } });
  if (people.length === 0) throw NAMES_NOBODY;
  return { ...request.data, ...kept, people };
}
