/** `linkup enqueue`: hands over one job, or a file of any length. Every job that it reports as accepted lies in Redis. */
import { type Table, understoodOf } from "@linkup-queue/campaign-files";
import { describeIssues, type Issue, LinkupError, PRIORITIES } from "@linkup-queue/contracts";
import { BatchLines, COMMAND_LINE_CALLER, type Engine, IdempotencyKey, readJob } from "@linkup-queue/queue";
import { type Command, InvalidArgumentError, Option } from "commander";
import { withEngine } from "../engine/with-engine.ts";
import { csvRows, jobTable } from "../enqueue/csv-rows.ts";
import { type Door, type EnqueueCounts, enqueueRows, noCounts } from "../enqueue/enqueue-rows.ts";
import { ndjsonRows } from "../enqueue/ndjson-rows.ts";
import type { Row, RowDefaults } from "../enqueue/row.ts";
import { accountId } from "../terminal/arguments.ts";
import { addCommand, reporting } from "../terminal/command.ts";
import { type ConsoleIo, UsageError } from "../terminal/console-io.ts";
import { EXIT, exitCodeOf } from "../terminal/exit-codes.ts";
import { readInput } from "../terminal/input-option.ts";
import { formatSection, placeText, understoodSection } from "../terminal/list-report.ts";
import { delimiterArgument, encodingArgument, formatOption, openSource } from "../terminal/open-source.ts";
import { Progress } from "../terminal/progress.ts";
import { readChunks } from "../terminal/read-chunks.ts";
import { readingProgress } from "../terminal/reading-progress.ts";
import type { Report, Section } from "../terminal/report.ts";

type EnqueueOptions = {
  operation?: string;
  account?: string;
  input?: string;
  file?: string;
  format?: "ndjson" | "csv";
  delimiter?: string;
  encoding?: string;
  key?: string;
  priority?: string;
  runAt?: string;
  expiresAt?: string;
  onUnknown?: string;
  campaign?: string;
  recipient?: string;
  allowDoubtfulText?: true;
  dryRun?: true;
};

/** Refused lines that are printed; --json has the first thousand. */
const SHOWN_REFUSED = 20;

function keyArgument(text: string): string {
  // Keys of rows are made with it.
  if (IdempotencyKey.safeParse(text).success && text.length <= 150) return text;
  throw new InvalidArgumentError("It must be 1 to 150 characters without control characters.");
}

