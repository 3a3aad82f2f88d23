/** 18. Console: its first page over a great many accounts, campaigns and jobs, in a browser; and a hundred open pages while work goes on. */
import { setTimeout as sleep } from "node:timers/promises";
import { LinkupError } from "@linkup-queue/contracts";
import { findBrowser, noBrowser } from "@linkup-queue/testkit";
import type { Browser, Page } from "playwright-core";
import { accountIds } from "../load/jobs.ts";
import { type NewCampaign, putCampaigns } from "../load/put-campaigns.ts";
import { coreShareOf } from "../measure/process-cpu.ts";
import type { Limit } from "../measure/rate-windows.ts";
import { millis, NOTHING, percent, type Row } from "../measure/row.ts";
import { median } from "../measure/statistics.ts";
import { lookOn, type Onlooker, signIn, startBrowser, type Visit, visit } from "../peers/console-visits.ts";
import { API_TOKEN, type SystemApi, startSystemApi } from "../peers/system-api.ts";
import { type Context, giveTokens, type Scenario, until, withSystem } from "./scenario.ts";

const SCENARIO = "18 console";
/** `visits`: counted ones; `rounds`: the key is stopped and opened so often. */
type Size = {
  accounts: number;
  campaigns: number;
  recipients: number;
  visits: number;
  rounds: number;
  onlookers: number;
  looksForMs: number;
};
const FULL: Size = { accounts: 1_000, campaigns: 500, recipients: 2_000, visits: 9, rounds: 5, onlookers: 100, looksForMs: 20_000 };
const SCALED: Size = { ...FULL, recipients: 200 };
/** One session has an eighth of the places. */
const ONLOOKERS_OF_SESSION = 50;
const PAINT_TARGET_MS = 300;
const LIVE_TARGET_MS = 1_000;
const CORE_TARGET = 0.1;
const SEEN_WITHIN_MS = 30_000;
/** Of the header, in the page's own words; as this side knows no DOM. */
const SAYS_STOPPED = `/stopped/i.test(document.querySelector("#head")?.textContent ?? "")`;

export const consoleScenario: Scenario = async ({ scale, say }) => {
  const browserPath = await findBrowser();
  if (browserPath === null)
    return [{ scenario: SCENARIO, figure: "not measured", target: NOTHING, ours: noBrowser(), plain: NOTHING, met: null }];
  return await measureConsole({ ...(scale.full ? FULL : SCALED), limit: scale, browserPath }, say);
};

export async function measureConsole(
  { limit, browserPath, ...size }: Size & { limit: Limit; browserPath: string },
  say: Context["say"],
): Promise<Row[]> {
  const { limit: requests, windowMs } = limit;
  return await withSystem({ kind: "ours", workers: 1, limit: requests, windowMs }, async (system) => {
    await giveTokens(system, accountIds("acc", size.accounts));
    say(`${size.campaigns} campaigns of ${size.recipients} recipients`);
    await putCampaigns(system.engine, campaigns(size));
    const api = await startSystemApi(system);
    const browser = await startBrowser(browserPath);
    try {
      return [...(await visits({ browser, api, size }, say)), ...(await crowd({ api, size }, say))];
    } finally {
      await browser.close();
      await api.close();
    }
  });
}

function campaigns({ accounts, campaigns: count, recipients }: Size): NewCampaign[] {
  const ids = accountIds("acc", accounts);
  return Array.from({ length: count }, (_, number) => ({
    id: `campaign-${number}`,
    accountIds: [0, 1].map((more) => ids[(2 * number + more) % accounts] ?? ""),
    recipients,
  }));
}

type Visited = { browser: Browser; api: SystemApi; size: Size };

