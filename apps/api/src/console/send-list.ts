/** A list of the console's as a table that somebody downloads: read and written a page at a time, whatever its length, for as long as the client reads. */
import { type Cell, tableText } from "@linkup-queue/campaign-files";
import type { Response } from "express";
import { writeTexts } from "../body/write-texts.ts";
import { RESULT_TYPES } from "../campaigns/campaign-results.ts";
import type { ApiContext } from "../http/api-context.ts";
import type { PageCall, PageTable } from "./frame/console-page.ts";
import { numberText } from "./frame/html.ts";
import { sendWhole } from "./send-whole.ts";

/** The part of the context that it takes. */
type ListContext = Pick<ApiContext, "limits" | "stopping"> & {
  redis: Pick<ApiContext["redis"], "within">;
  trouble: Pick<ApiContext["trouble"], "see">;
};
type Of = { call: PageCall; response: Response; context: ListContext };

/** Ends the answer. Throws what the first page of the list throws; behind that the connection is cut, as half a table must not look like a whole one. */
export async function sendList(table: PageTable, { call, response, context }: Of): Promise<void> {
  const { limits, redis, stopping, trouble } = context;
  const pages = table.pages(call);
  const next = () => redis.within(() => pages.next(), limits.redisMs);
  const bounded = { [Symbol.asyncIterator]: () => ({ next, return: async () => await pages.return() }) };
  const headers = { "content-type": RESULT_TYPES.csv, "cache-control": "no-store" };
  response.attachment(`${table.file}.csv`);
  const texts = tableTexts(table.head, bounded, limits.tableRows);
  const write = () => writeTexts(response, texts, { headers, silenceMs: limits.silenceMs, stopping });
  await sendWhole(response, write, { trouble, message: "a table of the console broke off" });
}

/** The head and the rows, of `most` rows at most; a last row says so where there are more. */
export async function* tableTexts(
  head: readonly string[],
  pages: AsyncIterable<readonly (readonly Cell[])[]>,
  most: number,
): AsyncGenerator<string> {
  let isBegun = false;
  let left = most;
  for await (const page of pages) {
    const rows = isBegun ? page.slice(0, left) : [head, ...page.slice(0, left)];
    const isCut = page.length > left;
    left -= Math.min(left, page.length);
    isBegun = true;
    yield rows.length === 0 ? "" : tableText(rows);
    if (!isCut) continue;
    const words = `Only the first ${numberText(most)} rows are in this file: there are more, for which the list has narrower filters`;
    yield tableText([head.map((_name, at) => (at === 0 ? words : ""))]);
    return;
  }
  if (!isBegun) yield tableText([head]);
}
