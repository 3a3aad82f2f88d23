/**
 * 19. Rules: what the rules of accounts and a long list of people cost a call. With and without run one after the other in turns, in whole systems, so each call
 * pays for all that a worker does.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ACTION_FAMILIES, type AccountPolicy, FAMILY_OF_OPERATION, LinkupError, personKey } from "@linkup-queue/contracts";
import { accountIds, newJob, registerTokens, tokenOf } from "../load/jobs.ts";
import { NOTHING, percent, type Row } from "../measure/row.ts";
import { cpuUsed, timeScripts } from "../measure/script-counter.ts";
import { median } from "../measure/statistics.ts";
import type { System } from "../peers/system.ts";
import { type Context, type Scenario, until, withSystem } from "./scenario.ts";

const SCENARIO = "19 rules";
const ACCOUNTS = accountIds("acc", 200);
/** Caps that nothing spends, but for invitations, which are spent from the start. */
const MANY = 10_000;
const POLICY: AccountPolicy = {
  caps: {
    ...Object.fromEntries(ACTION_FAMILIES.map((family) => [family, { perHour: MANY, perDay: MANY, perWeek: MANY, perMonth: MANY }])),
    invite: { perDay: 0 },
  },
  hours: { timezone: "UTC", weekdays: ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], from: "00:00", to: "24:00" },
  pace: { message: { minSeconds: 0, maxSeconds: 0 }, breakEvery: [1_000, 1_000], breakSeconds: [0, 0] },
};
const LIFTED = { limit: 100_000, windowMs: 60_000 };
const MB = 1024 * 1024;
const PEOPLE_AT_ONCE = 1_000;

/** `waiting`: jobs whose cap is spent; `jobs`: calls that are measured; `people`: on the list of those who are not to be contacted; `idleMs`: how long nothing is done. */
export type RulesSize = { rounds: number; waiting: number; jobs: number; people: number; idleMs: number };

export const rules: Scenario = async ({ scale, say }) =>
  await measureRules(
    {
      rounds: 3,
      jobs: 4_000,
      idleMs: 10_000,
      ...(scale.full ? { waiting: 200_000, people: 1_000_000 } : { waiting: 10_000, people: 50_000 }),
    },
    say,
  );

export async function measureRules(size: RulesSize, say: Context["say"]): Promise<Row[]> {
  const runs: { without: Cost & Idle; policy: Cost & Idle; list: Cost & Listed }[] = [];
  for (let round = 1; round <= size.rounds; round++) {
    const without = await withRules((system) => runWithout(system, size));
    const policy = await withRules((system) => runPolicy(system, size));
    const list = await withRules((system) => runList(system, size));
    runs.push({ without, policy, list });
    const us = [without, policy, list].map(({ gateUs, redisUs }) => `${gateUs} and ${Math.round(redisUs)} us`).join("; ");
    say(`round ${round} of ${size.rounds}, the gate and all of Redis for a job: without, with policies, with the list: ${us}`);
  }
  return rowsOf(runs, size);
}

type Cost = {
  /** A call of the gate's script, us, by Redis's clock. */ gateUs: number /** Redis's processor time of a job. */;
  redisUs: number;
};
/** The share of a core that Redis takes while nothing is done. */
type Idle = { idleCpu: number };
type Listed = { mb: number; seconds: number };

function rowsOf(
  runs: readonly { without: Cost & Idle; policy: Cost & Idle; list: Cost & Listed }[],
  { waiting, people }: RulesSize,
): Row[] {
  const row = (figure: string, target: string, cells: Pick<Row, "ours" | "met">): Row => ({
    scenario: SCENARIO,
    figure,
    target,
    plain: NOTHING,
    ...cells,
  });
  const more = (of: "policy" | "list", what: keyof Cost) => median(runs.map((run) => run[of][what] / run.without[what] - 1));
  const told = (of: "policy" | "list") =>
    `${percent(more(of, "gateUs"))}, all of Redis ${percent(more(of, "redisUs"))} (${median(runs.map((run) => run.without.gateUs))} us without)`;
  const idleCpu = (of: "policy" | "without") => median(runs.map((run) => run[of].idleCpu));
  const waitingCpu = idleCpu("policy") - idleCpu("without");
  const mb = median(runs.map(({ list }) => list.mb));
  return [
    row(`${ACCOUNTS.length} accounts with a full policy, ${waiting} jobs waiting for a cap: the gate costs more by`, "<= 20 %", {
      ours: told("policy"),
      met: more("policy", "gateUs") <= 0.2,
    }),
    row("Redis CPU that these jobs take while they wait", "< 0.5 %", {
      ours: `${percent(waitingCpu, 2)} (${percent(idleCpu("policy"), 2)}, and ${percent(idleCpu("without"), 2)} with none)`,
      met: waitingCpu < 0.005,
    }),
    row(`${people} people on the list: the gate costs more by`, NOTHING, { ours: told("list"), met: null }),
    row("Redis memory of that list", "< 150 MB for a million", { ours: `${mb.toFixed(1)} MB`, met: mb < (150 * people) / 1_000_000 }),
    row("that list was put in, people a second", NOTHING, {
      ours: `${Math.round(people / median(runs.map(({ list }) => list.seconds)))}`,
      met: null,
    }),
  ];
}

