/** Jobs as lines of JSON: one object a line, as `POST /v1/jobs/batch` takes them. Blank lines are counted and passed over. */
import { type JsonLine, JsonLines } from "@linkup-queue/campaign-files";
import { MAX_REQUEST_BYTES } from "@linkup-queue/contracts";
import type { Row, RowDefaults } from "./row.ts";

/** The rows of a list in lines; memory is bounded by the longest line that is allowed. Throws `invalid_input` for a list of another form. */
export async function* ndjsonRows(chunks: AsyncIterable<Uint8Array>, defaults: RowDefaults): AsyncGenerator<Row> {
  const lines = new JsonLines(MAX_REQUEST_BYTES);
  for await (const chunk of chunks) for (const line of lines.feed(chunk)) yield rowOf(line, defaults);
  for (const line of lines.end()) yield rowOf(line, defaults);
}

function rowOf(read: JsonLine, defaults: RowDefaults): Row {
  const place = { line: read.line, lastLine: read.line };
  if ("value" in read) return { ...place, value: { ...defaults, ...read.value } };
  return { ...place, issues: read.error.issues ?? [{ path: "", message: read.error.message }] };
}
