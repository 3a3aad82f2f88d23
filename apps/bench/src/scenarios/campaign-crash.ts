/**
 * 12. Campaigns under kill -9 of api, worker and feeder, at random points of upload, feeding and publishing. Every recipient's outcome is
 * asked of four places, and held against each other by outcome ids: export, archive, webhooks, results queue.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acquirePostgres } from "@linkup-queue/testkit";
import { type Evidence, PLACES, type Place } from "../measure/campaign-evidence.ts";
import { NOTHING, type Row } from "../measure/row.ts";
import { type Backend, type Crashed, type CrashSize, measureCrash } from "./crash-run.ts";
import type { Scenario } from "./scenario.ts";

const SCENARIO = "12 crash";
/** 25 kills for each kind of archive. */
const HALF: CrashSize = { campaigns: 5, recipients: 300, uploadKills: 2, workerKills: 15 };

export const campaignCrash: Scenario = async ({ say }) => {
  const backends = [await sqlite(), await postgres()].filter((backend) => backend !== null);
  // Without PostgreSQL the file takes all of the kills.
  const each = backends.length > 1 ? HALF : { ...HALF, campaigns: HALF.campaigns * 2, workerKills: HALF.workerKills * 2 };
  const runs: Crashed[] = [];
  for (const [number, backend] of backends.entries()) {
    say(`${each.campaigns * each.uploadKills + each.workerKills} kills, the archive is ${backend.name}`);
    runs.push(await measureCrash(each, { backend, seed: number }).finally(backend.close));
  }
  return rowsOf(runs);
};

function rowsOf(runs: readonly Crashed[]): Row[] {
  const sum = (of: (run: Crashed) => number): number => runs.reduce((total, run) => total + of(run), 0);
  const victims = (["api", "worker", "feeder"] as const).map((victim) => `${sum(({ kills }) => kills[victim])} of the ${victim}`);
  const kills = sum((run) => run.kills.api + run.kills.worker + run.kills.feeder);
  const row = (figure: string, target: string, cells: { ours: string; met: boolean | null }): Row => ({
    scenario: SCENARIO,
    figure,
    target,
    plain: NOTHING,
    ...cells,
  });
  const inPlaces = (of: (evidence: Evidence) => Record<Place, number>) => PLACES.map((place) => sum(({ evidence }) => of(evidence)[place]));
  const missing = inPlaces((evidence) => evidence.missing);
  const twice = inPlaces((evidence) => evidence.twice);
  const without = sum(({ evidence }) => evidence.without);
  const withMore = sum(({ evidence }) => evidence.withMore);
  const ended = runs.every((run) => run.ended);
  const sentTwice = sum((run) => run.sentTwice);
  return [
    row(`${sum(({ evidence }) => evidence.recipients)} recipients, ${kills} kills: sent twice`, "0", {
      ours: `${sentTwice} (kills: ${victims.join(", ")}; ${sum((run) => run.uploadsCut)} uploads cut)`,
      met: sentTwice === 0,
    }),
    row("recipients without an outcome id / with more than one", "0 / 0", {
      ours: `${without} / ${withMore}${ended ? "" : "; not all campaigns ended"}`,
      met: ended && without === 0 && withMore === 0,
    }),
    row(`ids missing in ${PLACES.join(" / ")} (archives: ${runs.map(({ backend }) => backend).join(", ")})`, "0 / 0 / 0 / 0", {
      ours: missing.join(" / "),
      met: missing.every((count) => count === 0),
    }),
    row("ids twice in export / archive", "0 / 0", {
      ours: `${twice[0]} / ${twice[1]} (delivered again: ${twice[2]} by webhooks, ${twice[3]} on results)`,
      met: twice[0] === 0 && twice[1] === 0,
    }),
    row("outcomes unknown", "only where marked left", { ours: `${sum((run) => run.unknown)}`, met: null }),
    row("every place has everything, after the last restart", NOTHING, {
      ours: runs.map(({ doneAfterMs }) => `${(doneAfterMs / 1000).toFixed(1)} s`).join(", "),
      met: null,
    }),
  ];
}

/** A file for the time of a run. */
export async function sqlite(): Promise<Backend> {
  const folder = await mkdtemp(join(tmpdir(), "linkup-bench-"));
  const path = join(folder, "archive.db");
  return { name: "SQLite", address: { kind: "sqlite", path }, url: `sqlite:${path}`, close: () => rm(folder, { recursive: true }) };
}

async function postgres(): Promise<Backend | null> {
  const server = await acquirePostgres();
  if (server === null) return null;
  return { name: "PostgreSQL", address: { kind: "postgres", url: server.url }, url: server.url, close: () => server.stop() };
}
