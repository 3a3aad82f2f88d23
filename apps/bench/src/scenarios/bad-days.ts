/**
 * 14. Bad days: sessions that end, LinkedIn's limits, a service that is gone, answers without proof, lists as people have them. For each: the
 * calls that were spent and the people who were written to, beside a worker that trusts the status and BullMQ's repeats.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Fault } from "@linkup-queue/sandbox";
import type { BulkJobOptions } from "bullmq";
import got from "got";
import { DEAD_SESSIONS, LISTS, MEMBER_LIMITS, NO_PROOF, SERVICE_GONE } from "../load/bad-days.ts";
import { accountIds, emailOf, mixedJobs, newJob, personOf, registerLogins } from "../load/jobs.ts";
import type { Row } from "../measure/row.ts";
import type { Arrival } from "../peers/sandbox-process.ts";
import type { System, SystemOptions } from "../peers/system.ts";
import { startSystemApi } from "../peers/system-api.ts";
import { type Scenario, sideBySide, until, withSystem } from "./scenario.ts";

const SCENARIO = "14 bad days";
const GIVE_UP_MS = 60_000;
/** How long a system may go on after what it could do is done; the peer's repeats are over by then. */
const QUIET_MS = 4_000;
const ATTEMPTS = 3;
/** The peer's own way to repeat. */
const RETRIES: BulkJobOptions = { attempts: ATTEMPTS, backoff: { type: "fixed", delay: 200 } };
const ACCOUNTS = accountIds("acc", 10);

export type BadDaysSize = { backlog: number; list: number };
const SIZE: BadDaysSize = { backlog: 300, list: 60 };
type Kind = "ours" | "plain";
type Say = (text: string) => void;

export const badDays: Scenario = ({ say }) => measureBadDays(SIZE, say);

export async function measureBadDays(size: BadDaysSize, say: Say): Promise<Row[]> {
  say(`${DEAD_SESSIONS.length} sessions end by their words`);
  const sessions = await sideBySide((kind) => measureSessions(kind));
  const limits = await inTurn(MEMBER_LIMITS, say, (kind, answer) => measureMember(kind, answer, size));
  const gone = await inTurn(SERVICE_GONE, say, (kind, answer) => measureGone(kind, answer, size));
  say(`${NO_PROOF.length} answers of 200 without proof`);
  const unproved = await sideBySide((kind) => measureUnproved(kind));
  say(`${LISTS.length} lists`);
  const lists = await sideBySide((kind) => measureLists(kind));

  const spent = (list: readonly { spent: number }[]) => list.map((one) => one.spent).join(", ");
  const most = (list: readonly { spent: number }[]) => list.reduce((top, one) => Math.max(top, one.spent), 0);
  const served = (list: readonly { others: number }[]) => list.map((one) => one.others).join(", ");
  return [
    row(
      `${DEAD_SESSIONS.length} sessions end: calls beyond one for each job and log-in / jobs without success`,
      `${DEAD_SESSIONS.length} / 0`,
      {
        ours: `${sessions.ours.spent} / ${sessions.ours.unsuccessful}`,
        plain: `${sessions.plain.spent} / ${sessions.plain.unsuccessful}`,
        met: sessions.ours.spent <= DEAD_SESSIONS.length && sessions.ours.unsuccessful === 0,
      },
    ),
    row(`LinkedIn limits a member, list of ${size.list}: calls spent on it, by answer`, "<= 5 each", {
      ours: spent(limits.ours),
      plain: spent(limits.plain),
      met: most(limits.ours) <= 5,
    }),
    row(`of ${size.list} messages of the others meanwhile sent`, `${size.list} each`, {
      ours: served(limits.ours),
      plain: served(limits.plain),
      met: limits.ours.every(({ others }) => others === size.list),
    }),
    row(`the service refuses, backlog of ${size.backlog}: calls spent, by answer`, `<= ${20 + ACCOUNTS.length} each`, {
      ours: spent(gone.ours),
      plain: spent(gone.plain),
      met: most(gone.ours) <= 20 + ACCOUNTS.length,
    }),
    row("jobs that ended by it", "0", {
      ours: gone.ours.map(({ ended }) => ended).join(", "),
      plain: gone.plain.map(({ ended }) => ended).join(", "),
      met: gone.ours.every(({ ended }) => ended === 0),
    }),
    row(`${NO_PROOF.length} sends answered 200 without proof: told as sent`, "0", {
      ours: `${unproved.ours}`,
      plain: `${unproved.plain}`,
      met: unproved.ours === 0,
    }),
    row("three lists: people written to who are no row's recipient / with an error as their name", "0 / 0", {
      ours: `${lists.ours.strangers} / ${lists.ours.misnamed}`,
      plain: `${lists.plain.strangers} / ${lists.plain.misnamed}`,
      met: lists.ours.strangers + lists.ours.misnamed === 0,
    }),
  ];
}

