/** `linkup suppressions`: people who are not to be contacted. The list keeps digests; addresses go in and never come out. */
import { resolve } from "node:path";
import { ndjsonRows, tableRows } from "@linkup-queue/campaign-files";
import { EXPORTED_LIST, SUPPRESSION_USES, type SuppressionsTaken, takeSuppressions } from "@linkup-queue/campaign-streams";
import { describeIssues, type Issue, issuesOf, LinkupError, personKey } from "@linkup-queue/contracts";
import { type Engine, PERSON_DIGEST, type Suppression, SuppressionRequest, SuppressionScope } from "@linkup-queue/queue";
import { type Command, InvalidArgumentError } from "commander";
import { openRecipients } from "../campaign/create-campaign.ts";
import type { TableOptions } from "../campaign/import-recipients.ts";
import { writeToFile, writeToStdout } from "../campaign/write-results.ts";
import { WRITES, withEngine } from "../engine/with-engine.ts";
import { wholeNumber } from "../terminal/arguments.ts";
import { addCommand, addGroup, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { endedText } from "../terminal/ended-text.ts";
import { EXIT, exitCodeOf } from "../terminal/exit-codes.ts";
import { formatSection, type Place, placeText } from "../terminal/list-report.ts";
import { delimiterArgument, encodingArgument, formatOption } from "../terminal/open-source.ts";
import { readChunks } from "../terminal/read-chunks.ts";
import { type Report, type Section, sentence } from "../terminal/report.ts";

const PAGE = 1_000;
const SHOWN_REJECTED = 20;
const MOST_LISTED = 1_000;

type AddOptions = { scope?: string; reason?: string; until?: string };
type ImportOptions = TableOptions & { format?: "ndjson" | "csv"; scope?: string; reason?: string };

function scopeArgument(text: string): string {
  const parsed = SuppressionScope.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(`It ${parsed.error.issues[0]?.message ?? "must be a scope"}.`);
  return parsed.data;
}

function requestOf({ scope, reason, until }: AddOptions): SuppressionRequest {
  const given = Object.fromEntries(Object.entries({ scope, reason, until }).filter(([, value]) => value !== undefined));
  const parsed = SuppressionRequest.safeParse(given);
  if (parsed.success) return parsed.data;
  const issues = issuesOf(parsed.error).map(({ path, message }) => ({ path: `--${path}`, message }));
  throw new LinkupError("invalid_input", describeIssues(issues), { issues });
}

/** A person by an address, or as the list names them. */
function whoOf(text: string): { key: string } | { digest: string } {
  if (PERSON_DIGEST.test(text)) return { digest: text };
  return { key: personKey(text) };
}

async function add(engine: Engine, addresses: readonly string[], options: AddOptions): Promise<Report> {
  const { suppressions, stoppedJobs } = engine.people;
  const request = requestOf(options);
  const people = addresses.map((address) => personKey(address));
  const counts = await engine.confirmed(() => suppressions.put(people.map((person) => ({ ...request, people: [person] }))));
  const jobs = await stoppedJobs.end("suppressed", people);
  return sentence(`${counts.added} added, ${counts.changed} changed, ${counts.same} as they were. ${endedText(jobs)}`, { ...counts, jobs });
}

async function remove(engine: Engine, person: string, scope: string | undefined): Promise<Report> {
  const removed = await engine.people.suppressions.remove(whoOf(person), scope);
  if (removed === 0) throw new LinkupError("not_found", "The list does not have this person");
  return sentence(`${removed} entries are off the list.`, { removed });
}

const row = ({ person, scope, reason, until, since }: Suppression) => [person, scope, reason, until ?? "no end", since];

async function list(engine: Engine, { person, limit, after }: { person?: string; limit: number; after?: string }): Promise<Report> {
  const { suppressions } = engine.people;
  const { items, next } =
    person === undefined ? await suppressions.list({ after, limit }) : { items: await suppressions.of(whoOf(person)), next: null };
  const more: Section[] = next === null ? [] : [{ kind: "line", text: `There are more: --after ${next}`, terminalOnly: true }];
  return {
    json: { items, next },
    sections: [
      { kind: "table", head: ["person", "scope", "reason", "until", "since"], rows: items.map(row), whenEmpty: "Nobody is on the list." },
      ...more,
    ],
  };
}

/** A first line with the sealed secret, then one entry a line. */
async function* exportedLines(engine: Engine, onEntry: () => void): AsyncGenerator<string> {
  const { suppressions } = engine.people;
  const secret = await suppressions.sealedSecret();
  if (secret !== null) yield `${JSON.stringify({ list: EXPORTED_LIST, secret })}\n`;
  for (let after: string | undefined; ; ) {
    const { items, next } = await suppressions.list({ after, limit: PAGE });
    yield items.map((item) => `${JSON.stringify(item)}\n`).join("");
    for (const _ of items) onEntry();
    if (next === null) return;
    after = next;
  }
}

async function exportList(io: ConsoleIo, engine: Engine, out: string | undefined): Promise<Report | null> {
  let entries = 0;
  const lines = exportedLines(engine, () => {
    entries += 1;
  });
  if (out === undefined) {
    await writeToStdout(io, lines);
    return null;
  }
  await writeToFile(resolve(io.folder, out), lines);
  return sentence(`${entries} entries are in ${out}.`, { entries, path: out });
}

async function importList(io: ConsoleIo, file: string, options: ImportOptions): Promise<Report> {
  const { scope, reason } = requestOf(options);
  const source = await openRecipients(io, file, options);
  const { encoding, delimiter } = options;
  const isTable = source.format === "csv";
  const rows = isTable
    ? tableRows({ charset: encoding ?? null, delimiter: delimiter ?? null, uses: SUPPRESSION_USES })
    : ndjsonRows(SUPPRESSION_USES);
  const counts: SuppressionsTaken = { added: 0, changed: 0, same: 0, rejected: 0 };
  const rejected: (Place & { issues: readonly Issue[] })[] = [];
  const work = async (engine: Engine) => {
    const { suppressions, stoppedJobs } = engine.people;
    const stopped = await takeSuppressions({
      chunks: readChunks(source.bytes, { onBytes: () => undefined, stopping: new AbortController().signal }),
      rows,
      counts,
      defaults: { scope, reason },
      put: (some, sealed) => engine.confirmed(() => suppressions.put(some, sealed)),
      onRejected: (place, { message, issues }) => {
        if (rejected.length < MOST_LISTED) rejected.push({ ...place, issues: issues ?? [{ path: "", message }] });
      },
    });
    const jobs = counts.added + counts.changed === 0 ? { ended: 0, inFlight: 0 } : await stoppedJobs.end("suppressed");
    return importReport({ counts, rejected, stopped, jobs });
  };
  return await withEngine(io, work, { accepts: true, writes: false });
}

type Imported = {
  counts: SuppressionsTaken;
  rejected: readonly (Place & { issues: readonly Issue[] })[];
  stopped: LinkupError | null;
  jobs: Parameters<typeof endedText>[0];
};

function importReport({ counts: { rejected: rejectedCount, ...counts }, rejected, stopped, jobs }: Imported): Report {
  const lines: Section[] = rejected
    .slice(0, SHOWN_REJECTED)
    .map(({ issues, ...place }) => ({ kind: "line", text: `${placeText(place)}: ${describeIssues(issues)}`, tone: "bad" }));
  if (rejectedCount > 0) lines.push({ kind: "line", text: `${rejectedCount} rows were refused`, tone: "warn" }, ...formatSection(rejected));
  if (stopped !== null) lines.push({ kind: "line", text: `Stopped early: ${stopped.message}; import all again`, tone: "bad" });
  const text = `${counts.added} added, ${counts.changed} changed, ${counts.same} as they were. ${endedText(jobs)}`;
  const error = stopped === null ? null : { code: stopped.code, message: stopped.message };
  return {
    json: { ...counts, rejectedCount, rejected, jobs, error },
    sections: [...lines, { kind: "line", text }],
    exitCode: stopped !== null ? exitCodeOf(stopped.code) : rejectedCount > 0 ? EXIT.input.code : EXIT.done.code,
  };
}

/** Adds `linkup suppressions ...`. */
export function addSuppressionCommands(program: Command, io: ConsoleIo): void {
  const group = addGroup(program, "suppressions", "People who are not to be contacted: add, remove, list, export, import");

  addCommand(group, "add", {
    summary: "Put people on the list",
    details:
      "From then on no message and no invitation to them leaves, whichever way its job came; jobs that wait end cancelled, suppressed. The list keeps digests and outlives a person's erasure.",
    examples: [
      ['suppressions add linkedin.com/in/ada-lovelace --reason "objected"', "for all accounts and campaigns, without an end"],
      ["suppressions add linkedin.com/in/ada-lovelace --scope campaign:spring", "for one campaign"],
    ],
  })
    .argument("<person...>", "addresses of profiles in any spelling, or profile ids")
    .option("--scope <scope>", "all, account:<id> or campaign:<id> (default: all)", scopeArgument)
    .option("--reason <text>", "one line, kept with the entry; no names of people")
    .option("--until <time>", "ISO date and time at which it ends (default: no end)")
    .action(
      reporting(io, (addresses: string[], options: AddOptions) => withEngine(io, (engine) => add(engine, addresses, options), WRITES)),
    );

  addCommand(group, "remove", {
    summary: "Take a person off the list",
    examples: [["suppressions remove linkedin.com/in/ada-lovelace", "all of the person's entries"]],
  })
    .argument("<person>", "an address, a profile id, or the person as the list names them")
    .option("--scope <scope>", "this entry alone", scopeArgument)
    .action(
      reporting(io, (person: string, { scope }: { scope?: string }) => withEngine(io, (engine) => remove(engine, person, scope), WRITES)),
    );

  addCommand(group, "list", {
    summary: "List the entries, or ask for one person",
    examples: [
      ["suppressions list", "the first hundred"],
      ["suppressions list linkedin.com/in/ada-lovelace", "whether she is on the list, and why"],
    ],
  })
    .argument("[person]", "an address, a profile id, or the person as the list names them")
    .option("--limit <count>", "most people", wholeNumber(1, 10_000), 100)
    .option("--after <person>", "go on behind this one")
    .action(
      reporting(io, (person: string | undefined, options: { limit: number; after?: string }) =>
        withEngine(io, (engine) => list(engine, { ...options, ...(person === undefined ? {} : { person }) })),
      ),
    );

  addCommand(group, "export", {
    summary: "Write the list, to be kept beside Redis",
    details:
      "Lines of JSON, without an address. The first has the secret of the digests, sealed with LINKUP_SECRETS_KEY: the list can be imported where that key, or the one it replaced, is at hand. Export again after the key was replaced.",
    examples: [["suppressions export --out suppressions.ndjson", "each night, beside the backup of Redis"]],
  })
    .option("--out <file>", "a file (default: stdout)")
    .action(reporting(io, ({ out }: { out?: string }) => withEngine(io, (engine) => exportList(io, engine, out))));

  addCommand(group, "import", {
    summary: "Put a list of people on it, from a file or stdin",
    details:
      "Lines of JSON or a CSV table: a person is named by any column that has an address or a profile id; scope, reason and until are optional columns. A list that export wrote is taken with its digests.",
    examples: [
      ['suppressions import do-not-contact.csv --reason "list of the legal department"', "a table"],
      ["suppressions import suppressions.ndjson", "what export wrote"],
    ],
  })
    .argument("<file>", "the list; - is stdin")
    .addOption(formatOption("people"))
    .option("--scope <scope>", "for rows that say none (default: all)", scopeArgument)
    .option("--reason <text>", "for rows that say none")
    .option("--delimiter <sign>", "between the cells of a table", delimiterArgument)
    .option("--encoding <name>", "of a table", encodingArgument)
    .action(reporting(io, (file: string, options: ImportOptions) => importList(io, file, options)));
}
