/**
 * 14. Bad days: sessions that end, LinkedIn's limits, a service that is gone or answers nonsense, answers without proof, lists, texts and
 * addresses as people have them. For each: the calls that were spent and the people who were written to, beside a worker that trusts the status
 * and BullMQ's repeats.
 */
import type { Fault } from "@linkup-queue/sandbox";
import { ADDRESSES, DEAD_SESSIONS, LISTS, MEMBER_LIMITS, NO_PROOF, NONSENSE, SERVICE_GONE, TEXTS } from "../load/bad-days.ts";
import { emailOf, mixedJobs, newJob } from "../load/jobs.ts";
import type { Row } from "../measure/row.ts";
import { ACCOUNTS, calls, GIVE_UP_MS, type Kind, quiet, RETRIES, type Spent, spentBy, systemOf, withAccounts } from "./bad-days-system.ts";
import { measureAddresses, measureLists, measureResent, measureTexts } from "./bad-lists.ts";
import { type Scenario, sideBySide, until } from "./scenario.ts";

const SCENARIO = "14 bad days";

export type BadDaysSize = { backlog: number; list: number; perText: number; resent: number };
const SIZE: BadDaysSize = { backlog: 300, list: 60, perText: 10, resent: 20 };
type Say = (text: string) => void;

export const badDays: Scenario = ({ say }) => measureBadDays(SIZE, say);

export async function measureBadDays(size: BadDaysSize, say: Say): Promise<Row[]> {
  say(`${DEAD_SESSIONS.length} sessions end by their words`);
  const sessions = await sideBySide((kind) => measureSessions(kind));
  const limits = await inTurn(MEMBER_LIMITS, say, (kind, answer) => measureMember(kind, answer, size));
  const gone = await inTurn(SERVICE_GONE, say, (kind, answer) => measureGone(kind, answer, size));
  say(`${NO_PROOF.length} answers of 200 without proof`);
  const unproved = await sideBySide((kind) => measureUnproved(kind));
  const nonsense = await inTurn(NONSENSE, say, (kind, answer) => measureGone(kind, answer, size));
  say(`${LISTS.length} lists, ${TEXTS.length} texts, ${ADDRESSES.length} addresses, a list that is sent again`);
  const lists = await sideBySide((kind) => measureLists(kind));
  const texts = await sideBySide((kind) => measureTexts(kind, size.perText));
  const addresses = await sideBySide((kind) => measureAddresses(kind));
  const resent = await sideBySide((kind) => measureResent(kind, size.resent));

  const mostGone = 20 + ACCOUNTS.length;
  return [
    row(
      `${DEAD_SESSIONS.length} sessions end: calls beyond one for each job and log-in / jobs without success`,
      `${DEAD_SESSIONS.length} / 0`,
      {
        ours: `${sessions.ours.beyond} / ${sessions.ours.unsuccessful}`,
        plain: `${sessions.plain.beyond} / ${sessions.plain.unsuccessful}`,
        met: sessions.ours.beyond <= DEAD_SESSIONS.length && sessions.ours.unsuccessful === 0,
      },
    ),
    spentRow("the same", { ours: [sessions.ours], plain: [sessions.plain] }),
    row(`LinkedIn limits a member, list of ${size.list}: calls spent on it, by answer`, "<= 5 each", {
      ours: limits.ours.map(({ onList }) => onList).join(", "),
      plain: limits.plain.map(({ onList }) => onList).join(", "),
      met: limits.ours.every(({ onList }) => onList <= 5),
    }),
    spentRow(`the same, beside ${size.list} messages of others, which are all to be sent`, limits, {
      target: `${size.list} people each`,
      fits: ({ people }) => people === size.list,
    }),
    spentRow(`the service refuses, backlog of ${size.backlog}`, gone, {
      target: `<= ${mostGone} calls each`,
      fits: (one) => one.calls <= mostGone,
    }),
    row("jobs that ended by it", "0", {
      ours: gone.ours.map(({ ended }) => ended).join(", "),
      plain: gone.plain.map(({ ended }) => ended).join(", "),
      met: gone.ours.every(({ ended }) => ended === 0),
    }),
    spentRow(`the service answers nonsense, backlog of ${size.backlog}`, nonsense, {
      target: `<= ${mostGone} calls each`,
      fits: (one) => one.calls <= mostGone,
    }),
    row(`${NO_PROOF.length} sends answered 200 without proof: told as sent`, "0", {
      ours: `${unproved.ours.told}`,
      plain: `${unproved.plain.told}`,
      met: unproved.ours.told === 0,
    }),
    spentRow("the same", { ours: [unproved.ours], plain: [unproved.plain] }),
    row("three lists: people written to who are no row's recipient / with an error as their name", "0 / 0", {
      ours: `${lists.ours.strangers} / ${lists.ours.misnamed}`,
      plain: `${lists.plain.strangers} / ${lists.plain.misnamed}`,
      met: lists.ours.strangers + lists.ours.misnamed === 0,
    }),
    spentRow("the same", { ours: [lists.ours], plain: [lists.plain] }),
    spentRow(
      `${TEXTS.length} texts of another notation, ${size.perText} people each`,
      { ours: [texts.ours], plain: [texts.plain] },
      { target: "0 / 0", fits: ({ people }) => people === 0 },
    ),
    row(`${ADDRESSES.length} addresses as they are copied: calls to what is no profile`, "0", {
      ours: `${addresses.ours.wrong}`,
      plain: `${addresses.plain.wrong}`,
      met: addresses.ours.wrong === 0,
    }),
    spentRow("the same", { ours: [addresses.ours], plain: [addresses.plain] }),
    row(`a list of ${size.resent} sent again with a row mended and moved: people written to twice / never`, "0 / 0", {
      ours: `${resent.ours.twice} / ${resent.ours.never}`,
      plain: `${resent.plain.twice} / ${resent.plain.never}`,
      met: resent.ours.twice + resent.ours.never === 0,
    }),
    spentRow("the same", { ours: [resent.ours], plain: [resent.plain] }),
  ];
}

