/** Starts, pauses, resumes and cancels a campaign: one write each, whatever its size. Asks before a change that costs credits or can't be undone. */
import { type Issue, LinkupError } from "@linkup-queue/contracts";
import {
  type Campaign,
  type CampaignAction,
  campaignView,
  type Engine,
  type EstimateView,
  estimateView,
  missingForStart,
  type Sample,
  type StartOptions,
} from "@linkup-queue/queue";
import { WRITES, withEngine } from "../engine/with-engine.ts";
import { askWhetherToGoOn } from "../terminal/ask.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { EXIT } from "../terminal/exit-codes.ts";
import { inZone } from "../terminal/local-times.ts";
import { paintFor, printReport } from "../terminal/print-report.ts";
import type { Report, Section } from "../terminal/report.ts";
import { campaignReport, doubtLines, estimateReport, samplesTable } from "./campaign-report.ts";
import { findCampaign } from "./find-campaign.ts";

export type StartRequest = { yes?: true; dryRun?: true; first?: number; allowDoubtfulText?: true };

const SAID: Readonly<Record<string, string>> = {
  draft: "is a draft",
  scheduled: "is scheduled",
  running: "is running",
  paused: "is paused; calls that are out are finished and counted",
  ended: "has ended: all its recipients have their outcome",
  cancelled: "is cancelled; what was not put into a queue is never sent",
};

type Change = StartOptions & { id: string; event: CampaignAction };

/** Makes the change and tells what the campaign is now. */
async function change(engine: Engine, { id, event, ...options }: Change): Promise<Report> {
  const campaign = await engine.campaigns.change(id, event, options);
  const load = await engine.load([campaign]);
  return campaignReport(campaignView(campaign, load), load, `Campaign ${id} ${SAID[campaign.state] ?? campaign.state}.`);
}

async function goOn(io: ConsoleIo, question: string): Promise<void> {
  if (!(await askWhetherToGoOn(io, question))) throw new LinkupError("interrupted", "Nothing was changed");
}

/** Pauses or resumes. Throws LinkupError `not_found`, or `conflict` where its state or how it was started does not allow it. */
export async function pauseOrResume(engine: Engine, request: { id: string; event: "pause" | "resume"; first?: number }): Promise<Report> {
  await findCampaign(engine, request.id);
  return await change(engine, request);
}

/** Cancels, after a question at a terminal. */
export async function cancelCampaign(io: ConsoleIo, id: string, { yes }: { yes?: true }): Promise<Report> {
  const work = async (engine: Engine) => {
    const { state, recipients } = await findCampaign(engine, id);
    const question = `Cancel campaign ${id} for good? ${recipients.unsent} recipients that are not in a queue yet are never sent to.`;
    if (yes !== true && state !== "cancelled" && state !== "ended") await goOn(io, question);
    return await change(engine, { id, event: "cancel" });
  };
  return withEngine(io, work, WRITES);
}

/** Starts a draft, after a question with the estimate at a terminal; with dryRun it only tells what the start would come to. */
export async function startCampaign(io: ConsoleIo, id: string, { yes, dryRun, first, allowDoubtfulText }: StartRequest): Promise<Report> {
  const work = async (engine: Engine): Promise<Report> => {
    const campaign = await findCampaign(engine, id);
    const load = await engine.load([campaign]);
    const started = first === undefined ? campaign : { ...campaign, first, firstLeft: first };
    const missing = missingForStart(campaign, load);
    if (dryRun === true) {
      const { estimate, ...preview } = await engine.preview(started, load);
      return dryReport(campaign, { estimate: estimateView(estimate), missing, ...preview, isAllowed: allowDoubtfulText === true });
    }
    if (campaign.state === "draft") {
      if (missing.length > 0) throw new LinkupError("conflict", missingText(missing));
      const mayAsk = yes !== true && io.stdin.isTTY === true;
      const preview = mayAsk ? await engine.preview(started, load) : null;
      // A refusal needs no question.
      if (preview !== null && (allowDoubtfulText === true || preview.doubts.length === 0)) {
        const estimate = estimateView(preview.estimate);
        showEstimate(io, campaign, { estimate, samples: preview.samples });
        const whom = first === undefined ? `for ${estimate.recipients}` : `with the first ${first} of ${estimate.recipients}`;
        const credits = estimate.creditsPerRecipient * Math.min(first ?? estimate.recipients, estimate.recipients);
        await goOn(io, `Start campaign ${id} ${whom} recipients, about ${credits} credits?`);
      }
    }
    return await change(engine, { id, event: "start", first, allowDoubtfulText });
  };
  return withEngine(io, work, { accepts: dryRun !== true });
}

function missingText(missing: readonly string[]): string {
  const [first = ""] = missing;
  const more = missing.length > 10 ? ` and ${missing.length - 10} more` : "";
  const named = `${missing.slice(0, 10).join(", ")}${more}`;
  return `There is no account ${named}. Add it with "linkup account add ${first}", or make the campaign with --handover`;
}

/** On stderr, where the question is: stdout is the answer's. */
function showEstimate(io: ConsoleIo, { id, definition }: Campaign, { estimate, samples }: Pick<DryRun, "estimate" | "samples">): void {
  const sections = [...estimateReport(id, estimate).sections, ...samplesTable(samples)];
  const named: Section = { kind: "facts", rows: [["name", definition.name]] };
  const report = inZone({ json: null, sections: [named, ...sections] }, io.timeZone);
  io.stderr.write(printReport(report, "terminal", paintFor(io.stderr)));
}

type DryRun = {
  estimate: EstimateView;
  missing: readonly string[];
  samples: readonly Sample[];
  doubts: readonly Issue[];
  /** Whether the doubts are to be passed over. */
  isAllowed: boolean;
};

function dryReport({ id, state, recipients }: Campaign, { estimate, missing, samples, doubts, isAllowed }: DryRun): Report {
  const isDraft = state === "draft";
  const ok = isDraft && missing.length === 0 && (isAllowed || doubts.length === 0);
  const problems: string[] = [];
  if (!isDraft) problems.push(`Campaign ${id} is ${state}; only a draft is started`);
  if (recipients.accepted === 0) problems.push("It has no recipients yet: started like this it ends at once, and goes on when some come");
  if (missing.length > 0) problems.push(missingText(missing));
  if (doubts.length > 0 && !isAllowed)
    problems.push("It would send what is probably not meant; --allow-doubtful-text starts it all the same");
  const report = estimateReport(id, estimate);
  return {
    json: { dryRun: true, ok, problems, samples, doubts, campaignId: id, ...estimate },
    sections: [
      { kind: "line", text: ok ? `Campaign ${id} would start; nothing was changed.` : `Campaign ${id} would not start.` },
      ...problems.map((text): Section => ({ kind: "line", text, tone: "warn" })),
      ...doubtLines(doubts),
      ...report.sections,
      ...samplesTable(samples),
    ],
    exitCode: ok ? EXIT.done.code : EXIT.conflict.code,
  };
}
