/** A campaign's outcomes to stdout or into a file, at flat memory and no faster than somebody reads. */
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Archive } from "@linkup-queue/archive";
import { type ResultFormat, type ResultRow, resultRow, resultsHead } from "@linkup-queue/campaign-files";
import { campaignResults, countGone, hasOutcomes, type OutcomeSources, resultFields } from "@linkup-queue/campaign-streams";
import { type CliSettings, LinkupError, type OutcomeStatus } from "@linkup-queue/contracts";
import type { Engine } from "@linkup-queue/queue";
import { type ConsoleIo, UsageError } from "../terminal/console-io.ts";
import { type Report, type Section, sentence } from "../terminal/report.ts";
import { findCampaign } from "./find-campaign.ts";

/** `unsent` is no outcome: who was not put into a queue. */
export type ResultStatus = OutcomeStatus | "unsent";
export type ResultsOptions = {
  format?: ResultFormat;
  out?: string;
  status?: readonly ResultStatus[];
  fields?: true;
  unsent?: true;
  json?: true;
};

/** The form of what is written: a format of the api's, or one JSON array for a program that reads it whole. */
type Form = ResultFormat | "array";

const CHUNK_CHARACTERS = 64 * 1024;

type Tally = { written: number };

type Written = { form: Form; fields: readonly string[]; tally: Tally };

async function* chunksOf(rows: AsyncIterable<ResultRow>, { form, fields, tally }: Written): AsyncGenerator<string> {
  let text = form === "array" ? "[" : resultsHead(form, fields);
  for await (const row of rows) {
    text += form === "array" ? `${tally.written === 0 ? "\n" : ",\n"}${JSON.stringify(row)}` : resultRow(row, form, fields);
    tally.written += 1;
    if (text.length < CHUNK_CHARACTERS) continue;
    yield text;
    text = "";
  }
  if (form === "array") text += "\n]\n";
  if (text !== "") yield text;
}

/** Outcomes of the requested statuses. */
async function* filtered(rows: AsyncIterable<ResultRow>, statuses: readonly ResultStatus[] | undefined) {
  for await (const row of rows) {
    if (statuses === undefined || statuses.includes(row.status)) yield row;
  }
}

/** Kept for those who have one; whoever has none does not wait for its drivers to load. */
/** The archive that the settings name; null for none. */
export async function openArchiveOf({ archive, keyId }: CliSettings): Promise<Archive | null> {
  if (archive === undefined || archive === null) return null;
  const { openArchive } = await import("@linkup-queue/archive");
  return openArchive(archive, { keyId });
}

export type ResultsRequest = { id: string; options: ResultsOptions; settings: CliSettings };

/** Writes them. Null when stdout has them: it takes nothing else then. Throws LinkupError `not_found`. */
export async function writeResults(io: ConsoleIo, engine: Engine, { id, options, settings }: ResultsRequest): Promise<Report | null> {
  const { out, status, json } = options;
  if (json === true && out === undefined && options.format !== undefined)
    throw new UsageError("--json prints one JSON array; leave --format out, or name a file with --out");
  const archive = await openArchiveOf(settings);
  try {
    const sources: OutcomeSources = { engine, archive };
    if (!(await hasOutcomes(sources, id))) await findCampaign(engine, id);
    const tally: Tally = { written: 0 };
    const request = { fields: options.fields === true, unsent: options.unsent === true || status?.includes("unsent") === true };
    const rows = () => filtered(campaignResults(sources, id, request), status);
    const chunks = async (form: Form) => {
      const fields = form === "csv" && request.fields ? await resultFields(rows()) : [];
      return chunksOf(rows(), { form, fields, tally });
    };
    if (out === undefined) {
      const isWhole = await writeToStdout(io, await chunks(json === true ? "array" : (options.format ?? "ndjson")));
      const gone = isWhole ? await goneText(sources, id) : null;
      if (gone !== null) io.stderr.write(`${gone}\n`);
      return null;
    }
    const path = resolve(io.folder, out);
    const format = options.format ?? (/\.csv$/i.test(path) ? "csv" : "ndjson");
    await writeToFile(path, await chunks(format));
    const what = request.unsent ? "outcomes and recipients who were not sent to" : "outcomes";
    const said = sentence(`${tally.written} ${what} of campaign ${id} are in ${path}.`, {
      campaignId: id,
      path,
      format,
      outcomes: tally.written,
    });
    const gone = await goneText(sources, id);
    const lines: Section[] = gone === null ? [] : [{ kind: "line", text: gone, tone: "warn" }];
    return { ...said, sections: [...lines, ...said.sections] };
  } finally {
    await archive?.close();
  }
}

/** Outcomes that were counted once and are kept nowhere now: an export that lacks them must say so. */
async function goneText(sources: OutcomeSources, id: string): Promise<string | null> {
  const gone = await countGone(sources, id);
  if (gone === 0) return null;
  return `${gone} outcomes are missing here, as they are kept no longer: Redis keeps them for LINKUP_OUTCOME_DAYS, the archive of ARCHIVE_URL for good`;
}

/** Whether all was taken: false when its reader has seen enough, as head or a pager that is left. */
export async function writeToStdout(io: ConsoleIo, chunks: AsyncIterable<string>): Promise<boolean> {
  try {
    await pipeline(Readable.from(chunks), io.stdout, { end: false });
    return true;
  } catch (thrown) {
    if (thrown instanceof Error && "code" in thrown && thrown.code === "EPIPE") return false;
    throw thrown;
  }
}

/** Half an export must not look like a whole one: the file has its name when it is complete. */
export async function writeToFile(path: string, chunks: AsyncIterable<string>): Promise<void> {
  const part = `${path}.part`;
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  process.on("SIGINT", stop);
  try {
    await pipeline(Readable.from(chunks), createWriteStream(part), { signal: stopping.signal });
    await rename(part, path);
  } catch (cause) {
    await rm(part, { force: true }).catch(() => undefined);
    if (stopping.signal.aborted) throw new LinkupError("interrupted", "Stopped; nothing was written", { cause });
    if (cause instanceof Error && "syscall" in cause) throw new LinkupError("not_found", `${path} can't be written`, { cause });
    throw cause;
  } finally {
    process.off("SIGINT", stop);
  }
}