/** Calls spent and people written to, for each answer in turn. */
function spentRow<T extends Spent>(
  group: string,
  { ours, plain }: { ours: readonly T[]; plain: readonly T[] },
  { target, fits }: { target: string; fits: (one: T) => boolean } = { target: "", fits: () => true },
): Row {
  const told = (list: readonly T[]) => list.map((one) => `${one.calls} / ${one.people}`).join(", ");
  return row(`${group}: calls spent / people written to`, target, { ours: told(ours), plain: told(plain), met: ours.every(fits) });
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

async function measureSessions(kind: Kind): Promise<Spent & { beyond: number; unsuccessful: number }> {
  const jobs = mixedJobs(ACCOUNTS, ACCOUNTS.length * 6, { label: "session", opts: RETRIES });
  const next = DEAD_SESSIONS.map((fault, n) => ({ ...fault, email: emailOf(ACCOUNTS[n] ?? ""), operation: "message.send" }));
  return await withAccounts(systemOf(kind, { next }), async (system) => {
    await system.add(jobs);
    await until(() => system.outcomes.length >= jobs.length, { withinMs: GIVE_UP_MS });
    const succeeded = system.outcomes.filter(({ status }) => status === "succeeded").length;
    return { ...(await spentBy(system)), beyond: (await calls(system)).length - jobs.length, unsuccessful: jobs.length - succeeded };
  });
}

async function measureMember(kind: Kind, answer: Fault, { list }: BadDaysSize): Promise<Spent & { onList: number }> {
  const [limited = "", ...others] = ACCOUNTS;
  const next = [{ ...answer, email: emailOf(limited), operation: "invitation.send", times: 10_000 }];
  return await withAccounts(systemOf(kind, { next }), async (system) => {
    const invitations = Array.from({ length: list }, (_, n) => newJob("network", limited, { person: `invited-${n}`, opts: RETRIES }));
    const messages = Array.from({ length: list }, (_, n) =>
      newJob("messages", others[n % others.length] ?? "", { person: `written-${n}`, opts: RETRIES }),
    );
    await system.add([...invitations, ...messages]);
    await quiet(system);
    const onList = (await calls(system)).filter(({ operation }) => operation === "invitation.send").length;
    return { ...(await spentBy(system)), onList };
  });
}

async function measureGone(kind: Kind, answer: Fault, { backlog }: BadDaysSize): Promise<Spent & { ended: number }> {
  const faultOperations = ["message.send", "invitation.send", "profile.scrape"];
  return await withAccounts(systemOf(kind, { failEvery: { n: 1, ...answer }, faultOperations }), async (system) => {
    await system.add(mixedJobs(ACCOUNTS, backlog, { label: "gone", opts: RETRIES }));
    await quiet(system);
    return { ...(await spentBy(system)), ended: system.outcomes.length };
  });
}

/** `told`: how many of the sends were told as sent. */
export async function measureUnproved(kind: Kind): Promise<Spent & { told: number }> {
  const accounts = ACCOUNTS.slice(0, NO_PROOF.length);
  // As often as it is tried: a repeat must not find the provider well.
  const next = NO_PROOF.map((fault, n) => ({ ...fault, email: emailOf(accounts[n] ?? ""), operation: "message.send", times: 10_000 }));
  return await withAccounts(systemOf(kind, { next }), async (system) => {
    await system.add(accounts.map((account, n) => newJob("messages", account, { person: `unproved-${n}`, opts: RETRIES })));
    await quiet(system);
    return { ...(await spentBy(system)), told: system.outcomes.filter(({ status }) => status === "succeeded").length };
  });
}
