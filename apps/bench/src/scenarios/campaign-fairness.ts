/**
 * 11. Fairness within one rate window: a small campaign beside one a hundred times as big, four equal ones beside each other, and an urgent
 * job of an idle account in front of them. Plain BullMQ has no campaigns: it gets the same jobs, one campaign's after the other's.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { PRIORITIES } from "@linkup-queue/contracts";
import { accountIds, newJob, personOf, registerTokens } from "../load/jobs.ts";
import { campaignOf, type NewCampaign, putCampaigns, recipientName } from "../load/put-campaigns.ts";
import { jainIndex } from "../measure/jain.ts";
import type { Limit } from "../measure/rate-windows.ts";
import { millis, NOTHING, type Row } from "../measure/row.ts";
import { percentile } from "../measure/statistics.ts";
import type { System, SystemOptions } from "../peers/system.ts";
import { type Scenario, sideBySide, until, withSystem } from "./scenario.ts";

const SCENARIO = "11 fairness";
const ACCOUNTS = accountIds("acc", 20);
/** More than urgent jobs leave during one call, so that the next job's account is idle. */
const URGENT_ACCOUNTS = accountIds("idle", 40);
const EQUAL = ["north", "east", "south", "west"];
const TARGET_MS = 1_500;
const TARGET_JAIN = 0.99;
/** How much earlier or later than on half the window. */
const TOLERANCE = 0.1;

type Kind = "ours" | "plain";
export type FairnessSize = Limit & {
  big: number;
  small: number;
  /** Recipients of each of the equal campaigns, and for how many windows they run. */
  equal: number;
  windows: number;
  urgentEveryMs: number;
};

/** ms from the start; NaN for what did not happen within three times its time. */
export type Beside = { doneMs: number; onHalfMs: number };
export type Equal = {
  shares: number[];
  waitsMs: number[];
  /** Of the waits, those of jobs that were added after the first window. */
  laterMs: number[];
  sent: number;
};

export const campaignFairness: Scenario = async ({ scale, say }) => {
  const { limit, windowMs, full } = scale;
  const size = { limit, windowMs, big: 10_000, small: 100, equal: 2_500, windows: full ? 3 : 6, urgentEveryMs: full ? 1_000 : 500 };
  say(`campaigns of ${size.big} and ${size.small} recipients, started together`);
  const beside = await sideBySide((kind) => measureBeside(kind, size));
  say(`${EQUAL.length} equal campaigns for ${size.windows} windows, and urgent jobs`);
  const equal = await sideBySide((kind) => measureEqual(kind, size));
  return [besideRow(beside, size), ...equalRows(equal)];
};

function besideRow({ ours, plain }: Record<Kind, Beside>, { big, small, limit, windowMs }: FairnessSize): Row {
  const off = ours.doneMs / ours.onHalfMs - 1;
  const words = ({ doneMs, onHalfMs }: Beside) =>
    Number.isNaN(doneMs) ? "never in the run" : `${seconds(doneMs)}; on half of what left: ${seconds(onHalfMs)}`;
  return {
    scenario: SCENARIO,
    figure: `${big} and ${small} recipients together: the small one is done`,
    target: `on half the window, ${seconds((2 * small * windowMs) / limit)}, within ${TOLERANCE * 100} %`,
    ours: words(ours),
    plain: words(plain),
    met: Math.abs(off) <= TOLERANCE,
  };
}

function equalRows({ ours, plain }: Record<Kind, Equal>): Row[] {
  const jain = ({ shares }: Equal) => `${jainIndex(shares).toFixed(4)} (${shares.join(", ")})`;
  const waits = ({ waitsMs, laterMs, sent }: Equal) => {
    const late = waitsMs.length < sent ? `; ${sent - waitsMs.length} never in the run` : "";
    const later = `; p99 after the first window: ${millis(percentile(laterMs, 0.99))}`;
    return `${[0.5, 0.99, 1].map((rank) => millis(percentile(waitsMs, rank))).join(" / ")} of ${waitsMs.length}${late}${later}`;
  };
  return [
    {
      scenario: SCENARIO,
      figure: `Jain's index of ${EQUAL.length} equal campaigns while all run`,
      target: `>= ${TARGET_JAIN}`,
      ours: jain(ours),
      plain: jain(plain),
      met: jainIndex(ours.shares) >= TARGET_JAIN,
    },
    {
      scenario: SCENARIO,
      figure: "urgent job of an idle account meanwhile, queue.add to arrival: p50 / p99 / max",
      target: `p99 <= ${millis(TARGET_MS)}`,
      ours: waits(ours),
      plain: waits(plain),
      met: ours.waitsMs.length === ours.sent && percentile(ours.waitsMs, 0.99) <= TARGET_MS,
    },
  ];
}

