/** The result of importing the recipients of one body, as it is answered: counts, and the first refused rows with their lines. */
import type { RowReader } from "@linkup-queue/campaign-files";
import { importSummary, noRecipients, takeRecipients } from "@linkup-queue/campaign-streams";
import type { LinkupError } from "@linkup-queue/contracts";
import type { Campaign, Campaigns, Confirmed } from "@linkup-queue/queue";
import { z } from "zod";
import { ErrorBody, errorBody } from "../http/api-error.ts";
import type { Limits } from "../http/limits.ts";
import type { RedisWait } from "../http/redis-wait.ts";

/** Rejected rows that an answer lists. */
const MOST_LISTED = 1_000;
const MOST_ISSUES = 20;

export const ImportSummary = z
  .object({
    accepted: z.int().describe("new ones"),
    duplicates: z.int().describe("rows whose recipient the campaign has already, from this body or an earlier one"),
    rejected: z
      .array(
        z.object({
          line: z.int(),
          row: z.int().optional().describe("of a table: the row that a spreadsheet shows it in"),
          error: ErrorBody.shape.error,
        }),
      )
      .describe(`the first ${MOST_LISTED}, with their lines`),
    rejectedCount: z.int(),
    columns: z.record(z.string(), z.string()).describe("the field that each column is taken as, by its header"),
    fields: z
      .record(z.string(), z.object({ filled: z.int(), default: z.int(), empty: z.int() }))
      .describe(
        "of the campaign's text: rows that fill the field, rows that take its default, and rows refused as it is empty and has none",
      ),
    ignoredColumns: z
      .array(z.string())
      .describe("columns of a table that are left out: no text can name them, or several have one name that no text uses"),
    errorValues: z
      .array(z.object({ column: z.string(), value: z.string(), rows: z.int() }))
      .describe("errors of spreadsheets, such as `#N/A`, and words for nothing, such as `null`, that were taken as empty"),
    encoding: z.string().nullable().describe("the encoding of a table's text; null where it is all ASCII"),
    doubts: z
      .array(z.object({ path: z.string(), message: z.string() }))
      .describe("parts of the campaign's text that are probably a placeholder of another notation"),
  })
  .meta({ id: "RecipientsTaken" });
type ImportSummary = z.infer<typeof ImportSummary>;

export type Body = {
  chunks: AsyncIterable<Uint8Array>;
  rows: RowReader;
  campaign: Campaign;
  campaigns: Campaigns;
  confirmed: Confirmed;
  redis: RedisWait;
  limits: Limits;
};

/** The summary, and the error that stopped the import early; null when all was read. */
export type Taken = { taken: ImportSummary; stopped: LinkupError | null };

/** Takes the body to its end. Throws what only a client that went away throws; all else is in `stopped`. */
export async function takeBody({ chunks, rows, campaign, campaigns, confirmed, redis, limits }: Body): Promise<Taken> {
  const rejected: ImportSummary["rejected"] = [];
  const counts = noRecipients();
  const stopped = await takeRecipients({
    chunks,
    rows,
    campaign,
    counts,
    accept: (batch) => redis.within(() => confirmed(() => campaigns.accept(campaign.id, batch)), limits.redisMs),
    onRejected: (place, error) => {
      if (rejected.length < MOST_LISTED) rejected.push({ ...place, ...errorBody(error, MOST_ISSUES) });
    },
  });
  const { accepted, duplicates, rejected: rejectedCount } = counts;
  return { taken: { accepted, duplicates, rejected, rejectedCount, ...importSummary(rows, campaign, counts) }, stopped };
}
