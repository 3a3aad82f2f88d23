/** `linkup campaign`: made, filled, estimated, started and watched from the command line; the words, what they do is in ../campaign. */
import { RESULT_FORMATS } from "@linkup-queue/campaign-files";
import { OUTCOME_STATUSES, PRIORITIES } from "@linkup-queue/contracts";
import {
  CAMPAIGN_STATES,
  type Campaign,
  CampaignId,
  type CampaignState,
  campaignView,
  type Engine,
  estimateView,
} from "@linkup-queue/queue";
import { type Command, InvalidArgumentError, Option } from "commander";
import { campaignReport, campaignsReport, doubtLines, estimateReport, samplesTable } from "../campaign/campaign-report.ts";
import { cancelCampaign, pauseOrResume, type StartRequest, startCampaign } from "../campaign/change-campaign.ts";
import { type CreateOptions, createCampaign, openRecipients } from "../campaign/create-campaign.ts";
import { type EditOptions, editCampaign, NONE } from "../campaign/edit-campaign.ts";
import { findCampaign } from "../campaign/find-campaign.ts";
import { importRecipients, importReport, type TableOptions } from "../campaign/import-recipients.ts";
import { watchCampaign } from "../campaign/watch-campaign.ts";
import { type ResultStatus, type ResultsOptions, writeResults } from "../campaign/write-results.ts";
import { writeUnsent } from "../campaign/write-unsent.ts";
import { WRITES, withEngine } from "../engine/with-engine.ts";
import { accountId, wholeNumber } from "../terminal/arguments.ts";
import { addCommand, addGroup, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { delimiterArgument, encodingArgument, formatOption } from "../terminal/open-source.ts";
import type { Report } from "../terminal/report.ts";

type ImportOptions = TableOptions & Pick<CreateOptions, "format">;
type StatusOptions = { state?: CampaignState };

const PAGE = 200;
const MOST_CREDITS = 1_000_000_000;

function campaignId(text: string): string {
  const parsed = CampaignId.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(`It must be ${parsed.error.issues[0]?.message ?? "a campaign's id"}.`);
  return parsed.data;
}

const manyAccounts = (text: string, before: readonly string[] = []): string[] => [
  ...before,
  ...text.split(",").map((id) => accountId(id.trim())),
];

const orNone =
  <Value>(read: (text: string) => Value) =>
  (text: string): Value | typeof NONE =>
    text === NONE ? NONE : read(text);

const manyTexts = (text: string, before: readonly string[] = []): string[] => [...before, text];

const RESULT_STATUSES: readonly ResultStatus[] = [...OUTCOME_STATUSES, "unsent"];

function manyStatuses(text: string, before: readonly ResultStatus[] = []): ResultStatus[] {
  const found = text.split(",").map((word) => RESULT_STATUSES.find((status) => status === word.trim()));
  const known = found.filter((status) => status !== undefined);
  if (known.length < found.length) throw new InvalidArgumentError(`It must be of ${RESULT_STATUSES.join(", ")}.`);
  return [...before, ...known];
}

async function statusOfAll(engine: Engine, { state }: StatusOptions): Promise<Report> {
  const { campaigns } = engine;
  const found: Campaign[] = [];
  for (let afterId: string | undefined; ; ) {
    const page = await campaigns.list({ afterId, limit: PAGE });
    for (const campaign of page.campaigns) found.push(campaign);
    afterId = page.next ?? undefined;
    if (afterId === undefined) break;
  }
  const wanted = found.filter((campaign) => state === undefined || campaign.state === state);
  const load = await engine.load(wanted);
  return campaignsReport(wanted.map((campaign) => campaignView(campaign, load)));
}

async function statusOfOne(engine: Engine, id: string): Promise<Report> {
  const campaign = await findCampaign(engine, id);
  const load = await engine.load([campaign]);
  return campaignReport(campaignView(campaign, load), load);
}

async function sampledEstimate(engine: Engine, campaign: Campaign): Promise<Report> {
  const { estimate, samples, doubts } = await engine.preview(campaign, await engine.load([campaign]));
  const { json, sections } = estimateReport(campaign.id, estimateView(estimate));
  return { json: { ...Object(json), samples, doubts }, sections: [...doubtLines(doubts), ...sections, ...samplesTable(samples)] };
}

async function importInto(io: ConsoleIo, { id, file, options }: { id: string; file: string; options: ImportOptions }): Promise<Report> {
  const source = await openRecipients(io, file, options);
  const work = async (engine: Engine) => {
    const campaign = await findCampaign(engine, id);
    return importReport(id, await importRecipients(io, engine, { source, campaign, options }));
  };
  return withEngine(io, work, { accepts: true, writes: false });
}

const ID = ["<id>", "the campaign's id", campaignId] as const;

/** Adds `linkup campaign ...`. */
export function addCampaignCommands(program: Command, io: ConsoleIo): void {
  const group = addGroup(
    program,
    "campaign",
    "Campaigns: create, import, edit, estimate, start, pause, resume, cancel, status, watch, unsent, results",
  );
  addFillingCommands(group, io);
  addChangingCommands(group, io);
  addReadingCommands(group, io);
}

function addFillingCommands(group: Command, io: ConsoleIo): void {
  addCommand(group, "create", {
    summary: "Make a campaign: a draft, nothing is sent before its start",
    details:
      "Texts may hold {{field}} and {{field|default}}, filled from each recipient's fields. The same --id with the same definition again changes nothing.",
    examples: [
      [
        `campaign create "Spring" --id spring --operation invitation.send --account ada,bob --input linkedin_url='{{linkedin_url}}' --input message='Hi {{first_name|there}}'`,
        "field by field",
      ],
      [
        `campaign create "Spring" --operation invitation.send --account ada --input @invitation.json --recipients people.csv`,
        "filled at once",
      ],
      [`campaign create "Spring" --account ada --steps steps.json`, "a sequence of several steps"],
    ],
  })
    .argument("<name>", "its name, for people")
    .option("--operation <name>", "what is done for each recipient: see docs/operations.md")
    .requiredOption("--account <ids>", "the accounts that share the recipients: several with commas, or the option again", manyAccounts)
    .option("--input <input>", "the operation's input: JSON, @file.json, or field=value as often as needed", manyTexts)
    .option("--steps <file>", "in place of both, a sequence: a file with a JSON list of {operation, input, afterDays?, onlyIf?}")
    .option("--id <id>", "its id (default: one is made up)", campaignId)
    .addOption(new Option("--priority <priority>", "default: bulk").choices(Object.keys(PRIORITIES)))
    .option("--max-credits <credits>", "pause when so many are spent", wholeNumber(1, MOST_CREDITS))
    .option("--start-at <moment>", "once started, wait for this moment, like 2026-12-01T08:00:00Z")
    .option("--expires-at <moment>", "nothing is sent after this moment")
    .addOption(
      new Option("--on-unknown <what>", "when nobody knows whether a call had its effect").choices(["report", "rerun", "reconcile"]),
    )
    .option("--handover", "other accounts take over the share of one that is away")
    .option("--stop-on-reply", "write no more to a person who answered (linkup person replied)")
    .option("--recipients <file>", "import this list at once; - is stdin")
    .addOption(formatOption("recipients"))
    .option(
      "--delimiter <character>",
      'between the cells of a table; "tab" for tabs (default: the one that its header has, or that a line sep= names)',
      delimiterArgument,
    )
    .option("--encoding <name>", "of a table (default: told from its bytes: utf-8, utf-16, else windows-1252)", encodingArgument)
    .action(reporting(io, (name: string, options: CreateOptions) => createCampaign(io, name, options)));

  addCommand(group, "import", {
    summary: "Add recipients from a file or a pipe, any number of them",
    details:
      "One JSON object a line, or a CSV table whose columns are the fields, whatever their case, accents, blanks and signs (First Name is first_name). Told are the field that each column is taken as, how often each field of the text is filled, and what is refused, by the sheet's row and by line. A recipient is named by recipientId, else by the profile's address, and is taken once ever: importing again adds nothing twice, so a list that broke off is just imported again. A wrong row is refused by itself and told with its line. A running campaign goes on with what is added.",
    examples: [
      ["campaign import spring people.csv", "a table, with a progress bar at a terminal"],
      ["campaign import spring people.ndjson --json", "lines of JSON; the counts for a program"],
      ["campaign import spring - --format csv --delimiter tab < people.txt", "from stdin"],
    ],
  })
    .argument(...ID)
    .argument("<file>", "the list; - is stdin")
    .addOption(formatOption("recipients"))
    .option(
      "--delimiter <character>",
      'between the cells of a table; "tab" for tabs (default: the one that its header has, or that a line sep= names)',
      delimiterArgument,
    )
    .option("--encoding <name>", "of a table (default: told from its bytes: utf-8, utf-16, else windows-1252)", encodingArgument)
    .action(reporting(io, (id: string, file: string, options: ImportOptions) => importInto(io, { id, file, options })));
}

function addChangingCommands(group: Command, io: ConsoleIo): void {
  addCommand(group, "estimate", {
    summary: "Estimate credits, the end at today's load, and what can't be sent and why; with examples of what will be sent",
    examples: [["campaign estimate spring", "before its start, or on its way"]],
  })
    .argument(...ID)
    .action(reporting(io, (id: string) => withEngine(io, async (engine) => sampledEstimate(engine, await findCampaign(engine, id)))));

  addEditCommand(group, io);

  addCommand(group, "start", {
    summary: "Start a campaign, now or at its --start-at",
    details:
      "At a terminal it shows the estimate and examples of what will be sent, and asks first. It is refused where a text holds a placeholder of another notation, such as {first_name}, or a field with a default that no recipient fills.",
    examples: [
      ["campaign start spring", "shows the estimate and asks, at a terminal"],
      ["campaign start spring --dry-run --json", "what it would come to; status 6 when it would be refused"],
      ["campaign start spring --first 20", "sends to the first 20 of the list, then pauses until: linkup campaign resume spring"],
      ["campaign start spring --yes", "does not ask"],
    ],
  })
    .argument(...ID)
    .option("--yes", "don't ask")
    .option("--first <recipients>", "take so many of the list in its order, then pause until it is resumed", wholeNumber(1, MOST_CREDITS))
    .option("--allow-doubtful-text", "send all the same what is probably not meant as it stands")
    .option("--dry-run", "only tell what the start would come to")
    .action(reporting(io, (id: string, options: StartRequest) => startCampaign(io, id, options)));

  addCommand(group, "pause", {
    summary: "Pause a campaign: nothing more of it leaves; calls that are out are finished",
    examples: [["campaign pause spring", "until: linkup campaign resume spring"]],
  })
    .argument(...ID)
    .action(reporting(io, (id: string) => withEngine(io, (engine) => pauseOrResume(engine, { id, event: "pause" }), WRITES)));

  addCommand(group, "resume", {
    summary: "Let a paused campaign go on",
    examples: [
      ["campaign resume spring", "also after it ran out of credits, once it may spend more"],
      ["campaign resume spring --first 100", "one that was started with its first 20: with the 80 behind them, then it pauses again"],
    ],
  })
    .argument(...ID)
    .option("--first <recipients>", "pause again after so many in all, counted from the first of the list", wholeNumber(1, MOST_CREDITS))
    .action(
      reporting(io, (id: string, options: { first?: number }) =>
        withEngine(io, (engine) => pauseOrResume(engine, { id, event: "resume", ...options }), { accepts: true }),
      ),
    );

  addCommand(group, "cancel", {
    summary: "Cancel a campaign for good; what was not put into a queue is never sent",
    examples: [
      ["campaign cancel spring", "asks first, at a terminal"],
      ["campaign cancel spring --yes", "does not ask"],
    ],
  })
    .argument(...ID)
    .option("--yes", "don't ask")
    .action(reporting(io, (id: string, options: { yes?: true }) => cancelCampaign(io, id, options)));
}

function addEditCommand(group: Command, io: ConsoleIo): void {
  addCommand(group, "edit", {
    summary: "Change a draft or a paused campaign; it holds for all that has not left",
    details:
      "What is left out stays as it is. Other accounts share the recipients that were not put into a call queue, evenly; each of the others keeps its account. Every recipient that is left is checked against a new text first.",
    examples: [
      ["campaign edit spring --account ada,carl", "of a paused one: what is left is shared by these two"],
      ["campaign edit spring --max-credits 2000", "before a resume, of one that ran out of credits"],
      ["campaign edit spring --expires-at none --no-handover", "takes both away"],
    ],
  })
    .argument(...ID)
    .option("--name <name>", "its name, for people")
    .option("--account <ids>", "the accounts from now on: several with commas, or the option again", manyAccounts)
    .option("--input <input>", "the whole input: JSON, @file.json, or field=value as often as needed", manyTexts)
    .option(
      "--steps <file>",
      "of a sequence, all its steps: of a draft any; of one that was started those that there are keep their operations, more may follow",
    )
    .addOption(new Option("--priority <priority>", "before others, or behind them").choices(Object.keys(PRIORITIES)))
    .option("--max-credits <credits>", 'pause when so many are spent; "none" for no bound', orNone(wholeNumber(1, MOST_CREDITS)))
    .option("--start-at <moment>", 'once started, wait for this moment; "none" for at once')
    .option("--expires-at <moment>", 'nothing is sent after this moment; "none" for never')
    .option("--handover", "other accounts take over the share of one that is away")
    .option("--no-handover", "each account keeps its share")
    .option("--stop-on-reply", "write no more to a person who answered")
    .option("--no-stop-on-reply", "write on all the same")
    .option("--allow-doubtful-text", "of a paused one: go on all the same with what is probably not meant")
    .action(reporting(io, (id: string, options: EditOptions) => editCampaign(io, id, options)));
}

function addReadingCommands(group: Command, io: ConsoleIo): void {
  addCommand(group, "status", {
    summary: "Show all campaigns, or one in detail",
    examples: [
      ["campaign status", "a line for each"],
      ["campaign status spring", "counts by status, code and account, credits, rate, end"],
      ["campaign status --state running --json", "for a program"],
    ],
  })
    .argument("[id]", "the campaign's id", campaignId)
    .addOption(new Option("--state <state>", "only those in this state").choices(CAMPAIGN_STATES))
    .action(
      reporting(io, (id: string | undefined, options: StatusOptions) =>
        withEngine(io, (engine) => (id === undefined ? statusOfAll(engine, options) : statusOfOne(engine, id))),
      ),
    );

  addCommand(group, "watch", {
    summary: "Follow a campaign to its end, with a progress bar at a terminal",
    details: "In a pipe it prints a line when something changed, every few seconds at most. Ctrl-C stops the watching only.",
    examples: [
      ["campaign watch spring", "rate and time left"],
      ["campaign watch spring --json", "waits for the end and prints the campaign then"],
    ],
  })
    .argument(...ID)
    .action(
      reporting(io, (id: string, { json }: { json?: true }) =>
        withEngine(io, (engine) => watchCampaign(io, engine, { id, json: json === true })),
      ),
    );

  addCommand(group, "unsent", {
    summary: "List the recipients that were not put into a call queue, with their fields",
    details:
      "Of a campaign that is cancelled or expired they are never sent to; they are listed as long as its outcomes are kept in Redis. The lines can be imported into another campaign as they are.",
    examples: [["campaign unsent spring > left.ndjson", "one recipient a line"]],
  })
    .argument(...ID)
    .action(
      reporting(io, (id: string, { json }: { json?: true }) =>
        withEngine(io, (engine) => writeUnsent(io, engine, { id, isOne: json === true })),
      ),
    );

  addCommand(group, "results", {
    summary: "Print a campaign's outcomes, or write them to a file",
    details:
      "Outcomes are kept for LINKUP_OUTCOME_DAYS, and for good with an archive. With --json and without --out they are one JSON array. In a table, cells that a spreadsheet would run as formulas are made text.",
    examples: [
      ["campaign results spring > spring.ndjson", "one outcome a line"],
      ["campaign results spring --out spring.csv --status failed,unknown", "a table of those that want a look"],
      ["campaign results spring --out spring.csv --fields --unsent", "the whole list with what became of each recipient"],
    ],
  })
    .argument(...ID)
    .addOption(new Option("--format <format>", "default: by the file's name, ndjson on stdout").choices(RESULT_FORMATS))
    .option("--out <file>", "write them here; the file is there when it is complete")
    .option("--fields", "with what the list says of each recipient; null for outcomes that come from the archive")
    .option("--unsent", "also those who were not put into a call queue")
    .option("--status <statuses>", "only those that ended so: several with commas, or the option again", manyStatuses)
    .action(
      reporting(io, (id: string, options: ResultsOptions) =>
        withEngine(io, (engine, settings) => writeResults(io, engine, { id, options, settings })),
      ),
    );
}
