/** A campaign's outcomes as lines or as a table, a page at a time: flat memory, and no faster than the client reads. */
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Outcome } from "@linkup-queue/contracts";
import { stringify } from "csv-stringify/sync";
import { ClientGone } from "./read-pieces.ts";

export const RESULT_FORMATS = { ndjson: "application/x-ndjson; charset=utf-8", csv: "text/csv; charset=utf-8; header=present" } as const;
export type ResultFormat = keyof typeof RESULT_FORMATS;

const COLUMNS: readonly (readonly [string, (outcome: Outcome) => string | number | null])[] = [
  ["recipientId", ({ recipientId }) => recipientId],
  ["status", ({ status }) => status],
  ["code", ({ code }) => code],
  ["message", ({ message }) => message],
  ["accountId", ({ accountId }) => accountId],
  ["operation", ({ operation }) => operation],
  ["httpStatus", ({ httpStatus }) => httpStatus],
  ["calls", ({ calls }) => calls],
  ["creditsCharged", ({ credits }) => credits.charged],
  ["creditsUncertain", ({ credits }) => credits.uncertain],
  ["enqueuedAt", ({ enqueuedAt }) => enqueuedAt],
  ["startedAt", ({ startedAt }) => startedAt],
  ["finishedAt", ({ finishedAt }) => finishedAt],
  ["outcomeId", ({ outcomeId }) => outcomeId],
  ["queue", ({ queue }) => queue],
  ["jobId", ({ jobId }) => jobId],
  ["redriveOf", ({ redriveOf }) => redriveOf],
  ["output", ({ output }) => (output === null || output === undefined ? null : JSON.stringify(output))],
];

const asLine = (outcome: Outcome): string => `${JSON.stringify(outcome)}\n`;

/** A row; what a spreadsheet would take for a formula is made text by a leading quote. */
const asRow = (outcome: Outcome): string => stringify([COLUMNS.map(([, cell]) => cell(outcome))], { escape_formulas: true });

export type ResultsOptions = { format: ResultFormat; silenceMs: number; stopping: AbortSignal };

/** Writes all outcomes and ends the answer. Throws ClientGone when the client went or reads nothing for `silenceMs`. */
export async function writeResults(response: ServerResponse, outcomes: AsyncIterable<Outcome>, options: ResultsOptions): Promise<void> {
  const { format, silenceMs, stopping } = options;
  response.writeHead(200, { "content-type": RESULT_FORMATS[format], "cache-control": "no-store" });
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  const send = async (text: string) => {
    if (response.destroyed) throw new ClientGone();
    if (response.write(text)) return;
    await once(response, "drain", { signal: AbortSignal.any([gone.signal, AbortSignal.timeout(silenceMs)]) }).catch(() => {
      throw new ClientGone();
    });
  };
  let text = format === "csv" ? stringify([COLUMNS.map(([name]) => name)]) : "";
  for await (const outcome of outcomes) {
    // Half an answer must not look like a whole one: the connection is cut.
    if (stopping.aborted) throw new ClientGone();
    text += format === "csv" ? asRow(outcome) : asLine(outcome);
    if (text.length < 64 * 1024) continue;
    await send(text);
    text = "";
  }
  if (text !== "") await send(text);
  response.end();
}
