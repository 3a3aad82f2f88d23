/** Where a list of jobs or recipients comes from: a file or stdin, and how it is written. */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { LinkupError } from "@linkup-queue/contracts";
import { InvalidArgumentError, Option } from "commander";
import { type ConsoleIo, UsageError } from "./console-io.ts";

const FORMATS = ["ndjson", "csv"] as const;
type Format = (typeof FORMATS)[number];

const WORKBOOK = /\.(?:xls|xlsx|xlsm|xlsb|ods|numbers)$/i;

export type SourceOptions = {
  /** `-` and undefined are stdin. */
  file?: string | undefined;
  format?: Format | undefined;
  /** The error when stdin is a terminal: nothing is typed in by hand. */
  whenTerminal: string;
};

/** `totalBytes`: null for a pipe. */
export type Source = { bytes: AsyncIterable<unknown>; totalBytes: number | null; format: Format; stop: () => void };

/** Opens it. Throws LinkupError `not_found` for no such file and `invalid_input` for a workbook, UsageError where a person would have to type. */
export async function openSource(io: ConsoleIo, { file, format, whenTerminal }: SourceOptions): Promise<Source> {
  if (file === undefined || file === "-") {
    if (io.stdin.isTTY === true) throw new UsageError(whenTerminal);
    return { bytes: io.stdin, totalBytes: null, format: format ?? "ndjson", stop: () => stopReading(io.stdin) };
  }
  const path = resolve(io.folder, file);
  const found = await stat(path).catch(() => null);
  if (found === null || found.isDirectory()) throw new LinkupError("not_found", `There is no file ${path}`);
  if (format === undefined && WORKBOOK.test(path))
    throw new LinkupError("invalid_input", `${path} is a spreadsheet's own file; save it as CSV`);
  const guessed = /\.(csv|tsv)$/i.test(path) ? "csv" : "ndjson";
  const bytes = createReadStream(path);
  return { bytes, totalBytes: found.size, format: format ?? guessed, stop: () => stopReading(bytes) };
}

/** A pipe that says nothing more would never let its reader see that it is to stop. */
function stopReading(stream: NodeJS.ReadableStream & Partial<Pick<Readable, "destroy">>): void {
  stream.destroy?.();
}

/** `--format`, for how `what` are written. */
export const formatOption = (what: string): Option =>
  new Option("--format <format>", `how ${what} are written (default: by the file's name, ndjson on stdin)`).choices(FORMATS);

/** One character between the cells of a table, or the word for a tab. */
export function delimiterArgument(text: string): string {
  if (text === "tab" || text === "\\t") return "\t";
  if ([...text].length === 1) return text;
  throw new InvalidArgumentError('It must be one character, or the word "tab".');
}

/** The encoding of a table, as browsers name them. */
export function encodingArgument(text: string): string {
  try {
    return new TextDecoder(text).encoding;
  } catch {
    throw new InvalidArgumentError("It must be a known encoding, like utf-8, utf-16le or windows-1252.");
  }
}
