/** A client that streams lines over HTTP and reads the answer while it writes; it holds neither the request nor the answer as a whole. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LinkupError } from "@linkup-queue/contracts";

/** Written at once, characters: as much as a client's file stream would. */
const CHUNK = 64 * 1024;

export type LinesRequest = {
  url: string;
  headers: Readonly<Record<string, string>>;
  lines: Iterable<string>;
  /** Gets each line of the answer. */
  onLine: (line: string) => void;
};

/** Sends the lines, each without its end; settles when the whole answer was read. Throws LinkupError when the answer is not 200. */
export async function sendLines({ url, headers, lines, onLine }: LinesRequest): Promise<void> {
  const outgoing = request(url, { method: "POST", headers: { ...headers, "content-type": "application/x-ndjson" } });
  const answered = once(outgoing, "response") as Promise<[IncomingMessage]>;
  const written = pipeline(Readable.from(chunks(lines), { highWaterMark: 1 }), outgoing);
  const [, text] = await Promise.all([written, answered.then(([response]) => read(response, onLine))]);
  if (text !== "") onLine(text);
}

function* chunks(lines: Iterable<string>): Generator<string> {
  let chunk = "";
  for (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}

/** Answers what came after the last line's end. */
async function read(response: IncomingMessage, onLine: (line: string) => void): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) {
    const parts = (text + String(chunk)).split("\n");
    text = parts.pop() ?? "";
    for (const line of parts) onLine(line);
  }
  if (response.statusCode !== 200) throw new LinkupError("internal_error", `${response.statusCode}: ${text.slice(0, 500)}`);
  return text;
}
