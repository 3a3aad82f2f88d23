/** 1. The rate window: never over the limit whatever the arrivals and the way in, and what is used of it when there is work. */
import { setTimeout as sleep } from "node:timers/promises";
import { PRIORITIES } from "@linkup-queue/contracts";
import { accountIds, mixedJobs, QUEUES } from "../load/jobs.ts";
import { type Limit, utilisation } from "../measure/rate-windows.ts";
import { millis, NOTHING, percent, type Row } from "../measure/row.ts";
import { FULL } from "../measure/scale.ts";
import type { System, SystemOptions } from "../peers/system.ts";
import { giveTokens, type Scenario, sideBySide, until, withSystem } from "./scenario.ts";

const SCENARIO = "1 window";
const ACCOUNTS = accountIds("acc", 90);
const BATCH = 250;

type Kind = "ours" | "plain";
export type Counted = { max: number; refused: number; requests: number };

export const window: Scenario = async ({ scale, say }) => {
  say("adversarial arrivals over a way in with jitter");
  const thirds = { ...systemOf("plain", scale, true), plain: { limit: Math.floor(scale.limit / QUEUES.length) } };
  const [both, ofThirds] = await Promise.all([
    sideBySide((kind) => withSystem(systemOf(kind, scale, true), (system) => attack(system, scale))),
    withSystem(thirds, (system) => attack(system, scale)),
  ]);
  const adversarial = { ...both, thirds: ofThirds };
  say("a steady backlog over a way in with jitter");
  const steady = await sideBySide((kind) => withSystem(systemOf(kind, scale, true), (system) => backlog(system, scale, 2)));
  say("a steady backlog, short calls: what is used of the limit");
  const used = await sideBySide((kind) => measureUse(kind, scale, scale.full ? 3 : 6));
  say("a steady backlog, long calls, by the answer and by the transit");
  const transitMs = scale.windowMs / 60;
  const long = [];
  for (const env of [{}, { LINKUP_TRANSIT_MS: String(transitMs) }]) {
    const slow = { ...systemOf("ours", scale, false), scenario: { latencyMs: scale.longCallMs, refusedOccupy: false }, env };
    long.push(await withSystem(slow, (system) => backlog(system, scale, scale.full ? 3 : 6)));
  }
  say(`a batch of ${BATCH} on an idle system`);
  const batch = await sideBySide((kind) => withSystem(systemOf(kind, FULL, false), batchLeaves));

  const limitText = `<= ${scale.limit}, no 429`;
  const counts = ({ max, refused, requests }: Counted) => `${max}; ${refused} 429s of ${requests}`;
  const kept = ({ max, refused }: Counted) => max <= scale.limit && refused === 0;
  const usedTarget = scale.full ? 0.98 : 0.96;
  const row = (figure: string, target: string, cells: Pick<Row, "ours" | "plain" | "met">): Row => ({
    scenario: SCENARIO,
    figure,
    target,
    ...cells,
  });
  return [
    row("most requests in any window, bursts at its edge, jitter", limitText, {
      ours: counts(adversarial.ours),
      plain: counts(adversarial.plain),
      met: kept(adversarial.ours),
    }),
    row("the same with a third of the limit for each queue of plain BullMQ", NOTHING, {
      ours: NOTHING,
      plain: counts(adversarial.thirds),
      met: null,
    }),
    row("most requests in any window, steady backlog, jitter", limitText, {
      ours: counts(steady.ours),
      plain: counts(steady.plain),
      met: kept(steady.ours),
    }),
    row("share of the limit that is used (accepted calls), short calls", `>= ${percent(usedTarget, 0)}`, {
      ours: `${percent(used.ours.used)}; ${used.ours.refused} 429s`,
      plain: `${percent(used.plain.used)}; ${used.plain.refused} 429s`,
      met: used.ours.used >= usedTarget && used.ours.refused === 0,
    }),
    ...long.map((one, at) =>
      row(
        `calls of ${millis(scale.longCallMs)}, ${at === 0 ? "by the answer" : `LINKUP_TRANSIT_MS=${transitMs}`}: used of the limit`,
        at === 0 ? NOTHING : scale.full ? ">= 97 %" : ">= 95 %",
        {
          ours: `${percent(one.used)}; ${one.refused} 429s`,
          plain: NOTHING,
          met: at === 0 ? null : one.refused === 0 && one.used >= (scale.full ? 0.97 : 0.95),
        },
      ),
    ),
    row(`a batch of ${BATCH} on an idle system has left (300 in 60 s)`, "<= 2 s", {
      ours: millis(batch.ours),
      plain: millis(batch.plain),
      met: batch.ours <= 2_000,
    }),
  ];
};

