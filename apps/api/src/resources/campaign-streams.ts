/** A campaign's recipients on their way in and its results on their way out: streams of any length at flat memory. */
import { ndjsonRows, RESULT_FORMATS, type RowReader, tableRows } from "@linkup-queue/campaign-files";
import { campaignResults, countGone, hasOutcomes, refuseClosed, resultFields } from "@linkup-queue/campaign-streams";
import { jsonWithinBounds, LinkupError, Outcome, RecipientId } from "@linkup-queue/contracts";
import { type Campaign, CampaignId, type Campaigns, fieldUses, RECIPIENT_STATES, RecipientPlace } from "@linkup-queue/queue";
import { z } from "zod";
import { ClientGone, readChunks } from "../body/read-chunks.ts";
import { MISSING_HEADER, ResultLine, writeResults } from "../campaigns/campaign-results.ts";
import { ImportSummary, takeBody } from "../campaigns/import-summary.ts";
import type { ApiContext } from "../http/api-context.ts";
import { errorBody } from "../http/api-error.ts";
import { HTTP_STATUS } from "../http/http-status.ts";
import { fromCursor, PAGE_QUERY, pageOf, toCursor } from "../http/page.ts";
import { type Route, route } from "../http/route.ts";

const IdParams = z.strictObject({ id: CampaignId });
const NDJSON = ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"] as const;
const CSV = "text/csv";

const RecipientLine = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null(), z.record(z.string(), z.unknown())]))
  .meta({
    id: "RecipientLine",
    example: { linkedin_url: "https://www.linkedin.com/in/ada-lovelace", first_name: "Ada" },
    description:
      'one object a line: `{"recipientId"?, "linkedin_url": "…", "first_name": "…"}`, or the fields apart: `{"recipientId"?, "fields": {…}}`',
  });

const RecipientsQuery = z.strictObject({
  delimiter: z
    .enum([",", ";", "\t", "|"], "must be one of , ; | and tab")
    .optional()
    .describe("of a table; by default the one that its header has, of , ; tab and |, or that a line `sep=` names"),
});

const RecipientRow = z
  .object({
    recipientId: z.string().nullable().describe("null for one who was erased"),
    state: z.enum(RECIPIENT_STATES),
    accountId: z.string().nullable().describe("whose share it is, or whose job"),
    fields: z.record(z.string(), z.string()).nullable().describe("as the list has them; null where they are not kept"),
    jobId: z.string().nullable().describe("null before it was put into a call queue"),
    outcome: Outcome.nullable(),
  })
  .meta({ id: "CampaignRecipient" });

/** The place of a list of them, as a cursor holds it. */
const RecipientCursor = z.string().transform((text, context) => {
  const place = RecipientPlace.safeParse(jsonWithinBounds(text));
  if (place.success) return place.data;
  context.addIssue({ code: "custom", message: "is no place in this list" });
  return z.NEVER;
});

const RecipientParams = z.strictObject({ id: CampaignId, recipientId: RecipientId });

async function mustRead(campaigns: Campaigns, id: string): Promise<Campaign> {
  const campaign = await campaigns.read(id);
  if (campaign === null) throw new LinkupError("not_found", "There is no such campaign; POST /v1/campaigns makes one");
  refuseClosed(campaign);
  return campaign;
}

function rowsOf(contentType: string, { definition }: Campaign, delimiter: string | undefined): RowReader {
  const uses = fieldUses(definition);
  if (!/^\s*text\/csv\b/i.test(contentType)) return ndjsonRows(uses);
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1] ?? null;
  return tableRows({ charset, delimiter: delimiter ?? null, uses });
}

const tag = "campaigns";

