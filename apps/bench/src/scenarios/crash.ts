/** 4. Crash: kill -9 of a worker in mid-call, ten times over 300 sends. BullMQ's defaults, and BullMQ by hand, for comparison. */
import type { SpawnedProcess } from "@linkup-queue/testkit";
import { accountIds, newJob, personOf } from "../load/jobs.ts";
import { millis, NOTHING, type Row } from "../measure/row.ts";
import type { System, SystemOptions } from "../peers/system.ts";
import { allOf, giveTokens, type Scenario, until, withSystem } from "./scenario.ts";

const SCENARIO = "4 crash";
const SENDS = 300;
const KILLS = 10;
const ACCOUNTS = accountIds("acc", 30);
const TIMEOUT_MS = 3_000;
/** The longest call, and how far behind the last restart everything is to be done. */
const DONE_WITHIN_MS = TIMEOUT_MS + 15_000;
const GIVE_UP_MS = 150_000;

const KINDS = ["ours", "plain", "by-hand"] as const;
type Kind = (typeof KINDS)[number];
type Crashed = {
  repeated: number;
  missing: number;
  twice: number;
  unknown: number;
  /** Of the unknown, those that the provider never saw: killed between the mark and the first byte. */
  unknownUnseen: number;
  failed: number;
  doneAfterMs: number;
  kills: number;
};

export const crash: Scenario = async ({ say }) => {
  say(`kill -9 ${KILLS} times over ${SENDS} sends`);
  const { ours, plain, "by-hand": byHand } = await allOf(KINDS, (kind) => withSystem(systemOf(kind), (system) => run(system, say)));
  const row = (figure: string, target: string, cells: Pick<Row, "ours" | "plain" | "byHand" | "met">): Row => ({
    scenario: SCENARIO,
    figure,
    target,
    ...cells,
  });
  return [
    row(`${SENDS} sends, ${KILLS} kills: sent twice`, "0", {
      ours: `${ours.repeated} (${ours.kills} kills)`,
      plain: `${plain.repeated} (${plain.kills} kills)`,
      byHand: `${byHand.repeated} (${byHand.kills} kills)`,
      met: ours.repeated === 0 && ours.kills === KILLS,
    }),
    row("jobs without an outcome / with two", "0 / 0", {
      ours: `${ours.missing} / ${ours.twice}`,
      plain: `${plain.missing} / ${plain.twice}`,
      byHand: `${byHand.missing} / ${byHand.twice}`,
      met: ours.missing === 0 && ours.twice === 0,
    }),
    row("outcomes unknown (of them never seen by the provider)", "only where marked left", {
      ours: `${ours.unknown} (${ours.unknownUnseen})`,
      plain: `${NOTHING} (${plain.failed} failed)`,
      byHand: `${byHand.unknown} (${byHand.unknownUnseen}), ${byHand.failed} failed`,
      met: null,
    }),
    row("everything done, after the last restart", `<= ${millis(DONE_WITHIN_MS)}`, {
      ours: millis(ours.doneAfterMs),
      plain: doneAfter(plain),
      byHand: doneAfter(byHand),
      met: ours.doneAfterMs <= DONE_WITHIN_MS,
    }),
  ];
};

function doneAfter({ doneAfterMs }: Crashed): string {
  return Number.isNaN(doneAfterMs) ? `not within ${millis(GIVE_UP_MS)}` : millis(doneAfterMs);
}

function systemOf(kind: Kind): SystemOptions {
  return {
    kind,
    limit: 120,
    windowMs: 6_000,
    providerLimit: null,
    workers: 0,
    scenario: { latencyMs: { min: 200, max: 600 } },
    env: { LINKUP_TIMEOUT_MS: String(TIMEOUT_MS) },
    plain: { concurrency: 15 },
  };
}

async function run(system: System, say: (text: string) => void): Promise<Crashed> {
  await giveTokens(system, ACCOUNTS);
  const workers: SpawnedProcess[] = [await system.startWorker(), await system.startWorker()];
  const jobs = Array.from({ length: SENDS }, (_, index) =>
    newJob("messages", ACCOUNTS[index % ACCOUNTS.length] ?? "", { person: `person-${index}` }),
  );
  await system.add(jobs);
  let kills = 0;
  for (; kills < KILLS; kills++) {
    const victim = kills % workers.length;
    // In mid-call: with calls of some hundred milliseconds and thirty accounts there are always some that are out.
    const due = ((kills + 0.5) * SENDS) / (KILLS + 0.5);
    const came = await until(async () => (await system.sandbox.summary()).requests >= due, { withinMs: GIVE_UP_MS, everyMs: 10 });
    if (!came) break;
    await workers[victim]?.kill("SIGKILL");
    workers[victim] = await system.startWorker();
  }
  const restartedMs = Date.now();
  say(`${system.kind}: killed ${kills} times, waiting for the rest`);
  const done = await until(() => distinct(system) >= SENDS, { withinMs: GIVE_UP_MS });
  const lastMs = system.outcomes.reduce((last, outcome) => Math.max(last, outcome.atMs), 0);
  return { ...(await countOutcomes(system)), doneAfterMs: done ? Math.max(0, lastMs - restartedMs) : Number.NaN, kills };
}

function distinct(system: System): number {
  return new Set(system.outcomes.map((outcome) => outcome.jobId)).size;
}

async function countOutcomes(system: System): Promise<Omit<Crashed, "doneAfterMs" | "kills">> {
  const { repeated } = await system.sandbox.summary();
  const seen = new Set((await system.sandbox.journal()).map((line) => personOf(line.target)));
  const unknown = system.outcomes.filter((outcome) => outcome.status === "unknown");
  // BullMQ numbers the jobs of one addBulk from 1 on, in order.
  const unseen = unknown.filter((outcome) => !seen.has(`person-${Number(outcome.jobId) - 1}`));
  return {
    repeated,
    missing: SENDS - distinct(system),
    twice: system.outcomes.length - distinct(system),
    unknown: unknown.length,
    unknownUnseen: unseen.length,
    failed: system.outcomes.filter((outcome) => outcome.status === "failed").length,
  };
}
