/**
 * A read of a watched inbox that came back: who answered is told of, then the reading goes on. Before its settlement: a crash between the two has the read made again, and what it finds is kept once.
 */
import { personKey } from "@linkup-queue/contracts";
import type { AskedJob, Engine, PageTold, Reading } from "@linkup-queue/queue";
import type { WorkerContext } from "../process/context.ts";
import type { Plan } from "./decide.ts";
import { type Answered, type InboxSight, judgeConversation, judgeInbox } from "./judge-inbox.ts";
import { selfOf } from "./judge-look.ts";

/** A reading that came so far is ended there, and told: 500 conversations. */
const MOST_PAGES = 50;
/** Two clocks differ by less, ms. */
const CLOCKS_DIFFER_MS = 60_000;

/** The plan of a read whose answer is not for its outcome: an inbox holds what others wrote to the member. */
export function watchedPlan(plan: Plan, operation: string): Plan {
  if (plan.ending.status !== "succeeded") return plan;
  const { output, ...ending } = plan.ending;
  const self = operation === "profile.me" ? selfOf(output) : null;
  return { ...plan, ending: { ...ending, output: {} }, watched: output, ...(self === null ? {} : { self }) };
}

/** Takes what a read found. An answer that can't be read says nothing: the reading begins anew later. */
export async function takeWatched(context: WorkerContext, { ref, request }: AskedJob, answer: unknown): Promise<void> {
  const { inboxes } = context.engine.people;
  const reading = await inboxes.reading(ref);
  if (reading === null) return;
  const account = request.accountId;
  if (reading.operation === "profile.me") {
    if (selfOf(answer) !== null) await inboxes.told(ref, null, context.random);
    else context.log.warn({ accountId: account }, "the account's own profile has no name: its inbox can't be read for replies");
    return;
  }
  const found =
    reading.operation === "message.inbox"
      ? await takePage(context, { account, reading }, answer)
      : takeConversation(context, { account, reading }, answer);
  if (found === null) return;
  await tellReplies(context.engine, found.answered);
  await inboxes.told(ref, found.page, context.random);
}

type Read = { account: string; reading: Reading };
type Found = { answered: readonly Answered[]; page: PageTold | null };

async function takePage({ engine, log }: WorkerContext, { account, reading }: Read, answer: unknown): Promise<Found | null> {
  const sight = judgeInbox(answer, reading);
  if (sight === null) return null;
  const asks = await notOurs(engine, account, sight);
  const goesOn = !sight.isOld && sight.cursor !== "" && sight.cursor !== reading.cursor;
  const isLong = goesOn && reading.pages + 1 >= MOST_PAGES;
  if (isLong)
    log.warn(
      { accountId: account, pages: MOST_PAGES },
      "an inbox has more that is new than is read at once: what lies behind is not looked at",
    );
  return { answered: sight.answered, page: { cursor: goesOn && !isLong ? sight.cursor : "", asks } };
}

/** The conversations to look at: not those whose last message is the one that we sent. */
async function notOurs(engine: Engine, account: string, { asks }: InboxSight): Promise<PageTold["asks"]> {
  const ours = asks.filter(({ mayBeOurs, address }) => mayBeOurs && address !== "");
  const sent = await engine.people.inboxes.sentAt(
    account,
    ours.map(({ address }) => address),
  );
  const known = new Set(ours.filter(({ atMs }, at) => (sent[at] ?? 0) >= atMs - CLOCKS_DIFFER_MS));
  return asks.filter((ask) => !known.has(ask)).map(({ id, address, atMs }) => ({ id, address, atMs }));
}

function takeConversation({ log }: WorkerContext, { account, reading: { ask, ...known } }: Read, answer: unknown): Found | null {
  const sight = judgeConversation(answer, known);
  if (sight === null || ask === undefined) return null;
  if (sight.kind === "none") return { answered: [], page: null };
  // Whoever can't be told apart from the member counts as one who answered; where there is no address nobody can be told of.
  if (sight.kind === "unclear")
    log.warn({ accountId: account }, "who wrote last in a conversation can't be told: the other member counts as one who answered");
  if (ask.address === "") return { answered: [], page: null };
  return { answered: [{ address: ask.address, atMs: sight.kind === "answered" ? sight.atMs : ask.atMs }], page: null };
}

/** Tells of replies, and ends what waits for these people. */
async function tellReplies({ people }: Engine, answered: readonly Answered[]): Promise<void> {
  const news: string[] = [];
  for (const { address, atMs } of answered) {
    const { isNews, mayStop } = await people.replies.put({ address, atMs });
    if (isNews && mayStop) news.push(personKey(address));
  }
  if (news.length > 0) await people.stoppedJobs.end("replied", news);
}