export const CAMPAIGN_STREAM_ROUTES: readonly Route[] = [
  route({
    name: "addRecipients",
    method: "post",
    path: "/v1/campaigns/{id}/recipients",
    role: "producer",
    tag,
    summary: "Add recipients, as NDJSON or text/csv, any number of them",
    description:
      "A recipient is named by `recipientId`, else by the canonical address of its profile; each is taken once ever, so a body may be sent again. Every row is checked against the campaign's text; one that does not fit is rejected by itself, with its line. A table has a header row, looked for in its first 20 rows; its columns are the fields, without regard to case, accents, blanks and signs (`First Name` is `first_name`, `Prénom` is `prenom`). Two columns of one name are refused where the text uses it, else left out. Blank cells at the end of a row may be left out or too many; `#N/A`, `null` and the like are taken as empty, and told. Its charset may be named in the Content-Type; without one it is told from the bytes: UTF-8, UTF-16, else windows-1252. A quoted cell may go over any number of lines: a row has at most 1 MiB, a line 64 KiB. A row that can't be read is told with its lines, and so are those behind a wrong quote that may be the inside of a cell. Also while the campaign runs. An error answer holds the same counts: what was accepted stays accepted.",
    params: IdParams,
    query: RecipientsQuery,
    body: RecipientLine,
    streams: [...NDJSON, CSV],
    answers: {
      200: { description: "What became of the rows", schema: ImportSummary },
      404: { description: "No such campaign" },
      409: { description: "The campaign takes no recipients, or was edited meanwhile" },
    },
    handle: async (context, { params, query, caller, request, response }) => {
      const { limits, redis, stopping, log } = context;
      const { campaigns, confirmed } = context.engine;
      const campaign = await redis.within(() => mustRead(campaigns, params.id), limits.redisMs);
      const rows = rowsOf(request.headers["content-type"] ?? "", campaign, query.delimiter);
      const chunks = readChunks(request, { silenceMs: limits.silenceMs, stopping });
      try {
        const { taken, stopped } = await takeBody({ chunks, rows, campaign, campaigns, confirmed, redis, limits });
        const { accepted, duplicates, rejectedCount } = taken;
        const counts = { caller: caller?.name, campaignId: params.id, accepted, duplicates, rejectedCount };
        log.info(stopped === null ? counts : { ...counts, stopped: stopped.code }, "recipients came");
        if (stopped === null) return { status: 200, body: taken };
        return { status: HTTP_STATUS[stopped.code], body: { ...errorBody(stopped), ...taken } };
      } catch (thrown) {
        if (!(thrown instanceof ClientGone)) throw thrown;
        response.destroy();
        return "streamed";
      }
    },
  }),
  route({
    name: "listRecipients",
    method: "get",
    path: "/v1/campaigns/{id}/recipients",
    role: "viewer",
    tag,
    summary: "List a campaign's recipients by their state, with their fields",
    description:
      "`unsent`: those that were not put into a call queue, account by account, in the order in which they came. Of a campaign that is cancelled or expired they are never sent to; they are listed as long as its outcomes are kept in Redis. `queued`: those that were, and have no outcome. The others by the status of their outcome, as long as that is kept, in the order in which they came; a job that did another one again is a row of its own. A page may be short, or empty, before the end: go on until nextCursor is null.",
    params: IdParams,
    query: z.strictObject({ ...PAGE_QUERY, state: z.enum(RECIPIENT_STATES).default("unsent") }),
    answers: { 200: { description: "A page of recipients", schema: pageOf(RecipientRow) }, 404: { description: "No such campaign" } },
    handle: async ({ engine }, { params, query }) => {
      const campaign = await engine.campaigns.read(params.id);
      if (campaign === null) throw new LinkupError("not_found", "There is no such campaign; POST /v1/campaigns makes one");
      const after = fromCursor(query.cursor, RecipientCursor);
      const { items, next } = await engine.recipients(campaign, { state: query.state, after, limit: query.limit });
      return { status: 200, body: { items, nextCursor: next === null ? null : toCursor(JSON.stringify(next)) } };
    },
  }),
  route({
    name: "removeRecipient",
    method: "delete",
    path: "/v1/campaigns/{id}/recipients/{recipientId}",
    role: "producer",
    tag,
    summary: "Take a recipient out of a campaign, before anything is sent",
    description:
      "Of a draft it is as if it had never come, and it may be added again. Of any other campaign it gets the outcome `cancelled`, and is never sent to. The recipientId is an address more often than not: encode it.",
    params: RecipientParams,
    slow: true,
    answers: {
      200: {
        description: "It is out",
        schema: z.object({ removal: z.enum(["removed", "cancelled"]) }).meta({ id: "RecipientRemoval" }),
      },
      404: { description: "No such campaign, or no such recipient in it" },
      409: { description: "Its call is out, it has its outcome, or the campaign is over" },
    },
    handle: async ({ engine, log }, { params: { id, recipientId }, caller }) => {
      const removal = await engine.removeRecipient(id, recipientId);
      log.info({ caller: caller?.name, campaignId: id, removal }, "a recipient was taken out of a campaign");
      return { status: 200, body: { removal } };
    },
  }),
  route({
    name: "exportResults",
    method: "get",
    path: "/v1/campaigns/{id}/results",
    role: "viewer",
    tag,
    summary: "Stream the outcomes of a campaign, in the order in which they came",
    description:
      "Outcomes are kept for LINKUP_OUTCOME_DAYS, and for good with an archive. The header `Linkup-Results-Missing` tells how many of the campaign's outcomes are kept no longer, and so are missing here; 0 is all. In a table, cells that a spreadsheet would run as formulas are made text. With `fields=1` each row also has what the list says of its recipient (`fields`; in a table a column for each field), `null` for outcomes that come from the archive; with `unsent=1` those who were not put into a call queue follow, `status` `unsent` and no outcome.",
    params: IdParams,
    slow: true,
    query: z.strictObject({
      format: z.enum(RESULT_FORMATS, "must be ndjson or csv").optional().default("ndjson"),
      fields: z.enum(["0", "1"], "must be 0 or 1").optional(),
      unsent: z.enum(["0", "1"], "must be 0 or 1").optional(),
    }),
    answers: {
      200: {
        description: "One outcome a line or row",
        schema: ResultLine,
        contentType: "application/x-ndjson",
        otherType: CSV,
        headers: { [MISSING_HEADER]: { description: "outcomes that are kept no longer; 0: none is missing", schema: z.int() } },
      },
      404: { description: "No such campaign" },
    },
    handle: async (context: ApiContext, { params, query, response }) => {
      if (!(await hasOutcomes(context, params.id))) throw new LinkupError("not_found", "There is no such campaign");
      const { limits, stopping } = context;
      const missing = await countGone(context, params.id);
      const chosen = { fields: query.fields === "1", unsent: query.unsent === "1" };
      const isTable = query.format === "csv" && chosen.fields;
      let gone = 0;
      const onGone = () => {
        gone += 1;
        // More than was told ran out of its days under way: an answer that claims less must not look like a whole one.
        if (gone > missing) throw new LinkupError("not_found", "outcomes ran out of their days during the export");
      };
      // Not awaited: an export takes as long as its client reads, which no wait for Redis bounds.
      const write = async () => {
        const fields = isTable ? await resultFields(campaignResults(context, params.id, chosen)) : [];
        const options = { format: query.format, fields, missing, silenceMs: limits.silenceMs, stopping };
        await writeResults(response, campaignResults(context, params.id, { ...chosen, onGone }), options);
      };
      write().catch((thrown: unknown) => {
        if (!(thrown instanceof ClientGone)) context.trouble.see(thrown, "an export broke off", { campaignId: params.id });
        response.destroy();
      });
      return "streamed";
    },
  }),
];
