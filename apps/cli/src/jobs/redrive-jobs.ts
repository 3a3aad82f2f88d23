/** Re-driving from the command line: one job by its id, or many by code and campaign, and the report on it. */
import { LinkupError, type OutcomeCode } from "@linkup-queue/contracts";
import type { Engine, RedriveManyAnswer, RedrivePlace } from "@linkup-queue/queue";
import { UsageError } from "../terminal/console-io.ts";
import type { Report } from "../terminal/report.ts";
import { findJob, type WhichQueue } from "./find-job.ts";

export type RedriveOptions = WhichQueue & {
  code?: OutcomeCode;
  campaign?: string;
  limit: number;
  maySendTwice: boolean;
  evenIfHappened?: boolean;
};

/** Jobs of one answer of the engine's. */
const PAGE = 500;

async function redriveOne(
  { jobs }: Engine,
  id: string,
  { queue: which, maySendTwice, evenIfHappened = false }: RedriveOptions,
): Promise<Report> {
  const { view } = await findJob(jobs.views, id, which === undefined ? {} : { queue: which });
  const answer = await jobs.redrives.redrive(view.queue, id, { maySendTwice, evenIfHappened });
  if (answer.kind === "refused") throw new LinkupError(answer.why === "not_found" ? "not_found" : "conflict", answer.message);
  const { queue, jobId, of, duplicate } = answer;
  const said = duplicate ? `Job ${of} was re-driven before, as ${jobId}; nothing was added.` : `Job ${of} is done again as ${jobId}.`;
  return { json: { queue, jobId, redriveOf: of, duplicate }, sections: [{ kind: "line", text: said }] };
}

async function redriveMany({ jobs }: Engine, { code, campaign, queue, limit, maySendTwice }: RedriveOptions): Promise<Report> {
  const total = { redriven: 0, already: 0, refused: 0, more: true };
  const reasons: Record<string, number> = {};
  let place: RedrivePlace | undefined;
  while (total.more && total.redriven < limit) {
    const request = { code, campaignId: campaign, queue, limit: Math.min(PAGE, limit - total.redriven), place, maySendTwice };
    const answer: RedriveManyAnswer = await jobs.redrives.redriveMany(request);
    total.redriven += answer.redriven;
    total.already += answer.already;
    total.refused += answer.refused;
    for (const [why, count] of Object.entries(answer.reasons)) reasons[why] = (reasons[why] ?? 0) + count;
    total.more = answer.more;
    place = answer.next ?? undefined;
  }
  return {
    json: { ...total, reasons },
    sections: [
      {
        kind: "facts",
        rows: [
          ["re-driven", total.redriven],
          ["re-driven before", total.already],
          ["refused", total.refused],
          ...Object.entries(reasons).map(([why, count]): [string, number] => [`refused: ${why}`, count]),
        ],
      },
      ...(total.more ? [{ kind: "line" as const, text: "There may be more: raise --limit", terminalOnly: true as const }] : []),
    ],
  };
}

/** Does what the options name. Throws UsageError when they name nothing or both; LinkupError `not_found`, `conflict`. */
export async function redrive(engine: Engine, id: string | undefined, options: RedriveOptions): Promise<Report> {
  const many = options.code !== undefined || options.campaign !== undefined;
  if (id !== undefined && many) throw new UsageError("Name one job by its id, or many by --code and --campaign, not both");
  if (id === undefined && !many) throw new UsageError("Say which: a job's id, --code or --campaign");
  if (many && options.evenIfHappened === true) throw new UsageError("--even-if-happened is for one job by its id");
  return id === undefined ? await redriveMany(engine, options) : await redriveOne(engine, id, options);
}