function systemOf(kind: Kind, { limit, windowMs }: Limit, jitter: boolean): SystemOptions {
  // Short of 1 % of the scaled window in the mean, connection and jitter included.
  const latencyMs = jitter ? { min: 10, max: windowMs / 30 } : { min: 10, max: 30 };
  return {
    kind,
    limit,
    windowMs,
    workers: 2,
    // A refused request does not count against the next: the milder reading, for the sake of the peer.
    scenario: { latencyMs, refusedOccupy: false },
    ...(jitter ? { jitterMs: { min: 0, max: windowMs / 20 } } : {}),
  };
}

/** The share of the limit that a backlog of short calls uses in `windows` whole windows, and the provider's count on the way. */
export function measureUse(kind: Kind, scale: Limit, windows: number): Promise<Counted & { used: number }> {
  return withSystem(systemOf(kind, scale, false), (system) => backlog(system, scale, windows));
}

export async function counted(system: System): Promise<Counted> {
  const { maxInWindow, refused429, requests } = await system.sandbox.summary();
  return { max: maxInWindow, refused: refused429, requests };
}

/** One request opens the window, then nothing, then a burst just before its end and another just after, twice over. */
async function attack(system: System, { limit, windowMs }: Limit): Promise<Counted> {
  await giveTokens(system, ACCOUNTS);
  const edgeMs = windowMs / 20;
  for (let round = 0; round < 2; round++) {
    await system.add(mixedJobs(ACCOUNTS, 3, { label: `opener-${round}` }));
    await sleep(windowMs - edgeMs);
    await system.add(mixedJobs(ACCOUNTS, limit, { label: `before-${round}` }));
    await sleep(2 * edgeMs);
    await system.add(mixedJobs(ACCOUNTS, limit, { label: `after-${round}` }));
    await sleep(windowMs * 1.2);
  }
  return await counted(system);
}

/** More work than the window takes, for a warm-up of a window and a half and then `windows` whole ones. */
export async function backlog(system: System, { limit, windowMs }: Limit, windows: number): Promise<Counted & { used: number }> {
  await giveTokens(system, ACCOUNTS);
  const warmUpMs = windowMs * 1.5;
  await system.add(mixedJobs(ACCOUNTS, limit * (windows + 5) * 3, { label: "steady" }));
  await sleep(warmUpMs + windows * windowMs + 500);
  const lines = await system.sandbox.journal();
  const firstMs = lines[0]?.arrivalMs ?? 0;
  const accepted = lines.filter((line) => line.status !== 429).map((line) => line.arrivalMs);
  return { ...(await counted(system)), used: utilisation(accepted, { limit, windowMs }, { fromMs: firstMs + warmUpMs, windows }) };
}

/** From the call that adds them to the last arrival, ms. */
async function batchLeaves(system: System): Promise<number> {
  const accounts = accountIds("batch", BATCH);
  await giveTokens(system, accounts);
  const addedMs = Date.now();
  await system.add(mixedJobs(accounts, BATCH, { label: "batch", opts: { priority: PRIORITIES.normal } }));
  await until(async () => (await system.sandbox.summary()).requests >= BATCH, { withinMs: 30_000 });
  const lines = await system.sandbox.journal();
  return lines.reduce((last, line) => Math.max(last, line.atMs), 0) - addedMs;
}
