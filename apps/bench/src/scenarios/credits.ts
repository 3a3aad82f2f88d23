import type { Summary } from "@linkup-queue/sandbox";
import type { BulkJobOptions } from "bullmq";
import { accountIds, mixedJobs, type NewJob, newJob, registerLogins } from "../load/jobs.ts";
import { NOTHING, type Row } from "../measure/row.ts";
import type { System, SystemOptions } from "../peers/system.ts";
import { allOf, giveTokens, type Scenario, sideBySide, until, withSystem } from "./scenario.ts";

const SCENARIO = "3 credits";
const ACCOUNTS = accountIds("acc", 20);
const JOBS = 1_000;
const INVALID = 100;
const BACKLOG = 300;
const WRITES = 300;
const ATTEMPTS = 12;
/** Nothing here is about the rate: a wide window keeps the run short. */
const WIDE = { limit: 900, windowMs: 6_000 };
const GIVE_UP_MS = 120_000;
/** The peer's own way to repeat; a doubling pause would take minutes for twelve attempts. */
const RETRIES: BulkJobOptions = { attempts: ATTEMPTS, backoff: { type: "fixed", delay: 200 } };

const KINDS = ["ours", "plain", "by-hand"] as const;
type Kind = (typeof KINDS)[number];

export const credits: Scenario = async ({ say }) => {
  say(`${JOBS} jobs, 20 % answered 500, every token dies once`);
  const faults = await allOf(KINDS, (kind) => withSystem(systemOf(kind, { share500Before: 0.2, dieOnce: { afterCalls: 20 } }), runFaults));
  say(`${INVALID} jobs with wrong input`);
  const invalid = await sideBySide((kind) => withSystem(systemOf(kind, {}), runInvalid));
  say(`a wrong API key in front of ${BACKLOG} jobs`);
  const wrongKey = await sideBySide((kind) => withSystem(systemOf(kind, { badKey: true }), runWrongKey));
  say(`${WRITES} writes, 20 % answered 500 although they were done`);
  const after = await sideBySide((kind) =>
    withSystem(systemOf(kind, { share500After: 0.2 }, { LINKUP_RETRY_WRITES_ON_500: "false" }), runAfter),
  );

  const { ours, plain, "by-hand": byHand } = faults;
  return [
    row(`${JOBS} jobs: succeeded`, `${JOBS}`, {
      ours: `${ours.succeeded}`,
      plain: `${plain.succeeded}`,
      byHand: `${byHand.succeeded}`,
      met: ours.succeeded === JOBS,
    }),
    row("credits charged beyond one for each job and log-in", `<= ${ACCOUNTS.length} (deaths)`, {
      ours: inWords(ours),
      plain: inWords(plain),
      byHand: inWords(byHand),
      met: ours.excess <= ACCOUNTS.length,
    }),
    row("ledger against the provider's meter", "equal", {
      ours: `${ours.ledger} / ${ours.charged}`,
      plain: NOTHING,
      met: ours.ledger === ours.charged,
    }),
    row(`${INVALID} jobs with wrong input: credits`, "0", { ours: `${invalid.ours}`, plain: `${invalid.plain}`, met: invalid.ours === 0 }),
    row(`a wrong key and ${BACKLOG} jobs: credits in 15 s`, "1", {
      ours: `${wrongKey.ours}`,
      plain: `${wrongKey.plain}`,
      met: wrongKey.ours <= 1,
    }),
    row(`${WRITES} writes, 500 after the effect, no repeats set: sent twice`, "0", {
      ours: `${after.ours.repeated}; ${after.ours.unknown} unknown`,
      plain: `${after.plain.repeated}`,
      met: after.ours.repeated === 0,
    }),
  ];
};

function row(figure: string, target: string, cells: Pick<Row, "ours" | "plain" | "byHand" | "met">): Row {
  return { scenario: SCENARIO, figure, target, ...cells };
}

function systemOf(kind: Kind, scenario: NonNullable<SystemOptions["scenario"]>, env: Record<string, string> = {}): SystemOptions {
  return {
    kind,
    ...WIDE,
    // The peer has a limiter on each queue; what it sends over the limit is the first scenario's subject.
    providerLimit: null,
    workers: 1,
    scenario: { latencyMs: { min: 10, max: 40 }, ...scenario },
    env: { LINKUP_MAX_ATTEMPTS: String(ATTEMPTS), LINKUP_BACKOFF_MS: "50", ...env },
    plain: { logIn: true },
  };
}

type Faults = { succeeded: number; charged: number; excess: number; logins: number; ledger: number };

function inWords({ excess, charged, logins }: Faults): string {
  return `${excess} (${charged} charged, ${logins} log-ins)`;
}

async function outcomes(system: System, count: number): Promise<void> {
  await until(() => system.outcomes.length >= count, { withinMs: GIVE_UP_MS });
}

async function runFaults(system: System): Promise<Faults> {
  if (system.kind === "ours") await registerLogins(system.engine, ACCOUNTS);
  await system.add(mixedJobs(ACCOUNTS, JOBS, { label: "job", opts: RETRIES }));
  await outcomes(system, JOBS);
  const summary = await system.sandbox.summary();
  const logins = loginCredits(summary);
  const { charged } = summary.credits;
  const report = await system.engine.credits.read({ days: 2, nowMs: Date.now() });
  const succeeded = system.outcomes.filter((outcome) => outcome.status === "succeeded").length;
  return { succeeded, charged, excess: charged - JOBS - logins, logins, ledger: report.total.charged };
}

function loginCredits(summary: Summary): number {
  return summary.credits.byOperation["auth.login"] ?? 0;
}

async function runInvalid(system: System): Promise<number> {
  await giveTokens(system, ACCOUNTS);
  await system.add(Array.from({ length: INVALID }, (_, index) => withoutText(index)));
  await outcomes(system, INVALID);
  const summary = await system.sandbox.summary();
  return summary.credits.charged - loginCredits(summary);
}

function withoutText(index: number): NewJob {
  const job = newJob("messages", ACCOUNTS[index % ACCOUNTS.length] ?? "", { person: `wrong-${index}`, opts: RETRIES });
  const { message_text: _text, ...input } = job.data.input;
  return { ...job, data: { ...job.data, input } };
}

async function runWrongKey(system: System): Promise<number> {
  await giveTokens(system, ACCOUNTS);
  await system.add(mixedJobs(ACCOUNTS, BACKLOG, { label: "refused", opts: RETRIES }));
  await until(() => system.outcomes.length >= BACKLOG, { withinMs: 15_000 });
  return (await system.sandbox.summary()).credits.charged;
}

async function runAfter(system: System): Promise<{ repeated: number; unknown: number }> {
  await giveTokens(system, ACCOUNTS);
  const jobs = Array.from({ length: WRITES }, (_, index) =>
    newJob("messages", ACCOUNTS[index % ACCOUNTS.length] ?? "", { person: `write-${index}`, opts: RETRIES }),
  );
  await system.add(jobs);
  await outcomes(system, WRITES);
  const { repeated } = await system.sandbox.summary();
  return { repeated, unknown: system.outcomes.filter((outcome) => outcome.status === "unknown").length };
}
