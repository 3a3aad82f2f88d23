/** How a list of recipients was understood, for the person who sent it, and how it fits the campaign's text. */
import { type RowReader, type Understood, understoodOf } from "@linkup-queue/campaign-files";
import { type Campaign, campaignTextDoubts, type FieldCounts } from "@linkup-queue/queue";
import type { RecipientCounts } from "./take-recipients.ts";

export type ImportSummary = Understood & {
  /** How each field of the campaign's text stands in the rows. */
  fields: Readonly<Record<string, FieldCounts>>;
  /** How a table's text is encoded; null where it makes no difference. */
  encoding: string | null;
  /** Parts of the campaign's text that are probably not meant to be sent as they stand. */
  doubts: { path: string; message: string }[];
};

/** The summary of what was read so far. */
export function importSummary(rows: RowReader, { definition }: Campaign, { fields }: RecipientCounts): ImportSummary {
  return {
    ...understoodOf(rows),
    fields,
    encoding: rows.encoding,
    doubts: campaignTextDoubts(definition),
  };
}
