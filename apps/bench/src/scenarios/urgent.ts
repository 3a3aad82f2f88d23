/**
 * 2. Urgent work: how long an urgent job takes from `queue.add` to LinkUp while bulk work fills the window, with short calls and with calls
 * of 10 s (scaled: as much of the window).
 */
import { setTimeout as sleep } from "node:timers/promises";
import { PRIORITIES } from "@linkup-queue/contracts";
import { accountIds, mixedJobs, newJob, personOf, QUEUES } from "../load/jobs.ts";
import { millis, percent, type Row } from "../measure/row.ts";
import type { Scale } from "../measure/scale.ts";
import { percentile } from "../measure/statistics.ts";
import type { System } from "../peers/system.ts";
import { allOf, giveTokens, type Scenario, withSystem } from "./scenario.ts";

const SCENARIO = "2 urgent";
const BULK_JOBS = 10_000;
const BULK_ACCOUNTS = accountIds("bulk", 64);
/** More than urgent jobs are sent during one long call, so that the next job's account has no call in flight. */
const URGENT_ACCOUNTS = accountIds("urgent", 40);
const TARGET_MS = 150;
const MOST_MS = 400;
/** Until the run ends, for those that were not sent yet. */
const GRACE_MS = 3_000;

type Measured = { waitsMs: number[]; sent: number; share: number };

export const urgent: Scenario = async ({ scale, say }) => {
  const rows: Row[] = [];
  // 0.3 s and 10 s of a window of 60 s, or as much of a shorter one.
  for (const latencyMs of [scale.windowMs / 200, scale.longCallMs]) {
    const name = `calls of ${millis(latencyMs)}`;
    say(`10,000 bulk jobs fill the window, ${name}`);
    const measured = await allOf(["ours", "plain", "by-hand"] as const, (kind) =>
      withSystem(
        // As in the first scenario: what was refused does not count against the next, for the sake of the peer.
        { kind, limit: scale.limit, windowMs: scale.windowMs, workers: 2, scenario: { latencyMs, refusedOccupy: false } },
        (system) => measure(system, scale),
      ),
    );
    const { ours } = measured;
    rows.push({
      scenario: SCENARIO,
      figure: `queue.add to arrival, ${name}: p50 / p99 / max`,
      target: `p99 <= ${millis(TARGET_MS)}, max <= ${millis(MOST_MS)}`,
      ours: inWords(ours),
      plain: inWords(measured.plain),
      byHand: inWords(measured["by-hand"]),
      met: ours.waitsMs.length === ours.sent && percentile(ours.waitsMs, 0.99) <= TARGET_MS && percentile(ours.waitsMs, 1) <= MOST_MS,
    });
  }
  return rows;
};

function inWords({ waitsMs, sent, share }: Measured): string {
  const waits = [0.5, 0.99, 1].map((rank) => millis(percentile(waitsMs, rank))).join(" / ");
  const late = waitsMs.length < sent ? `; ${sent - waitsMs.length} never in the run` : "";
  return `${waits} of ${waitsMs.length}${late}; window ${percent(share, 0)} used`;
}

async function measure(system: System, { limit, windowMs, full }: Scale): Promise<Measured> {
  await giveTokens(system, [...BULK_ACCOUNTS, ...URGENT_ACCOUNTS]);
  await system.add(mixedJobs(BULK_ACCOUNTS, BULK_JOBS, { label: "bulk", opts: { priority: PRIORITIES.bulk } }));
  await sleep(windowMs * 1.5);
  const measuredFromMs = Date.now();
  const addedAtMs = new Map<string, number>();
  // A fifth of the limit is urgent: bulk work has to give way all the time.
  const meanPauseMs = full ? 1_000 : 500;
  const count = Math.round((windowMs * (full ? 2.5 : 6)) / meanPauseMs);
  for (let index = 0; index < count; index++) {
    await sleep(Math.random() * 2 * meanPauseMs);
    const person = `urgent-${index}`;
    const queue = QUEUES[index % QUEUES.length] ?? "messages";
    const account = URGENT_ACCOUNTS[index % URGENT_ACCOUNTS.length] ?? "";
    addedAtMs.set(person, Date.now());
    await system.add([newJob(queue, account, { person, opts: { priority: PRIORITIES.urgent } })]);
  }
  const measuredToMs = Date.now();
  // Who has not left by now has waited a whole window.
  await sleep(Math.max(windowMs, GRACE_MS));
  const lines = await system.sandbox.journal();
  const waitsMs = lines.flatMap((line) => {
    const person = personOf(line.target);
    const added = addedAtMs.get(person);
    addedAtMs.delete(person);
    return added === undefined ? [] : [Math.max(0, line.atMs - added)];
  });
  const during = lines.filter((line) => line.status !== 429 && line.atMs >= measuredFromMs && line.atMs < measuredToMs).length;
  return { waitsMs, sent: count, share: (during * windowMs) / (limit * (measuredToMs - measuredFromMs)) };
}