function defaultsOf(operation: string | undefined, options: EnqueueOptions): RowDefaults {
  const { account, priority, runAt, expiresAt, onUnknown, campaign, recipient, allowDoubtfulText } = options;
  const given = {
    operation: operation ?? options.operation,
    accountId: account,
    priority,
    runAt,
    expiresAt,
    onUnknown,
    campaignId: campaign,
    recipientId: recipient,
    allowDoubtfulText,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function invalid(issues: readonly Issue[]): LinkupError {
  return new LinkupError("invalid_input", `The job is not valid: ${describeIssues(issues)}`, { issues });
}

async function withDoor<T>(io: ConsoleIo, work: (door: Door) => Promise<T>): Promise<T> {
  const run = ({ jobs, confirmed }: Engine) => work({ add: (added) => confirmed(() => jobs.door.add(added)) });
  return withEngine(io, run, { accepts: true, writes: false });
}

async function enqueueOne(io: ConsoleIo, request: RowDefaults, { key, dryRun }: EnqueueOptions): Promise<Report> {
  const read = readJob(request, { caller: COMMAND_LINE_CALLER, fallbackKey: key ?? null, nowMs: Date.now() });
  if (!read.ok) throw invalid(read.issues);
  const { queue, operation, data } = read.job;
  if (dryRun === true) {
    const { rule, evidence, credits: creditsOf } = io.prices[operation];
    const credits = creditsOf(data.input);
    const text = `Valid; it would cost ${credits} credits (${rule}; ${evidence}). Nothing was added.`;
    return { json: { dryRun: true, queue, operation, credits, price: { rule, evidence } }, sections: [{ kind: "line", text }] };
  }
  const [answer] = await withDoor(io, (door) => door.add([read.job]));
  if (answer?.kind === "failed") throw answer.error;
  if (answer?.kind !== "accepted") throw new LinkupError("conflict", "This --key was used for another job; nothing was added");
  const said = answer.duplicate ? "Was in before, under the same key; nothing was added" : `Accepted into ${queue}`;
  return {
    json: { queue, jobId: answer.jobId, duplicate: answer.duplicate },
    sections: [
      { kind: "line", text: `${said}. See how it goes with: linkup job show ${answer.jobId}` },
      {
        kind: "facts",
        rows: [
          ["job", answer.jobId],
          ["queue", queue],
          ["operation", operation],
        ],
      },
    ],
  };
}

async function enqueueMany(io: ConsoleIo, defaults: RowDefaults, options: EnqueueOptions): Promise<Report> {
  const whenTerminal = "Give --input for one job, --file for many, or hand jobs over on stdin";
  const { file, format: wanted } = options;
  const { bytes, totalBytes, format, stop: stopReading } = await openSource(io, { file, format: wanted, whenTerminal });
  const counts = noCounts();
  const progress = new Progress(io.stderr);
  const stopping = new AbortController();
  const stop = () => {
    stopping.abort();
    stopReading();
  };
  const startedMs = performance.now();
  let readBytes = 0;
  const onBytes = (count: number) => {
    readBytes += count;
  };
  const chunks = readChunks(bytes, { onBytes, stopping: stopping.signal });
  const table = format === "csv" ? jobTable({ charset: options.encoding ?? null, delimiter: options.delimiter ?? null, defaults }) : null;
  const rows: AsyncIterable<Row> = table === null ? ndjsonRows(chunks, defaults) : csvRows(chunks, table, defaults);
  const onProgress = () => {
    const { accepted: done, rejectedCount: rejected } = counts;
    progress.show(readingProgress({ noun: "jobs", done, rejected, readBytes, totalBytes, elapsedMs: performance.now() - startedMs }));
  };
  const lines = new BatchLines({ caller: COMMAND_LINE_CALLER, key: options.key ?? null });
  const run = { rows, lines, prices: io.prices, counts, onProgress, stopping: stopping.signal };
  let failure: LinkupError | null = null;
  process.on("SIGINT", stop);
  try {
    if (options.dryRun === true) await enqueueRows({ ...run, door: null });
    else await withDoor(io, (door) => enqueueRows({ ...run, door }));
  } catch (thrown) {
    failure = stopping.signal.aborted ? null : LinkupError.from(thrown);
    // Nothing was done yet: an error like any other.
    if (failure?.code === "internal_error" || (failure !== null && counts.accepted + counts.rejectedCount === 0)) throw thrown;
  } finally {
    process.off("SIGINT", stop);
    progress.end();
  }
  return manyReport(counts, { options, table, failure, interrupted: stopping.signal.aborted, elapsedMs: performance.now() - startedMs });
}

type Ending = { options: EnqueueOptions; table: Table | null; failure: LinkupError | null; interrupted: boolean; elapsedMs: number };

function manyReport(counts: EnqueueCounts, { options, table, failure, interrupted, elapsedMs }: Ending): Report {
  const { accepted, duplicates, rejectedCount, rejected, credits } = counts;
  const dryRun = options.dryRun === true;
  const added = accepted - duplicates;
  const seconds = Math.max(0.1, elapsedMs / 1_000);
  const summary = dryRun
    ? `${accepted} jobs are valid and would cost about ${credits} credits; nothing was added`
    : `${added} jobs added (about ${credits} credits), ${duplicates} were in before, in ${seconds.toFixed(1)} s (${Math.round(accepted / seconds)}/s)`;
  const lines: Section[] = rejected
    .slice(0, SHOWN_REFUSED)
    .map(({ issues, ...place }) => ({ kind: "line", text: `${placeText(place)}: ${describeIssues(issues)}`, tone: "bad" }));
  if (rejectedCount > 0) {
    const more = rejectedCount > SHOWN_REFUSED ? " (the first are above, with --json the first thousand)" : "";
    lines.push(
      { kind: "line", text: `${rejectedCount} lines were refused${more}; correct them and send again`, tone: "warn" },
      ...formatSection(rejected),
    );
  }
  if (failure !== null) lines.push({ kind: "line", text: `Stopped early: ${failure.message}`, tone: "bad" });
  if (interrupted) lines.push({ kind: "line", text: "Stopped by Ctrl-C.", tone: "warn" });
  if ((failure !== null || interrupted) && !dryRun) {
    const advice =
      options.key === undefined
        ? "Jobs had no --key: sending all again would add those that are in a second time"
        : "Send all again with the same --key: those that are in are not added twice";
    lines.push({ kind: "line", text: advice });
  }
  const exitCode =
    failure !== null
      ? exitCodeOf(failure.code)
      : interrupted
        ? EXIT.interrupted.code
        : rejectedCount > 0
          ? EXIT.input.code
          : EXIT.done.code;
  const error = failure === null ? null : { code: failure.code, message: failure.message };
  const understood = table === null ? null : understoodOf(table);
  return {
    json: { accepted, duplicates, rejectedCount, rejected, credits, dryRun, interrupted, error, ...understood },
    sections: [
      ...lines,
      ...(understood === null ? [] : understoodSection(understood, table?.encoding ?? null)),
      { kind: "line", text: `${summary}.` },
    ],
    exitCode,
  };
}

async function enqueue(io: ConsoleIo, operation: string | undefined, options: EnqueueOptions): Promise<Report> {
  if (operation !== undefined && options.operation !== undefined) throw new UsageError("The operation is given twice");
  if (options.input !== undefined && options.file !== undefined)
    throw new UsageError("Give either --input for one job, or --file for many");
  const defaults = defaultsOf(operation, options);
  return options.input === undefined
    ? enqueueMany(io, defaults, options)
    : enqueueOne(io, { ...defaults, input: readInput(options.input) }, options);
}

/** Adds `linkup enqueue`. */
export function addEnqueueCommand(program: Command, io: ConsoleIo): void {
  addCommand(program, "enqueue", {
    summary: "Hand over one job, or a file of them",
    details:
      "A file has one JSON object a line, as POST /v1/jobs/batch takes them, or is a CSV table: a header row, columns operation, accountId, idempotencyKey, priority, runAt, expiresAt, onUnknown, campaignId, recipientId where wanted, and every other column is a field of the operation's input. Names of columns count without their case, accents, blanks and signs, and the table is read as for linkup campaign import. Options fill in what a row leaves out. A wrong row is refused by itself. With --key, sending all again adds nothing twice, also with rows added, taken out, moved or corrected: a row is known by its target, which is its operation and the person, post or other object, and by its ordinal among the rows of that target. Another content for the same is told as a conflict; a row with an idempotencyKey of its own goes by that.",
    examples: [
      [`enqueue message.send --account ada --input '{"linkedin_url":"https://www.linkedin.com/in/x","message_text":"Hi"}'`, "one job"],
      ["enqueue --file jobs.ndjson --key monday", "a file; may be sent again as it is"],
      ["enqueue profile.scrape --account ada --file people.csv --dry-run", "checks a table and says what it would cost"],
      ["enqueue --format csv --account ada < jobs.csv", "from stdin"],
    ],
  })
    .argument("[operation]", "the operation, for a job or for rows that name none: see docs/operations.md")
    .option("--operation <name>", "the same as an option")
    .option("--account <id>", "the account, for a job or for rows that name none", accountId)
    .option("--input <json>", "one job's input, as JSON")
    .option("--file <path>", "jobs from a file; - is stdin")
    .addOption(formatOption("jobs"))
    .option(
      "--delimiter <character>",
      'between the cells of a table; "tab" for tabs (default: the one that its header has, or that a line sep= names)',
      delimiterArgument,
    )
    .option("--encoding <name>", "of a table (default: told from its bytes: utf-8, utf-16, else windows-1252)", encodingArgument)
    .option("--key <key>", "idempotency key of the job; for many: of each row, with its target and its ordinal", keyArgument)
    .addOption(new Option("--priority <priority>", "default: normal").choices(Object.keys(PRIORITIES)))
    .option("--run-at <moment>", "not before this moment, like 2026-12-01T08:00:00Z")
    .option("--expires-at <moment>", "not sent after this moment")
    .addOption(
      new Option("--on-unknown <what>", "when nobody knows whether a call had its effect").choices(["report", "rerun", "reconcile"]),
    )
    .option("--campaign <id>", "the campaign that jobs belong to")
    .option("--recipient <id>", "the recipient that the job is for")
    .option("--allow-doubtful-text", "send texts all the same that hold a placeholder, such as {{first_name}}")
    .option("--dry-run", "check and price everything, add nothing")
    .action(reporting(io, (operation: string | undefined, options: EnqueueOptions) => enqueue(io, operation, options)));
}
