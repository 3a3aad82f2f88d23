/** Jobs as lines of JSON: one object a line, as `POST /v1/jobs/batch` takes them. Blank lines are counted and passed over. */
import { type Line, LineReader } from "@linkup-queue/campaign-files";
import { LinkupError, MAX_REQUEST_BYTES, parseSentJson } from "@linkup-queue/contracts";
import { badRow, type Row, type RowDefaults } from "./row.ts";

/** The rows of a list in lines; memory is bounded by the longest line that is allowed. */
export async function* ndjsonRows(chunks: AsyncIterable<Uint8Array>, defaults: RowDefaults): AsyncGenerator<Row> {
  const lines = new LineReader(MAX_REQUEST_BYTES);
  for await (const chunk of chunks) for (const line of lines.feed(chunk)) yield readLine(line, defaults);
  const last = lines.end();
  if (last !== null) yield readLine(last, defaults);
}

function readLine(read: Line, defaults: RowDefaults): Row {
  const { number: line } = read;
  if (read.kind === "too_long") return badRow(line, `is longer than ${MAX_REQUEST_BYTES} bytes`);
  if (read.kind === "not_utf8") return badRow(line, "is not UTF-8");
  let value: unknown;
  try {
    // Some editors begin a file with a byte order mark.
    value = parseSentJson(line === 1 ? read.text.replace(/^\uFEFF/, "") : read.text);
  } catch (thrown) {
    return { line, lastLine: line, issues: LinkupError.from(thrown).issues ?? [] };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return badRow(line, "must be a JSON object");
  return { line, lastLine: line, value: { ...defaults, ...value } };
}
