/** `linkup job`: one job's state and outcome, lists of jobs, cancelling, re-driving. */
import {
  CALL_QUEUES,
  LinkupError,
  OPERATION_NAMES,
  OUTCOME_CODES,
  type Outcome,
  type Resolution,
  WAIT_WORDS,
  type WaitsFor,
} from "@linkup-queue/contracts";
import {
  COMMAND_LINE_CALLER,
  type Engine,
  filterWords,
  idOfOwnKey,
  JOB_STATES,
  type JobPlace,
  type JobRow,
  type JobState,
  type JobView,
} from "@linkup-queue/queue";
import { type Command, Option } from "commander";
import { WRITES, withEngine } from "../engine/with-engine.ts";
import { findJob, type WhichQueue } from "../jobs/find-job.ts";
import { reconcileJob } from "../jobs/reconcile-job.ts";
import { type RedriveOptions, redrive } from "../jobs/redrive-jobs.ts";
import { COMMAND_LINE, type ResolveOptions, resolveJob } from "../jobs/resolve-job.ts";
import { accountId, idempotencyKey, wholeNumber } from "../terminal/arguments.ts";
import { addCommand, addGroup, reporting } from "../terminal/command.ts";
import { type ConsoleIo, UsageError } from "../terminal/console-io.ts";
import { type Report, type Section, stateCell } from "../terminal/report.ts";

type ShowOptions = WhichQueue & { key?: string; keyOf: string };
type ListOptions = { account?: string; operation?: string; state?: JobState; limit: number };

const DEFAULT_LIMIT = 50;
const MOST_ROWS = 100_000;
const PAGE = 500;
const DEFAULT_REDRIVEN = 1_000;

function outcomeSections(outcome: Outcome): Section[] {
  const { status, code, message, httpStatus, calls, credits, redriveOf, reconciled, resolved, startedAt, finishedAt, output } = outcome;
  return [
    {
      kind: "facts",
      rows: [
        ["outcome", stateCell(status)],
        ["code", code],
        ["message", message],
        ["http status", httpStatus],
        ["calls", calls],
        ["credits", `${credits.charged} charged, ${credits.uncertain} uncertain`],
        ["re-drive of", redriveOf],
        ...(reconciled === null ? [] : [["reconciled", `by ${reconciled.by}, ${reconciled.at}`] satisfies [string, string]]),
        ...(resolved === null ? [] : [["resolved", resolutionSentence(resolved)] satisfies [string, string]]),
        ["started", startedAt],
        ["finished", finishedAt],
      ],
    },
    ...(output === null ? [] : [{ kind: "line" as const, text: JSON.stringify(output, null, 2) }]),
  ];
}

/** `happened (said by ada, 2026-11-29T10:00:00.000Z)`. */
function resolutionSentence({ happened, by, at }: Resolution): string {
  return `${happened ? "happened" : "did not happen"} (said by ${by}, ${at})`;
}

/** The report on one job. */
export function jobReport(view: JobView, said: string): Report {
  return {
    json: view,
    sections: [
      ...(said === "" ? [] : [{ kind: "line" as const, text: said }]),
      {
        kind: "facts",
        rows: [
          ["job", view.jobId],
          ["queue", view.queue],
          ["state", stateCell(view.state)],
          ...(view.waitsFor === undefined ? [] : [["waits for", waitSentence(view.waitsFor)] satisfies [string, string]]),
          ["operation", view.operation],
          ["account", view.accountId],
          ["campaign", view.campaignId],
          ["recipient", view.recipientId],
          ["enqueued", view.enqueuedAt],
        ],
      },
      ...(view.outcome === null ? [] : outcomeSections(view.outcome)),
    ],
  };
}

/** `busy: its account has as many calls out as it may (ada, place 3 in line)`. */
function waitSentence({ reason, until, accountId, position }: WaitsFor): string {
  const details = [
    accountId,
    position === undefined ? undefined : `place ${position} in line`,
    until === undefined ? undefined : `until ${until}`,
  ];
  const known = details.filter((detail) => detail !== undefined);
  return `${reason}: ${WAIT_WORDS[reason]}${known.length === 0 ? "" : ` (${known.join(", ")})`}`;
}

