/** `linkup schedule`: recurring jobs. The clockwork is the engine's; here they are written and read. */
import { describeIssues, type Issue, issuesOf, LinkupError, PRIORITIES } from "@linkup-queue/contracts";
import { defineSchedule, type Engine, type Schedule, ScheduleId, ScheduleRequest } from "@linkup-queue/queue";
import { type Command, InvalidArgumentError, Option } from "commander";
import { WRITES, withEngine } from "../engine/with-engine.ts";
import { accountId } from "../terminal/arguments.ts";
import { addCommand, addGroup, reporting } from "../terminal/command.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { readInput } from "../terminal/input-option.ts";
import { type Report, type Section, sentence, stateCell } from "../terminal/report.ts";

type PutOptions = {
  cron?: string;
  every?: number;
  timezone?: string;
  overlap?: string;
  operation: string;
  account: string;
  input: string;
  priority?: string;
  onUnknown?: string;
  campaign?: string;
  recipient?: string;
};

const PAGE = 200;
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function scheduleId(text: string): string {
  const parsed = ScheduleId.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError(`It ${parsed.error.issues[0]?.message ?? "must be a schedule's id"}.`);
  return parsed.data;
}

function interval(text: string): number {
  const [, amount = "", unit = ""] = /^(\d{1,12})(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = UNITS[unit];
  if (factor === undefined) throw new InvalidArgumentError("It must be a number with a unit: 30s, 15m, 2h, 1d.");
  return Number(amount) * factor;
}

function refuse(issues: readonly Issue[]): LinkupError {
  const words = issues.map(({ path, message }) => ({ path: WORDS[path] ?? path, message }));
  return new LinkupError("invalid_input", `The schedule is not valid: ${describeIssues(words)}`, { issues: words });
}

/** Paths of the request, as they are called here. */
const WORDS: Readonly<Record<string, string>> = {
  everyMs: "--every",
  cron: "--cron",
  timezone: "--timezone",
  "job.accountId": "--account",
  "job.operation": "--operation",
};

async function put(io: ConsoleIo, id: string, options: PutOptions): Promise<Report> {
  const input = readInput(options.input);
  const { cron, every: everyMs, timezone, overlap, operation, account, priority, onUnknown, campaign, recipient } = options;
  const job = { operation, accountId: account, input, priority, onUnknown, campaignId: campaign, recipientId: recipient };
  const parsed = ScheduleRequest.safeParse(given({ cron, everyMs, timezone, overlap, job: given(job) }));
  if (!parsed.success) throw refuse(issuesOf(parsed.error));
  let definition: ReturnType<typeof defineSchedule>;
  try {
    definition = defineSchedule(parsed.data);
  } catch (thrown) {
    const { issues } = LinkupError.from(thrown);
    throw issues === null ? thrown : refuse(issues);
  }
  const write = async (engine: Engine) => {
    const result = await engine.schedules.put(id, definition);
    return scheduleReport(await readKnown(engine, id), SAID[result].replace("%", id), result);
  };
  return withEngine(io, write, { accepts: true });
}

const SAID = {
  created: "Schedule % is set.",
  replaced: "Schedule % is changed.",
  unchanged: "Schedule % is as it was; nothing was changed.",
} as const;

function given(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

async function readKnown(engine: Engine, id: string): Promise<Schedule> {
  const schedule = await engine.schedules.read(id);
  if (schedule !== null) return schedule;
  throw new LinkupError("not_found", `There is no schedule ${id}; "linkup schedule list" shows those there are`);
}

function rule({ cron, everyMs, timezone }: Schedule): string {
  return cron === null ? `every ${(everyMs ?? 0) / 1_000} s` : `${cron} (${timezone ?? "UTC"})`;
}

function problemLines({ problems }: Schedule): Section[] {
  return problems.map((text) => ({ kind: "line", text, tone: "warn" }));
}

function scheduleReport(schedule: Schedule, said: string, result?: string): Report {
  const { lastJob, skipped, missed } = schedule;
  return {
    json: result === undefined ? schedule : { result, ...schedule },
    sections: [
      ...(said === "" ? [] : [{ kind: "line" as const, text: said }]),
      ...problemLines(schedule),
      {
        kind: "facts",
        rows: [
          ["schedule", schedule.id],
          ["rule", rule(schedule)],
          ["operation", schedule.job.operation],
          ["account", schedule.job.accountId],
          ["overlap", schedule.overlap],
          ["paused since", schedule.pausedAt],
          ["next", schedule.next[0] ?? null],
          ["last tick", schedule.lastTickAt],
          ["last job", lastJob === null ? null : lastJob.jobId],
          ["its end", lastJob === null ? null : stateCell(lastJob.status)],
          ["skipped", `${skipped.count}${skipped.lastAt === null ? "" : `, last ${skipped.lastAt}`}`],
          ["missed", `${missed.count}${missed.lastAt === null ? "" : `, last ${missed.lastAt}`}`],
        ],
      },
    ],
  };
}

async function list(engine: Engine): Promise<Report> {
  const schedules: Schedule[] = [];
  for (let afterId: string | undefined; ; ) {
    const page = await engine.schedules.list({ afterId, limit: PAGE });
    for (const schedule of page.schedules) schedules.push(schedule);
    if (page.next === null) break;
    afterId = page.next;
  }
  return {
    json: schedules,
    sections: [
      {
        kind: "table",
        head: ["schedule", "rule", "operation", "account", "next", "skipped", "missed", "problems"],
        rows: schedules.map((schedule) => [
          schedule.id,
          rule(schedule),
          schedule.job.operation,
          schedule.job.accountId,
          schedule.pausedAt === null ? (schedule.next[0] ?? null) : "paused",
          schedule.skipped.count,
          schedule.missed.count,
          { text: schedule.problems.length === 0 ? "" : String(schedule.problems.length), tone: "warn" },
        ]),
        whenEmpty: "No schedules.",
      },
    ],
  };
}

async function run(engine: Engine, id: string): Promise<Report> {
  await readKnown(engine, id);
  const said = await engine.ticks.run(id);
  if (said.kind === "gone") throw new LinkupError("not_found", `There is no schedule ${id} any more`);
  if (said.kind === "pending") {
    throw new LinkupError(
      "conflict",
      `Job ${said.jobId} of schedule ${id} has no outcome yet; see what it waits for with: linkup job show ${said.jobId}`,
    );
  }
  const { queue, jobId } = said;
  return sentence(`Schedule ${id} has added job ${jobId}.`, { id, queue, jobId });
}

function nextReport({ id, next, ...schedule }: Schedule): Report {
  return {
    json: { id, timezone: schedule.timezone, next },
    sections: [
      {
        kind: "table",
        head: ["next (UTC)"],
        rows: next.map((time) => [time]),
        whenEmpty: schedule.pausedAt === null ? "It never comes due again." : "It is paused.",
      },
    ],
  };
}

/** Adds `linkup schedule ...`. */
export function addScheduleCommands(program: Command, io: ConsoleIo): void {
  const group = addGroup(program, "schedule", "Recurring jobs: put, list, show, next, run, pause, resume, remove");

  addCommand(group, "put", {
    summary: "Set a recurring job, or change it",
    details:
      "The same definition again changes nothing. A tick whose predecessor's job has no outcome yet is skipped, unless --overlap queue is given.",
    examples: [
      [`schedule put inbox --every 15m --operation message.inbox --account ada --input '{}'`, "four times an hour"],
      [
        `schedule put mornings --cron "0 9 * * 1-5" --timezone Europe/Amsterdam --operation post.feed --account ada --input '{}'`,
        "weekdays at nine",
      ],
    ],
  })
    .argument("<id>", "the schedule's id, chosen by you", scheduleId)
    .option("--cron <expression>", "five fields, or six with seconds first")
    .option("--every <interval>", "instead of --cron: 30s, 15m, 2h, 1d", interval)
    .option("--timezone <name>", "IANA name for --cron, like Europe/Amsterdam (default: UTC)")
    .addOption(new Option("--overlap <policy>", "a tick while its predecessor's job still runs (default: skip)").choices(["skip", "queue"]))
    .requiredOption("--operation <name>", "the job's operation: see docs/operations.md")
    .requiredOption("--account <id>", "the job's account", accountId)
    .requiredOption("--input <json>", "the job's input, as JSON")
    .addOption(new Option("--priority <priority>", "default: normal").choices(Object.keys(PRIORITIES)))
    .addOption(
      new Option("--on-unknown <what>", "when nobody knows whether a call had its effect").choices(["report", "rerun", "reconcile"]),
    )
    .option("--campaign <id>", "the campaign that the jobs belong to")
    .option("--recipient <id>", "the recipient that the jobs are for")
    .action(reporting(io, (id: string, options: PutOptions) => put(io, id, options)));

  addCommand(group, "list", {
    summary: "List schedules with their next times",
    examples: [["schedule list", "problems are counted; schedule show tells them"]],
  }).action(reporting(io, () => withEngine(io, list)));

  addCommand(group, "show", {
    summary: "Show one schedule and what became of its ticks",
    examples: [["schedule show mornings", "skipped and missed ticks, and what is wrong"]],
  })
    .argument("<id>", "the schedule's id", scheduleId)
    .action(reporting(io, (id: string) => withEngine(io, async (engine) => scheduleReport(await readKnown(engine, id), ""))));

  addCommand(group, "next", {
    summary: "Show the next ten times of a schedule",
    examples: [["schedule next mornings", "in UTC"]],
  })
    .argument("<id>", "the schedule's id", scheduleId)
    .action(reporting(io, (id: string) => withEngine(io, async (engine) => nextReport(await readKnown(engine, id)))));

  const change = (
    id: string,
    act: (engine: Engine) => Promise<"changed" | "unchanged" | null>,
    said: Record<"changed" | "unchanged", string>,
  ) =>
    withEngine(
      io,
      async (engine) => {
        const result = await act(engine);
        return scheduleReport(await readKnown(engine, id), result === null ? "" : said[result], result ?? undefined);
      },
      WRITES,
    );

  addCommand(group, "pause", {
    summary: "Pause a schedule: no tick adds a job until it is resumed",
    examples: [["schedule pause mornings", "jobs that it added stay"]],
  })
    .argument("<id>", "the schedule's id", scheduleId)
    .action(
      reporting(io, (id: string) =>
        change(id, (engine) => engine.schedules.pause(id), {
          changed: `Schedule ${id} is paused.`,
          unchanged: `Schedule ${id} was paused before.`,
        }),
      ),
    );

  addCommand(group, "resume", {
    summary: "Let a paused schedule tick again, from its next time on",
    examples: [["schedule resume mornings", "what was due meanwhile is not caught up"]],
  })
    .argument("<id>", "the schedule's id", scheduleId)
    .action(
      reporting(io, (id: string) =>
        change(id, (engine) => engine.schedules.resume(id), {
          changed: `Schedule ${id} ticks again.`,
          unchanged: `Schedule ${id} is not paused.`,
        }),
      ),
    );

  addCommand(group, "run", {
    summary: "Add the job of a schedule now, beside its ticks",
    details: "Paused or not. Unless its overlap is queue, not while the job of the one before has no outcome.",
    examples: [["schedule run mornings", "one job now; its ticks stay as they are"]],
  })
    .argument("<id>", "the schedule's id", scheduleId)
    .action(reporting(io, (id: string) => withEngine(io, (engine) => run(engine, id), { accepts: true })));

  addCommand(group, "remove", {
    summary: "End a schedule; jobs that it added stay",
    examples: [["schedule remove mornings", "its next tick never comes"]],
  })
    .argument("<id>", "the schedule's id", scheduleId)
    .action(
      reporting(io, (id: string) =>
        withEngine(
          io,
          async (engine) => {
            await readKnown(engine, id);
            await engine.schedules.remove(id);
            return sentence(`Schedule ${id} is removed; jobs that it added stay.`, { id, removed: true });
          },
          WRITES,
        ),
      ),
    );
}