function row(figure: string, target: string, cells: Pick<Row, "ours" | "plain" | "met">): Row {
  return { scenario: SCENARIO, figure, target, ...cells };
}

/** One system of each kind for each answer, in the answers' order. */
async function inTurn<T>(answers: readonly Fault[], say: Say, measure: (kind: Kind, answer: Fault) => Promise<T>) {
  const found: { ours: T[]; plain: T[] } = { ours: [], plain: [] };
  for (const answer of answers) {
    say(`every call answered ${answer.status} ${JSON.stringify(answer.body).slice(0, 80)}`);
    const { ours, plain } = await sideBySide((kind) => measure(kind, answer));
    found.ours.push(ours);
    found.plain.push(plain);
  }
  return found;
}

function systemOf(kind: Kind, scenario: NonNullable<SystemOptions["scenario"]>): SystemOptions {
  return {
    kind,
    // Nothing here is about the rate.
    limit: 2_000,
    windowMs: 6_000,
    providerLimit: null,
    workers: 1,
    scenario: { latencyMs: { min: 10, max: 40 }, ...scenario },
    plain: { logIn: true },
  };
}

async function withAccounts<T>(options: SystemOptions, measure: (system: System) => Promise<T>): Promise<T> {
  return await withSystem(options, async (system) => {
    if (system.kind === "ours") await registerLogins(system.engine, ACCOUNTS);
    return await measure(system);
  });
}

const isCall = ({ operation }: Arrival) => operation?.startsWith("auth.") === false;
const calls = async (system: System) => (await system.sandbox.journal()).filter(isCall);

/** Waits until nothing has arrived for a while. */
async function quiet(system: System): Promise<void> {
  let seen = -1;
  await until(
    async () => {
      const before = seen;
      await sleep(QUIET_MS);
      seen = (await system.sandbox.summary()).requests;
      return seen === before;
    },
    { withinMs: GIVE_UP_MS },
  );
}

async function measureSessions(kind: Kind): Promise<{ spent: number; unsuccessful: number }> {
  const jobs = mixedJobs(ACCOUNTS, ACCOUNTS.length * 6, { label: "session", opts: RETRIES });
  const next = DEAD_SESSIONS.map((fault, n) => ({ ...fault, email: emailOf(ACCOUNTS[n] ?? ""), operation: "message.send" }));
  return await withAccounts(systemOf(kind, { next }), async (system) => {
    await system.add(jobs);
    await until(() => system.outcomes.length >= jobs.length, { withinMs: GIVE_UP_MS });
    const succeeded = system.outcomes.filter(({ status }) => status === "succeeded").length;
    return { spent: (await calls(system)).length - jobs.length, unsuccessful: jobs.length - succeeded };
  });
}

async function measureMember(kind: Kind, answer: Fault, { list }: BadDaysSize): Promise<{ spent: number; others: number }> {
  const [limited = "", ...others] = ACCOUNTS;
  const next = [{ ...answer, email: emailOf(limited), operation: "invitation.send", times: 10_000 }];
  return await withAccounts(systemOf(kind, { next }), async (system) => {
    const invitations = Array.from({ length: list }, (_, n) => newJob("network", limited, { person: `invited-${n}`, opts: RETRIES }));
    const messages = Array.from({ length: list }, (_, n) =>
      newJob("messages", others[n % others.length] ?? "", { person: `written-${n}`, opts: RETRIES }),
    );
    await system.add([...invitations, ...messages]);
    await quiet(system);
    const spent = (await calls(system)).filter(({ operation }) => operation === "invitation.send").length;
    return { spent, others: system.outcomes.filter(({ queue, status }) => queue === "messages" && status === "succeeded").length };
  });
}