/** The id of the job that is meant, by itself or by its key. Throws UsageError unless it is one of them. */
function whichId(id: string | undefined, { key, keyOf }: ShowOptions): string {
  if ((id === undefined) === (key === undefined)) throw new UsageError("Say which job: by its id, or by --key");
  return id ?? idOfOwnKey({ caller: keyOf, text: key ?? "" });
}

async function listJobs(engine: Engine, { account, operation, state, limit }: ListOptions): Promise<Report> {
  const pages = engine.jobs.pages;
  const rows: JobRow[] = [];
  let place: JobPlace | undefined;
  let more = true;
  while (more && rows.length < limit) {
    const page = await pages.read({ accountId: account, operation, state }, { place, limit: Math.min(PAGE, limit - rows.length) });
    for (const row of page.rows) rows.push(row);
    more = page.next !== null;
    place = page.next ?? undefined;
  }
  const heads = ["job", "queue", "state", "operation", "account", "enqueued", "waits for"];
  return {
    json: { items: rows, more },
    sections: [
      {
        kind: "table",
        head: heads,
        rows: rows.map((row) => [
          row.jobId,
          row.queue,
          stateCell(row.state),
          row.operation,
          row.accountId,
          row.enqueuedAt,
          row.waitsFor?.reason ?? null,
        ]),
        whenEmpty: "No such jobs.",
      },
      ...(more && rows.length >= limit
        ? [{ kind: "line" as const, text: `There may be more: --limit ${limit * 2}`, terminalOnly: true as const }]
        : []),
    ],
  };
}

async function cancelJob(engine: Engine, id: string, which: WhichQueue): Promise<Report> {
  const { views, cancels } = engine.jobs;
  const found = await findJob(views, id, which);
  const result = await cancels.cancel(found);
  if (result === "call_out") throw new LinkupError("conflict", `The call of job ${id} is out; its outcome tells what came of it`);
  if (result === "ended") throw new LinkupError("conflict", `Job ${id} has ended; see how with: linkup job show ${id}`);
  return jobReport((await findJob(views, id, { queue: found.view.queue })).view, `Job ${id} is cancelled.`);
}

const queueOption = () =>
  new Option("--queue <queue>", "for an id that several queues have; ids given by linkup are in one only").choices(CALL_QUEUES);

