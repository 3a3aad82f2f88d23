/** Jobs as lines of JSON: one object a line, as `POST /v1/jobs/batch` takes them. Blank lines are counted and passed over. */
import { LinkupError, MAX_REQUEST_BYTES, parseSentJson } from "@linkup-queue/contracts";
import { badRow, type Row, type RowDefaults } from "./row.ts";

/** The rows of a text in lines; memory is bounded by the longest line that is allowed. */
export async function* ndjsonRows(text: AsyncIterable<string>, defaults: RowDefaults): AsyncGenerator<Row> {
  let line = 0;
  for await (const content of lines(text)) {
    line += 1;
    if (content === null) yield badRow(line, `is longer than ${MAX_REQUEST_BYTES} characters`);
    else if (content.trim() !== "") yield readLine(line, content, defaults);
  }
}

function readLine(line: number, content: string, defaults: RowDefaults): Row {
  let value: unknown;
  try {
    value = parseSentJson(content);
  } catch (thrown) {
    return { line, lastLine: line, issues: LinkupError.from(thrown).issues ?? [] };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return badRow(line, "must be a JSON object");
  return { line, lastLine: line, value: { ...defaults, ...value } };
}

/** Null for a line that is too long; its rest is dropped as it comes. */
async function* lines(text: AsyncIterable<string>): AsyncGenerator<string | null> {
  let open = "";
  let dropping = false;
  for await (const piece of text) {
    const parts = piece.split("\n");
    for (const [at, part] of parts.entries()) {
      if (at > 0) {
        yield dropping ? null : open;
        open = "";
        dropping = false;
      }
      open = dropping ? "" : open + part;
      if (open.length > MAX_REQUEST_BYTES) {
        open = "";
        dropping = true;
      }
    }
  }
  if (dropping || open !== "") yield dropping ? null : open;
}
