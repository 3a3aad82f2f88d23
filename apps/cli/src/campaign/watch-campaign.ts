/** Follows a campaign to its end: a bar at a terminal, lines in a pipe. It reads only; Ctrl-C ends the watching and nothing else. */
import { setTimeout as sleep } from "node:timers/promises";
import { type CampaignView, campaignView, type Engine, type Load } from "@linkup-queue/queue";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { EXIT } from "../terminal/exit-codes.ts";
import { Progress, type ProgressState } from "../terminal/progress.ts";
import type { Report } from "../terminal/report.ts";
import { findCampaign } from "./find-campaign.ts";

const LOOK_EVERY_MS = 500;
/** The system's load is read less often: it takes some ten times as many reads. */
const LOAD_EVERY_MS = 5_000;
/** Counts change with every look; a line in a pipe comes this often, and at once for another state. */
const LINE_EVERY_MS = 5_000;

const HEAD = ["at", "state", "with an outcome", "recipients", "per minute", "done about"].join("\t");

/** The bar's facts: recipients that have their outcome, and when the rest will at today's load. */
export function watchProgress(view: CampaignView, nowMs: number): ProgressState {
  const { state, why, stalled, recipients, ratePerMinute, estimate } = view;
  const share = recipients.accepted === 0 ? 0 : Math.min(1, recipients.ended / recipients.accepted);
  const reasons = [...(why === "" ? [] : [why]), ...(stalled ? ["stalled"] : [])].join(", ");
  const counts = `${recipients.ended} of ${recipients.accepted}, ${ratePerMinute}/min`;
  const moves = state === "running" && estimate.finishAt !== null;
  return {
    share,
    said: `${state}${reasons === "" ? "" : ` (${reasons})`}  ${counts}`,
    leftMs: moves ? Math.max(0, Date.parse(estimate.finishAt ?? "") - nowMs) : null,
  };
}

function lineOf({ state, recipients, ratePerMinute, estimate }: CampaignView): string {
  return [new Date().toISOString(), state, recipients.ended, recipients.accepted, ratePerMinute, estimate.finishAt ?? ""].join("\t");
}

/** The lines of a pipe, no more of them than somebody will read. */
class Lines {
  readonly #print: (line: string) => void;
  #printedMs = Number.NEGATIVE_INFINITY;
  #counts = "";
  #state = "";

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  show(view: CampaignView): void {
    const nowMs = performance.now();
    const counts = `${view.recipients.ended}/${view.recipients.accepted}`;
    const isDue = counts !== this.#counts && nowMs - this.#printedMs >= LINE_EVERY_MS;
    if (view.state === this.#state && !isDue) return;
    if (this.#state === "") this.#print(HEAD);
    this.#print(lineOf(view));
    this.#printedMs = nowMs;
    this.#counts = counts;
    this.#state = view.state;
  }
}

/** Watches until the campaign has ended or is cancelled, or Ctrl-C. Throws LinkupError `not_found`. */
export async function watchCampaign(io: ConsoleIo, engine: Engine, { id, json }: { id: string; json: boolean }): Promise<Report> {
  const stopping = new AbortController();
  const stop = () => stopping.abort();
  const progress = new Progress(io.stderr);
  const hasBar = io.stderr.isTTY === true && io.stdout.isTTY === true;
  const lines = new Lines(json || hasBar ? () => undefined : (line) => void io.stdout.write(`${line}\n`));
  let load: Load | null = null;
  let loadedMs = 0;
  process.on("SIGINT", stop);
  try {
    for (;;) {
      const campaign = await findCampaign(engine, id);
      const nowMs = performance.now();
      if (load === null || nowMs - loadedMs >= LOAD_EVERY_MS) {
        load = await engine.load([campaign]);
        loadedMs = nowMs;
      }
      const view = campaignView(campaign, { ...load, nowMs: load.nowMs + (nowMs - loadedMs) });
      progress.show(watchProgress(view, load.nowMs + (nowMs - loadedMs)));
      lines.show(view);
      const isOver = view.state === "ended" || view.state === "cancelled";
      if (isOver || stopping.signal.aborted) return watchReport(view, isOver);
      await sleep(LOOK_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  } finally {
    process.off("SIGINT", stop);
    progress.end();
  }
}

function watchReport(view: CampaignView, isOver: boolean): Report {
  const { campaignId, state, byStatus, recipients, credits } = view;
  const statuses = Object.entries(byStatus).map(([status, count]) => `${count} ${status}`);
  const counts = statuses.length === 0 ? "no outcomes" : statuses.join(", ");
  const unsent = recipients.unsent > 0 ? `, ${recipients.unsent} not put into a queue` : "";
  const said = isOver ? `Campaign ${campaignId} is ${state}` : `Stopped watching; campaign ${campaignId} is ${state} and goes on as it is`;
  return {
    json: view,
    sections: [
      { kind: "line", text: `${said}: ${counts}${unsent}; ${credits.charged} credits charged, ${credits.uncertain} uncertain.` },
      { kind: "line", text: `More: linkup campaign status ${campaignId}`, terminalOnly: true },
    ],
    exitCode: isOver ? EXIT.done.code : EXIT.interrupted.code,
  };
}