/** Adds `linkup job ...`. */
export function addJobCommands(program: Command, io: ConsoleIo): void {
  const group = addGroup(program, "job", "Jobs: show, list, cancel, re-drive");

  addCommand(group, "show", {
    summary: "Show a job's state, what it waits for, and its outcome once it has ended",
    details: "A key belongs to whoever used it: to the command line, or to the name of a token of the api, which --key-of says.",
    examples: [
      ["job show jCQbYlVl1mzX3f1kKcF0a", "for a person"],
      ["job show 17 --queue messages --json", "a job that BullMQ numbered, for a program"],
      ["job show --key order-9 --key-of crm", "the job that the token crm added under this key"],
    ],
  })
    .argument("[id]", "the job's id")
    .addOption(queueOption())
    .option("--key <key>", "in place of the id: the idempotency key with which it was added", idempotencyKey)
    .option("--key-of <name>", "the name of the token that used the key", COMMAND_LINE_CALLER)
    .action(
      reporting(io, (id: string | undefined, which: ShowOptions) => {
        const jobId = whichId(id, which);
        return withEngine(io, async ({ jobs: { views } }) => jobReport(await views.withWait(await findJob(views, jobId, which)), ""));
      }),
    );

  addCommand(group, "list", {
    summary: "List jobs by account, operation and state",
    details: "Of ended jobs it shows those that BullMQ still keeps. Jobs that move meanwhile may be missed or shown twice.",
    examples: [
      ["job list --account ada --state parked", "what waits for ada, in the order of its turns"],
      ["job list --state failed --limit 500 --json", "for a program"],
    ],
  })
    .option("--account <id>", "only this account's", accountId)
    .addOption(new Option("--operation <name>", "only this operation").choices(OPERATION_NAMES))
    .addOption(new Option("--state <state>", "only in this state").choices(JOB_STATES))
    .option("--limit <jobs>", "most jobs to list", wholeNumber(1, MOST_ROWS), DEFAULT_LIMIT)
    .action(reporting(io, (options: ListOptions) => withEngine(io, (engine) => listJobs(engine, options))));

  addCommand(group, "cancel", {
    summary: "Cancel a job that was not sent yet; it ends with the outcome cancelled",
    examples: [["job cancel jCQbYlVl1mzX3f1kKcF0a", "a call that is out is never cancelled"]],
  })
    .argument("<id>", "the job's id")
    .addOption(queueOption())
    .action(reporting(io, (id: string, which: WhichQueue) => withEngine(io, (engine) => cancelJob(engine, id, which), WRITES)));

  addCommand(group, "resolve", {
    summary: "Say whether a job of unknown outcome happened, after a look on LinkedIn",
    details:
      "It is kept in the outcome, whose status stays unknown, and told once more: on results as <outcomeId>~resolved, to webhooks, to the archive. The first word stays. Nothing is sent.",
    examples: [
      ["job resolve jCQbYlVl1mzX3f1kKcF0a --happened", "it is there: done again it would arrive twice"],
      ["job resolve jCQbYlVl1mzX3f1kKcF0a --not-happened --by ada", "it is not there; redrive it with --may-send-twice"],
    ],
  })
    .argument("<id>", "the job's id")
    .addOption(queueOption())
    .addOption(new Option("--happened", "it is there on LinkedIn").conflicts("notHappened"))
    .addOption(new Option("--not-happened", "it is not there"))
    .option("--by <name>", "whose word it is", COMMAND_LINE)
    .action(
      reporting(io, (id: string, options: ResolveOptions) => {
        io.choice = options.happened === true ? "happened" : "did not happen";
        return withEngine(io, (engine) => resolveJob(engine, id, options), WRITES);
      }),
    );

  addCommand(group, "reconcile", {
    summary: "Look on LinkedIn for a message or invitation of unknown outcome, by a read: a new job <id>~look",
    details:
      "It goes through the gate and costs what reads cost: one or two credits, and one more for an account whose name is not known. What it saw is kept in the unknown job's outcome and told once more: on results as <outcomeId>~resolved, to webhooks, to the archive. Where it can't tell, nothing is told. Nothing is sent again. Invitations are looked for within an hour.",
    examples: [
      ["job reconcile jCQbYlVl1mzX3f1kKcF0a", "two looks, five minutes apart, say that it is not there"],
      ["job show jCQbYlVl1mzX3f1kKcF0a~look", "how far that is, and what it saw"],
    ],
  })
    .argument("<id>", "the job's id")
    .addOption(queueOption())
    .action(
      reporting(io, (id: string, which: WhichQueue) => withEngine(io, (engine) => reconcileJob(engine, id, which), { accepts: true })),
    );

  addCommand(group, "redrive", {
    summary: "Do ended jobs again, each as one new job <id>~2: one by its id, or failed ones by code and campaign",
    details:
      "It needs the old job's data: the last 10,000 failed jobs of each queue keep it for 7 days, recipients of campaigns as long as outcomes are kept. A job is re-driven once, however often this is asked; the new job costs what any job costs.",
    examples: [
      ["job redrive jCQbYlVl1mzX3f1kKcF0a", "one job"],
      ["job redrive jCQbYlVl1mzX3f1kKcF0a --may-send-twice", "a write of unknown effect, after a look on LinkedIn"],
      ["job redrive --code rate_limited --campaign spring", "what a 429 failed of one campaign"],
    ],
  })
    .argument("[id]", "the job's id")
    .addOption(queueOption())
    .addOption(new Option("--code <code>", "jobs whose outcome has this code").choices(OUTCOME_CODES))
    .option("--campaign <id>", "jobs of this campaign")
    .option("--limit <jobs>", "most jobs to re-drive", wholeNumber(1, MOST_ROWS), DEFAULT_REDRIVEN)
    .option("--may-send-twice", "also writes whose effect is unknown: they may arrive a second time", false)
    .option("--even-if-happened", "beside it: also one of which a person said that it happened", false)
    .action(
      reporting(io, (id: string | undefined, options: RedriveOptions) => {
        if (id === undefined) io.choice = filterWords({ ...options, campaignId: options.campaign });
        return withEngine(io, (engine) => redrive(engine, id, options), { accepts: true });
      }),
    );
}
