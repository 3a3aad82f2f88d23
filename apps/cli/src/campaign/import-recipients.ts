/** Recipients from a file or a pipe into a campaign, whatever their number: counted, shown on their way, told when they are wrong. */
import { ndjsonRows, type RowReader, tableRows } from "@linkup-queue/campaign-files";
import {
  type ImportSummary,
  importSummary,
  noRecipients,
  type RecipientCounts,
  refuseClosed,
  takeRecipients,
} from "@linkup-queue/campaign-streams";
import { describeIssues, type Issue, type LinkupError } from "@linkup-queue/contracts";
import { type Campaign, type Engine, fieldUses } from "@linkup-queue/queue";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { EXIT, exitCodeOf } from "../terminal/exit-codes.ts";
import { formatSection, type Place, placeText, understoodSection } from "../terminal/list-report.ts";
import type { Source } from "../terminal/open-source.ts";
import { Progress } from "../terminal/progress.ts";
import { readChunks } from "../terminal/read-chunks.ts";
import { readingProgress } from "../terminal/reading-progress.ts";
import type { Report, Section } from "../terminal/report.ts";

export type TableOptions = { delimiter?: string; encoding?: string };

export type Imported = {
  counts: RecipientCounts;
  /** The first thousand. */
  rejected: (Place & { issues: readonly Issue[] })[];
  summary: ImportSummary;
  /** The error that stopped it early; `interrupted` for Ctrl-C. */
  stopped: LinkupError | null;
  elapsedMs: number;
};

const MOST_LISTED = 1_000;
const MOST_ISSUES = 20;
/** Refused rows that are printed; --json has the first thousand. */
const SHOWN_REJECTED = 20;

function rowsOf(source: Source, campaign: Campaign, { delimiter, encoding }: TableOptions): RowReader {
  const uses = fieldUses(campaign.definition);
  if (source.format === "ndjson") return ndjsonRows(uses);
  return tableRows({ charset: encoding ?? null, delimiter: delimiter ?? null, uses });
}

export type Import = { source: Source; campaign: Campaign; options: TableOptions };

/** Takes the source to its end, or to Ctrl-C. Throws LinkupError `conflict` for a campaign that takes no recipients. */
export async function importRecipients(io: ConsoleIo, engine: Engine, { source, campaign, options }: Import): Promise<Imported> {
  refuseClosed(campaign);
  const { campaigns, confirmed } = engine;
  const rows = rowsOf(source, campaign, options);
  const counts = noRecipients();
  const rejected: Imported["rejected"] = [];
  const progress = new Progress(io.stderr);
  const stopping = new AbortController();
  const stop = () => {
    stopping.abort();
    source.stop();
  };
  const startedMs = performance.now();
  let readBytes = 0;
  const onBytes = (bytes: number) => {
    readBytes += bytes;
    const { accepted, duplicates, rejected: refused } = counts;
    const { totalBytes } = source;
    const elapsedMs = performance.now() - startedMs;
    progress.show(
      readingProgress({ noun: "recipients", done: accepted + duplicates, rejected: refused, readBytes, totalBytes, elapsedMs }),
    );
  };
  process.on("SIGINT", stop);
  try {
    const stopped = await takeRecipients({
      chunks: readChunks(source.bytes, { onBytes, stopping: stopping.signal }),
      rows,
      campaign,
      accept: (batch) => confirmed(() => campaigns.accept(campaign.id, batch)),
      counts,
      onRejected: (place, { message, issues }) => {
        if (rejected.length < MOST_LISTED) rejected.push({ ...place, issues: issues?.slice(0, MOST_ISSUES) ?? [{ path: "", message }] });
      },
    });
    return { counts, rejected, summary: importSummary(rows, campaign, counts), stopped, elapsedMs: performance.now() - startedMs };
  } finally {
    process.off("SIGINT", stop);
    progress.end();
  }
}

/** The result of the rows. Its exit status: what stopped it, else whether a row was refused. */
export function importReport(campaignId: string, { counts, rejected, summary, stopped, elapsedMs }: Imported): Report {
  const { accepted, duplicates, rejected: rejectedCount } = counts;
  const seconds = Math.max(0.1, elapsedMs / 1_000);
  const rate = Math.round((accepted + duplicates) / seconds);
  const lines: Section[] = rejected
    .slice(0, SHOWN_REJECTED)
    .map(({ issues, ...place }) => ({ kind: "line", text: `${placeText(place)}: ${describeIssues(issues)}`, tone: "bad" }));
  if (rejectedCount > 0) {
    const more = rejectedCount > SHOWN_REJECTED ? " (the first are above, with --json the first thousand)" : "";
    lines.push(
      { kind: "line", text: `${rejectedCount} rows were refused${more}; correct them and import again`, tone: "warn" },
      ...formatSection(rejected),
    );
  }
  if (stopped !== null) {
    const issues = stopped.issues === null ? "" : `: ${describeIssues(stopped.issues)}`;
    lines.push({ kind: "line", text: `Stopped early: ${stopped.message}${issues}`, tone: "bad" });
    lines.push({ kind: "line", text: "Import all again: recipients that are in are not added twice" });
  }
  const interrupted = stopped?.code === "interrupted";
  const error = stopped === null || interrupted ? null : { code: stopped.code, message: stopped.message, issues: stopped.issues ?? [] };
  return {
    json: { campaignId, accepted, duplicates, rejectedCount, rejected, ...summary, interrupted, error },
    sections: [
      ...lines,
      ...summarySections(summary),
      {
        kind: "line",
        text: `${accepted} recipients added to ${campaignId}, ${duplicates} were in before, in ${seconds.toFixed(1)} s (${rate}/s).`,
      },
    ],
    exitCode: stopped !== null ? exitCodeOf(stopped.code) : rejectedCount > 0 ? EXIT.input.code : EXIT.done.code,
  };
}

function summarySections(summary: ImportSummary): Section[] {
  const { fields, doubts } = summary;
  const rows = Object.entries(fields).map(([name, counts]) => [name, counts.filled, counts.default, counts.empty]);
  return [
    ...doubts.map(({ path, message }): Section => ({ kind: "line", text: `${path}: ${message}`, tone: "warn" })),
    ...understoodSection(summary, summary.encoding),
    ...(rows.length === 0
      ? []
      : [{ kind: "table" as const, title: "Fields of the text", head: ["field", "filled", "default", "empty"], rows }]),
  ];
}