/** Each in a browser that knows nothing; on the last page the key is stopped and opened by somebody else. */
async function visits({ browser, api, size }: Visited, say: Context["say"]): Promise<Row[]> {
  say(`${size.visits} visits`);
  const cookie = await signIn(api.url, API_TOKEN);
  const made: Visit[] = [];
  // The first starts the browser's own parts.
  for (let number = 0; number <= size.visits; number++) {
    await made.at(-1)?.close();
    made.push(await visit(browser, api.url, cookie));
  }
  const last = made.at(-1);
  if (last === undefined) throw new Error("nobody came");
  const changesMs: number[] = [];
  for (let round = 0; round < size.rounds; round++) {
    for (const [at, change] of (["pause", "resume"] as const).entries()) {
      // The api looks each second: the changes come at all moments of it.
      await sleep((1_000 * (2 * round + at)) / (2 * size.rounds));
      changesMs.push(await changeIsSeen(api, last.page, change));
    }
  }
  await last.close();
  const counted = made.slice(1);
  const beside = `${size.accounts} accounts, ${size.campaigns} campaigns, ${size.campaigns * size.recipients} jobs`;
  return [
    rowOf({ figure: `first paint of Now; ${beside}`, took: counted.map(({ paintMs }) => paintMs), targetMs: PAINT_TARGET_MS }),
    rowOf({ figure: "its stream is open after", took: counted.map(({ liveMs }) => liveMs), targetMs: LIVE_TARGET_MS }),
    rowOf({ figure: "the key is stopped or opened: on the page after", took: changesMs, targetMs: LIVE_TARGET_MS }),
  ];
}

function rowOf({ figure, took, targetMs }: { figure: string; took: readonly number[]; targetMs: number }): Row {
  return {
    scenario: SCENARIO,
    figure,
    target: `median < ${millis(targetMs)}`,
    ours: `median ${millis(median(took))}, longest ${millis(took.reduce((most, one) => Math.max(most, one), 0))}`,
    plain: NOTHING,
    met: median(took) < targetMs,
  };
}

/** How long a change by the api's own call takes to stand in the page's header, ms; its answer is part of that time. */
async function changeIsSeen(api: SystemApi, page: Page, change: "pause" | "resume"): Promise<number> {
  const fromMs = performance.now();
  await api.ask("POST", `/v1/key/${change}`);
  const isSeen = async () => (await page.evaluate<boolean>(SAYS_STOPPED)) === (change === "pause");
  if (!(await until(isSeen, { withinMs: SEEN_WITHIN_MS, everyMs: 10 })))
    throw new LinkupError("internal_error", `No page told that the key was ${change}d`);
  return performance.now() - fromMs;
}

/** The share of a core that the api takes while a hundred pages follow, and while nobody does; the worker is at work in both. */
async function crowd({ api, size: { onlookers: count, looksForMs } }: Omit<Visited, "browser">, say: Context["say"]): Promise<Row[]> {
  say("nobody looks on");
  const alone = await coreShareOf(api.process().pid, looksForMs);
  say(`${count} open consoles`);
  const onlookers: Onlooker[] = [];
  let cookie = "";
  for (let number = 0; number < count; number++) {
    if (number % ONLOOKERS_OF_SESSION === 0) cookie = await signIn(api.url, API_TOKEN);
    onlookers.push(await lookOn(api.url, cookie));
  }
  const [before, watched] = [onlookers.map(({ heard }) => heard()), await coreShareOf(api.process().pid, looksForMs)];
  const deaf = onlookers.filter(({ heard }, number) => heard() === before[number]).length;
  const kbOfEach = onlookers.reduce((sum, { heard }, number) => sum + heard() - (before[number] ?? 0), 0) / count / 1_024;
  for (const { leave } of onlookers) leave();
  if (deaf > 0) throw new LinkupError("internal_error", `${deaf} of ${count} open consoles heard nothing in ${looksForMs / 1_000} s`);
  return [
    {
      scenario: SCENARIO,
      figure: `${count} open consoles: of a core of the api`,
      target: `< ${percent(CORE_TARGET, 0)}`,
      ours: `${percent(watched)} (${percent(alone)} with none), ${Math.round(kbOfEach)} kB to each in ${looksForMs / 1_000} s`,
      plain: NOTHING,
      met: watched < CORE_TARGET,
    },
  ];
}
