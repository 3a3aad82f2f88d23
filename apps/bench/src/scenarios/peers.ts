/**
 * 15. Peers at their best: the limit, what is used of it, batches, stalls of the network and a storm of log-ins, beside plain BullMQ, BullMQ as a
 * competent user sets it up by hand, p-throttle and Bottleneck. The last two are libraries of one process and have one worker; all others have two.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { LinkupError } from "@linkup-queue/contracts";
import { accountIds, mixedJobs, registerLogins } from "../load/jobs.ts";
import { millis, percent, type Row } from "../measure/row.ts";
import type { Scale } from "../measure/scale.ts";
import type { System, SystemOptions } from "../peers/system.ts";
import { isOurs } from "../peers/worker-process.ts";
import { allOf, giveTokens, type Scenario, until, withSystem } from "./scenario.ts";
import { backlog, type Counted, counted } from "./window.ts";

const SCENARIO = "15 peers";
const KINDS = ["ours", "plain", "by-hand", "p-throttle", "bottleneck"] as const;
type Kind = (typeof KINDS)[number];
const ONE_PROCESS: readonly Kind[] = ["p-throttle", "bottleneck"];
const ACCOUNTS = accountIds("acc", 60);

export const peers: Scenario = async ({ scale, say }) => {
  const windows = scale.full ? 3 : 6;
  const rows: Row[] = [];
  const ways: [string, Partial<SystemOptions>][] = [
    ["calls of 10 to 30 ms", {}],
    [`calls of ${millis(scale.longCallMs)}`, { scenario: { latencyMs: scale.longCallMs, refusedOccupy: false } }],
    ["a way in of 0 to a tenth of the window", { jitterMs: { min: 0, max: scale.windowMs / 10 } }],
  ];
  for (const [name, more] of ways) {
    say(`a backlog, ${name}`);
    const used = await allOf(KINDS, (kind) => withSystem(systemOf(kind, scale, more), (system) => backlog(system, scale, windows)));
    rows.push(
      row(`backlog, ${name}: most in any window, 429s, used`, used, {
        say: (one) => `${inWords(one)}; ${percent(one.used)}`,
        ...kept(scale),
      }),
    );
  }
  const [large, small] = [Math.round((scale.limit * 5) / 3), Math.round((scale.limit * 5) / 6)];
  say(`idle, then ${small} and ${large} at once`);
  const fits = await allOf(KINDS, (kind) => withSystem(systemOf(kind, scale), (system) => leaves(system, small, small)));
  rows.push(row(`idle, then ${small} at once: all have left after`, fits, { say: millis, target: "<= 2 s", met: (ms) => ms <= 2_000 }));
  const more = await allOf(KINDS, (kind) => withSystem(systemOf(kind, scale), (system) => leaves(system, large, small)));
  rows.push(row(`idle, then ${large} at once: ${small} have left after`, more, { say: millis }));
  const stallsMs = [0.2, 0.42].map((part) => scale.windowMs * part);
  const lengths = stallsMs.map(millis).join(" and ");
  say(`a backlog, the network stalls for ${lengths}`);
  const stalled = await allOf(KINDS, (kind) =>
    withSystem(systemOf(kind, scale, { proxied: true }), (system) => stall(system, scale, stallsMs)),
  );
  rows.push(row(`network stalls of ${lengths}: most in any window, 429s`, stalled, { say: inWords, ...kept(scale) }));
  say("every token dies");
  const storm: Partial<SystemOptions> = {
    plain: { logIn: true },
    scenario: { dieOnce: { afterCalls: 2 }, refusedOccupy: false, latencyMs: { min: 10, max: 30 } },
  };
  const died = await allOf(KINDS, (kind) => withSystem(systemOf(kind, scale, storm), (system) => logInAgain(system, scale)));
  rows.push(row("log-ins of 60 accounts, and every token dies once: most in any window, 429s", died, { say: inWords, ...kept(scale) }));
  return rows;
};

const inWords = ({ max, refused }: Counted): string => `${max}; ${refused} 429s`;

type Target<T> = { target: string; met: (ours: T) => boolean };

const kept = ({ limit }: Scale): Target<Counted> => ({
  target: `<= ${limit}, no 429`,
  met: ({ max, refused }) => max <= limit && refused === 0,
});

function row<T>(figure: string, of: Record<Kind, T>, { say, target, met }: { say: (one: T) => string } & Partial<Target<T>>): Row {
  return {
    scenario: SCENARIO,
    figure,
    target: target ?? "-",
    ours: say(of.ours),
    plain: say(of.plain),
    byHand: say(of["by-hand"]),
    others: `p-throttle ${say(of["p-throttle"])}, Bottleneck ${say(of.bottleneck)}`,
    met: met?.(of.ours) ?? null,
  };
}

function systemOf(kind: Kind, { limit, windowMs }: Scale, more: Partial<SystemOptions> = {}): SystemOptions {
  // A refused request does not count against the next: the milder reading, for the sake of the peers.
  const scenario = { latencyMs: { min: 10, max: 30 }, refusedOccupy: false };
  return { kind, limit, windowMs, workers: ONE_PROCESS.includes(kind) ? 1 : 2, scenario, ...more };
}

/** From the call that adds `size` jobs to an idle system to the arrival of the `nth`, ms. */
async function leaves(system: System, size: number, nth: number): Promise<number> {
  const accounts = accountIds("batch", size);
  await giveTokens(system, accounts);
  const addedMs = Date.now();
  await system.add(mixedJobs(accounts, size, { label: "batch" }));
  await until(async () => (await system.sandbox.summary()).requests >= nth, { withinMs: 90_000 });
  const arrivals = (await system.sandbox.journal()).filter(({ status }) => status !== 429).map(({ atMs }) => atMs - addedMs);
  return arrivals.toSorted((a, b) => a - b)[nth - 1] ?? Number.NaN;
}

/** A backlog; for each stall the network lets nothing through for a while, after a window and a half. */
async function stall(system: System, { limit, windowMs }: Scale, stallsMs: readonly number[]): Promise<Counted> {
  const { proxy } = system;
  if (proxy === null) throw new LinkupError("internal_error", "a stall needs a proxy");
  await giveTokens(system, ACCOUNTS);
  await system.add(mixedJobs(ACCOUNTS, limit * 3 * (stallsMs.length + 2), { label: "stalled" }));
  for (const ms of stallsMs) {
    await sleep(windowMs * 1.5);
    proxy.stall();
    await sleep(ms);
    await proxy.resume();
  }
  await sleep(windowMs * 1.5);
  return await counted(system);
}

/** A backlog of accounts that log in first, and again when their token dies. */
async function logInAgain(system: System, { limit, windowMs }: Scale): Promise<Counted> {
  if (isOurs(system.kind)) await registerLogins(system.engine, ACCOUNTS);
  await system.add(mixedJobs(ACCOUNTS, limit * 5, { label: "storm", opts: { attempts: 5, backoff: { type: "fixed", delay: 200 } } }));
  await sleep(windowMs * 4);
  return await counted(system);
}
