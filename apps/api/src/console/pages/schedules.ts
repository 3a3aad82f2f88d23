/** Schedules: when each ticks next, in its own zone, what came of the last tick, and what was skipped or missed. */
import type { Schedule } from "@linkup-queue/queue";
import { ScheduleId } from "@linkup-queue/queue";
import { fromCursor, toCursor } from "../../http/page.ts";
import { actionForm } from "../frame/actions.ts";
import type { ConsolePage, PageTable, Viewer } from "../frame/console-page.ts";
import { counted, type Html, html, moment, numberText } from "../frame/html.ts";
import { codeText } from "../frame/outcome-words.ts";
import { tableLink } from "../frame/table-link.ts";
import { stateBadge } from "../frame/words.ts";
import { jobPath } from "./job-rows.ts";

const SHOWN = 50;
const NEXT_SHOWN = 3;

const SCHEDULE_FILE: PageTable = {
  file: "schedules",
  head: [
    "schedule",
    "operation",
    "account",
    "cron",
    "every ms",
    "timezone",
    "overlap",
    "paused",
    "next",
    "last tick",
    "its job",
    "its status",
    "its code",
    "skipped",
    "missed",
    "problems",
  ],
  pages: async function* ({ context: { engine } }) {
    for (let afterId: string | undefined; ; ) {
      const { schedules, next } = await engine.schedules.list({ afterId, limit: SHOWN });
      yield schedules.map(({ id, job, cron, everyMs, timezone, overlap, pausedAt, lastTickAt, lastJob: its, ...one }) => [
        id,
        job.operation,
        job.accountId,
        cron,
        everyMs,
        timezone,
        overlap,
        pausedAt,
        pausedAt === null ? (one.next[0] ?? null) : null,
        lastTickAt,
        its?.jobId ?? null,
        its?.status ?? null,
        its?.code ?? null,
        one.skipped.count,
        one.missed.count,
        one.problems.join(" "),
      ]);
      if (next === null) return;
      afterId = next;
    }
  },
};

export const SCHEDULES_PAGE: ConsolePage = {
  path: "/console/schedules",
  title: "Schedules",
  // As of GET /v1/schedules.
  role: "producer",
  menu: "Schedules",
  follows: null,
  table: SCHEDULE_FILE,
  render: async ({ context, query, viewer, here }) => {
    const afterId = fromCursor(query["after"], ScheduleId, "after");
    const { schedules, next } = await context.engine.schedules.list({ afterId, limit: SHOWN });
    return html`<h1>Schedules</h1>
${schedules.length === 0 ? html`<p>There is none${afterId === undefined ? "" : " any more"}. PUT /v1/schedules/{id} or <code>linkup schedule put</code> makes one.</p>` : null}
<ul class="rows">${schedules.map((one) => row(one, { viewer, back: here }))}</ul>
${schedules.length === 0 ? null : tableLink("/console/schedules")}
${next === null ? null : html`<p><a href="/console/schedules?after=${toCursor(next)}">More</a></p>`}`;
  },
};

function row(schedule: Schedule, of: { viewer: Viewer; back: string }): Html {
  const { id, job, problems, lastTickAt, skipped, missed, pausedAt } = schedule;
  const { operation, accountId } = job;
  return html`<li><div><b>${id}</b> ${pausedAt === null ? null : html`${stateBadge("paused", "calm")} since ${moment(pausedAt)} `}${
    problems.length > 0 ? stateBadge("wants looking at", "bad") : pausedAt === null ? stateBadge("ticks", "good") : null
  }</div>
<p>${operation} by <a href="/console/accounts/${accountId}">${accountId}</a>, ${ruleText(schedule)}</p>
${problems.map((problem) => html`<p class="problem">${problem}</p>`)}
<dl class="facts"><div><dt>next</dt><dd>${nextTimes(schedule)}</dd></div>
<div><dt>last tick</dt><dd>${moment(lastTickAt, "none yet")}</dd></div><div><dt>its job</dt><dd>${lastJob(schedule)}</dd></div>
<div><dt>skipped</dt><dd>${told(skipped)}</dd></div><div><dt>missed</dt><dd>${told(missed)}</dd></div></dl>
<div class="buttons">${buttons(schedule, of)}</div></li>`;
}

function buttons({ id, pausedAt }: Schedule, { viewer, back }: { viewer: Viewer; back: string }): Html {
  const form = { fields: { id }, back, csrf: viewer.csrf };
  const [action, label] = pausedAt === null ? (["pause-schedule", "Pause"] as const) : (["resume-schedule", "Resume"] as const);
  return html`${viewer.may(action) ? actionForm({ action, label, ...form }) : null}
${viewer.may("run-schedule") ? html`<a class="button" href="/console/schedules/${id}/run">Run now</a>` : null}`;
}

/** The rule as it was put; an interval in the largest unit that fits. */
function ruleText({ cron, everyMs, timezone, overlap }: Schedule): Html {
  const late = overlap === "skip" ? "skipped while the one before has no outcome" : "also while the one before has no outcome";
  if (everyMs === null) return html`<code>${cron}</code> in ${timezone ?? "UTC"}, ${late}`;
  const [unit, ms] = (
    [
      ["day", 86_400_000],
      ["hour", 3_600_000],
      ["minute", 60_000],
      ["second", 1_000],
    ] as const
  ).find(([, size]) => everyMs % size === 0) ?? ["ms", 1];
  return html`every ${counted(everyMs / ms, unit, unit === "ms" ? unit : `${unit}s`)}, ${late}`;
}

/** In the schedule's own zone: the viewer's is another one. */
function nextTimes({ next, timezone, pausedAt }: Schedule): Html {
  if (pausedAt !== null) return html`none while it is paused`;
  const timeZone = timezone ?? "UTC";
  const zone = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  return html`${next.slice(0, NEXT_SHOWN).map((at, index) => html`${index === 0 ? null : "; "}${zone.format(new Date(at))}`)} (${timeZone})`;
}

function lastJob({ lastJob: job }: Schedule): Html {
  if (job === null) return html`none yet`;
  return html`<a href="${jobPath(job)}">${job.status}</a>${job.code === null ? null : html`: ${codeText(job.code)}`}`;
}

function told({ count, lastAt }: Schedule["missed"]): Html {
  return count === 0 ? html`none` : html`${numberText(count)}, the last ${moment(lastAt)}`;
}