async function measureGone(kind: Kind, answer: Fault, { backlog }: BadDaysSize): Promise<{ spent: number; ended: number }> {
  const faultOperations = ["message.send", "invitation.send", "profile.scrape"];
  return await withAccounts(systemOf(kind, { failEvery: { n: 1, ...answer }, faultOperations }), async (system) => {
    await system.add(mixedJobs(ACCOUNTS, backlog, { label: "gone", opts: RETRIES }));
    await quiet(system);
    return { spent: (await calls(system)).length, ended: system.outcomes.length };
  });
}

/** How many of the sends were told as sent. */
export async function measureUnproved(kind: Kind): Promise<number> {
  const accounts = ACCOUNTS.slice(0, NO_PROOF.length);
  // As often as it is tried: a repeat must not find the provider well.
  const next = NO_PROOF.map((fault, n) => ({ ...fault, email: emailOf(accounts[n] ?? ""), operation: "message.send", times: 10_000 }));
  return await withAccounts(systemOf(kind, { next }), async (system) => {
    await system.add(accounts.map((account, n) => newJob("messages", account, { person: `unproved-${n}`, opts: RETRIES })));
    await quiet(system);
    return system.outcomes.filter(({ status }) => status === "succeeded").length;
  });
}

const GREETING = "Hello {{first_name|there}}";
const ERRORS = /#N\/A|#REF!|null|undefined/;

export async function measureLists(kind: Kind): Promise<{ strangers: number; misnamed: number }> {
  return await withAccounts(systemOf(kind, {}), async (system) => {
    const greetings = kind === "ours" ? await importLists(system) : await splitLists(system);
    await quiet(system);
    const people = new Set(LISTS.flatMap((list) => list.people));
    const written = (await calls(system)).filter(({ status }) => status === 200).map(({ target }) => personOf(target));
    return {
      strangers: written.filter((person) => !people.has(person)).length,
      misnamed: greetings.filter((text) => ERRORS.test(text)).length,
    };
  });
}

/** Each list as a campaign, over HTTP, as a person imports it. Answers what was written. */
async function importLists(system: System): Promise<string[]> {
  const api = await startSystemApi(system);
  try {
    for (const [n, { text }] of LISTS.entries()) {
      const campaignId = `list-${n}`;
      const input = { linkedin_url: "{{linkedin_url}}", message_text: GREETING };
      await api.ask("POST", "/v1/campaigns", { campaignId, name: campaignId, operation: "message.send", accountIds: ACCOUNTS, input });
      const headers = { ...api.headers, "content-type": "text/csv" };
      await got.post(`${api.url}/v1/campaigns/${campaignId}/recipients`, { headers, body: text, retry: { limit: 0 } });
      // Cells that the import doubted were read; errors in cells count as empty.
      await api.ask("POST", `/v1/campaigns/${campaignId}/start`, { allowDoubtfulText: true });
    }
    await quiet(system);
    const jobs = await system.queue("messages").getJobs(["completed"]);
    return jobs.map(({ data }) => String((data as { input: { message_text?: unknown } }).input.message_text));
  } finally {
    await api.close();
  }
}

/** The loop that everybody writes first: a row is a line, a cell is what stands between commas. Answers what was written. */
async function splitLists(system: System): Promise<string[]> {
  const jobs = LISTS.flatMap(({ text }) =>
    text
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(","))
      .filter(([url = ""]) => url.startsWith("https://"))
      .map(([url = "", name = ""], n) => {
        const job = newJob("messages", ACCOUNTS[n % ACCOUNTS.length] ?? "", { person: personOf(url), opts: RETRIES });
        const message_text = GREETING.replace("{{first_name|there}}", name === "" ? "there" : name);
        return { ...job, data: { ...job.data, input: { ...job.data.input, message_text } } };
      }),
  );
  await system.add(jobs);
  return jobs.map(({ data }) => data.input.message_text);
}