const seconds = (ms: number): string => (Number.isNaN(ms) ? NOTHING : `${(ms / 1000).toFixed(1)} s`);

function systemOf(kind: Kind, { limit, windowMs }: Limit): SystemOptions {
  // A refused request does not count against the next, for the sake of the peer.
  return { kind, limit, windowMs, workers: 2, scenario: { latencyMs: windowMs / 200, refusedOccupy: false } };
}

/** The small campaign's end beside the big one. */
export async function measureBeside(kind: Kind, size: FairnessSize): Promise<Beside> {
  const { small, big, limit, windowMs } = size;
  return await withSystem(systemOf(kind, size), async (system) => {
    const startedMs = await start(system, [
      { id: "big", accountIds: ACCOUNTS, recipients: big },
      { id: "small", accountIds: ACCOUNTS, recipients: small },
    ]);
    const arrivals = await arrivalsOf(system, {
      enough: (lines) => lines.length >= 2 * small && lines.filter(({ campaign }) => campaign === "small").length >= small,
      withinMs: (3 * 2 * small * windowMs) / limit,
    });
    const ofSmall = arrivals.filter(({ campaign }) => campaign === "small");
    return {
      doneMs: (ofSmall[small - 1]?.atMs ?? Number.NaN) - startedMs,
      onHalfMs: (arrivals[2 * small - 1]?.atMs ?? Number.NaN) - startedMs,
    };
  });
}

/** How often each of the equal campaigns was served, and how long urgent jobs waited meanwhile. */
export async function measureEqual(kind: Kind, size: FairnessSize): Promise<Equal> {
  return await withSystem(systemOf(kind, size), async (system) => {
    const startedMs = await start(
      system,
      EQUAL.map((id) => ({ id, accountIds: ACCOUNTS, recipients: size.equal })),
    );
    const endsMs = startedMs + size.windows * size.windowMs;
    const addedAtMs = new Map<string, number>();
    for (;;) {
      await sleep(Math.random() * 2 * size.urgentEveryMs);
      if (Date.now() >= endsMs) break;
      const person = `urgent-${addedAtMs.size}`;
      const account = URGENT_ACCOUNTS[addedAtMs.size % URGENT_ACCOUNTS.length] ?? "";
      addedAtMs.set(person, Date.now());
      await system.add([newJob("messages", account, { person, opts: { priority: PRIORITIES.urgent } })]);
    }
    // Who has not left by then has waited a whole window.
    await sleep(Math.max(size.windowMs, TARGET_MS * 2));
    const lines = (await system.sandbox.journal()).filter(({ status }) => status !== 429);
    const served = lines.filter(({ atMs }) => atMs < endsMs).map(({ target }) => campaignOf(personOf(target)));
    const waits = lines.flatMap(({ target, atMs }) => {
      const addedMs = addedAtMs.get(personOf(target));
      return addedMs === undefined ? [] : [{ addedMs, tookMs: Math.max(0, atMs - addedMs) }];
    });
    return {
      shares: EQUAL.map((id) => served.filter((campaign) => campaign === id).length),
      waitsMs: waits.map(({ tookMs }) => tookMs),
      laterMs: waits.filter(({ addedMs }) => addedMs >= startedMs + size.windowMs).map(({ tookMs }) => tookMs),
      sent: addedAtMs.size,
    };
  });
}

/** Answers when the first campaign started. */
async function start(system: System, campaigns: readonly NewCampaign[]): Promise<number> {
  if (system.kind === "ours") {
    await registerTokens(system.engine, [...ACCOUNTS, ...URGENT_ACCOUNTS]);
    return await putCampaigns(system.engine, campaigns);
  }
  const startedMs = Date.now();
  for (const { id, accountIds: ids, recipients } of campaigns) {
    await system.add(
      Array.from({ length: recipients }, (_, number) =>
        newJob("messages", ids[number % ids.length] ?? "", { person: recipientName(id, number) }),
      ),
    );
  }
  return startedMs;
}

type Arrived = { campaign: string; atMs: number };

/** Arrivals that were not refused, oldest first, once there are `enough`, or the time is up. */
async function arrivalsOf(
  system: System,
  { enough, withinMs }: { enough: (lines: readonly Arrived[]) => boolean; withinMs: number },
): Promise<Arrived[]> {
  let arrivals: Arrived[] = [];
  await until(
    async () => {
      const lines = await system.sandbox.journal();
      arrivals = lines.flatMap(({ status, target, atMs }) => (status === 429 ? [] : [{ campaign: campaignOf(personOf(target)), atMs }]));
      return enough(arrivals);
    },
    { withinMs, everyMs: 250 },
  );
  return arrivals;
}