const withRules = <T>(measure: (system: System) => Promise<T>): Promise<T> =>
  withSystem({ kind: "ours", ...LIFTED, providerLimit: null, workers: 0, scenario: { latencyMs: 0 } }, measure);

/** Messages of all accounts, from the first outcome to the last: half of them for the processor's time, half with each script timed. */
async function costOf(system: System, { jobs }: RulesSize): Promise<Cost> {
  const beforeUs = await cpuUsed(system.redis);
  await send(system, "first", jobs / 2);
  const redisUs = ((await cpuUsed(system.redis)) - beforeUs) / (jobs / 2);
  const stop = await timeScripts(system.redis);
  await send(system, "second", jobs / 2);
  const gate = (await stop()).find(({ script }) => script === "gate");
  if (gate === undefined) throw new LinkupError("internal_error", "The gate was not asked");
  return { gateUs: gate.medianUs, redisUs };
}

async function send(system: System, label: string, count: number): Promise<void> {
  const before = system.outcomes.length;
  await system.add(
    Array.from({ length: count }, (_, index) =>
      newJob("messages", ACCOUNTS[index % ACCOUNTS.length] ?? "", { person: `${label}-${index}` }),
    ),
  );
  if (!(await until(() => system.outcomes.length >= before + count, { withinMs: 300_000 })))
    throw new LinkupError("internal_error", `${system.outcomes.length - before} of ${count} jobs ended`);
}

async function runWithout(system: System, size: RulesSize): Promise<Cost & Idle> {
  await begin(system);
  return { idleCpu: await idleCpuOf(system, size), ...(await costOf(system, size)) };
}

async function begin(system: System): Promise<void> {
  await registerTokens(system.engine, ACCOUNTS);
  await system.startWorker();
}

async function runPolicy(system: System, size: RulesSize): Promise<Cost & Idle> {
  const { engine } = system;
  await Promise.all(ACCOUNTS.map((id) => engine.accounts.register(id, { loginToken: tokenOf(id), policy: POLICY })));
  await system.startWorker();
  await system.add(
    Array.from({ length: size.waiting }, (_, index) =>
      newJob("network", ACCOUNTS[index % ACCOUNTS.length] ?? "", { person: `waiting-${index}` }),
    ),
  );
  const areHeld = async () => (await engine.accounts.readMany(ACCOUNTS)).reduce((sum, { parked }) => sum + parked, 0) >= size.waiting;
  if (!(await until(areHeld, { withinMs: 1_200_000, everyMs: 500 })))
    throw new LinkupError("internal_error", `Not all jobs of ${FAMILY_OF_OPERATION["invitation.send"]} came to wait`);
  return { idleCpu: await idleCpuOf(system, size), ...(await costOf(system, size)) };
}

async function idleCpuOf({ redis }: System, { idleMs }: RulesSize): Promise<number> {
  const beforeUs = await cpuUsed(redis);
  await sleep(idleMs);
  return ((await cpuUsed(redis)) - beforeUs) / (idleMs * 1_000);
}

async function runList(system: System, size: RulesSize): Promise<Cost & Listed> {
  const { suppressions } = system.engine.people;
  const memory = async () => Number(/used_memory:(\d+)/.exec(await system.redis.info("memory"))?.[1] ?? Number.NaN);
  const [before, fromMs] = [await memory(), performance.now()];
  for (let at = 0; at < size.people; at += PEOPLE_AT_ONCE) {
    const rows = Array.from({ length: Math.min(PEOPLE_AT_ONCE, size.people - at) }, (_, place) => ({
      people: [personKey(`https://www.linkedin.com/in/listed-${at + place}`)],
      scope: "all",
      reason: "objected",
      until: null,
    }));
    await suppressions.put(rows);
  }
  const seconds = (performance.now() - fromMs) / 1_000;
  const mb = ((await memory()) - before) / MB;
  await begin(system);
  return { mb, seconds, ...(await costOf(system, size)) };
}
