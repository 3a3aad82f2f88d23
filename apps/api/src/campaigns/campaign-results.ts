/** A campaign's outcomes as lines or as a table, a page at a time: flat memory, and no faster than the client reads. */
import type { ServerResponse } from "node:http";
import { type ResultFormat, type ResultRow, resultRow, resultsHead } from "@linkup-queue/campaign-files";
import { Outcome } from "@linkup-queue/contracts";
import { z } from "zod";
import { writeTexts } from "../body/write-texts.ts";

const listed = {
  fields: z.record(z.string(), z.string()).nullable().optional().describe("with `fields=1`; null where the list is not kept"),
};
const NeverSent = Outcome.extend({
  outcomeId: z.null(),
  jobId: z.null(),
  status: z.literal("unsent"),
  enqueuedAt: z.null(),
  finishedAt: z.null(),
  ...listed,
}).meta({ id: "NeverSent" });

/** One row of an export, for the docs. */
export const ResultLine = z.union([Outcome.extend(listed).meta({ id: "CampaignOutcome" }), NeverSent]).meta({ id: "CampaignResult" });

export const RESULT_TYPES = {
  ndjson: "application/x-ndjson; charset=utf-8",
  csv: "text/csv; charset=utf-8; header=present",
} as const satisfies Record<ResultFormat, string>;

/** How many outcomes are kept no longer, and so are not among the results. */
export const MISSING_HEADER = "Linkup-Results-Missing";

/** `fields`: the columns of a table that the list's fields have. */
export type ResultsOptions = { format: ResultFormat; fields: readonly string[]; missing: number; silenceMs: number; stopping: AbortSignal };

/** Writes all rows and ends the answer. Throws ClientGone when the client went or reads nothing for `silenceMs`. */
export async function writeResults(response: ServerResponse, rows: AsyncIterable<ResultRow>, options: ResultsOptions): Promise<void> {
  const { format, fields, missing, silenceMs, stopping } = options;
  const headers = { "content-type": RESULT_TYPES[format], "cache-control": "no-store", [MISSING_HEADER]: String(missing) };
  const texts = async function* () {
    yield resultsHead(format, fields);
    for await (const row of rows) yield resultRow(row, format, fields);
  };
  await writeTexts(response, texts(), { headers, silenceMs, stopping });
}
