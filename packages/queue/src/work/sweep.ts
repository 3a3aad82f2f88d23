/**
 * Finishes what a crash left, or somebody who reached into BullMQ past us: open grants past their deadline, jobs that BullMQ failed or another
 * worker completed, outcomes never published, places of jobs that are gone, log-ins and verifications that nobody started or that BullMQ ended. Any worker may run it; one at a time does. It never makes a call.
 */
import { CALL_QUEUES, type CallQueue, jsonWithinBounds, queuePrefix, SPENDING_QUEUES, type SpendingQueue } from "@linkup-queue/contracts";
import type { Queue } from "bullmq";
import { z } from "zod";
import type { AccountEvent } from "../accounts/account-event.ts";
import { type Accounts, HOURS_AHEAD_MS } from "../accounts/accounts.ts";
import type { AuthJobs } from "../accounts/auth-jobs.ts";
import { addFeedJob, openFeedQueue } from "../campaigns/feed/campaign-feed-job.ts";
import { type CallHistory, historyOf, NO_HISTORY } from "../job/call-history.ts";
import { JobMeta, namesIn } from "../job/job-meta.ts";
import { type JobRef, jobDigest, madeAtMs } from "../job/job-ref.ts";
import { peopleOfJob } from "../job/job-subjects.ts";
import { type Ending, INTERRUPTED, STATE_LOST } from "../job/outcome.ts";
import { afterLostLook, beginReconciling, endingInDoubt, type Reconciling, ReconcilingText } from "../job/reconciling.ts";
import { endInDoubt } from "../ledger/end-in-doubt.ts";
import { endWithoutCall } from "../ledger/end-without-call.ts";
import type { Gate } from "../ledger/gate.ts";
import type { Outbox } from "../ledger/outbox.ts";
import { isLostCall, type SeenState } from "../ledger/seen-state.ts";
import { endOf, type Next, settlementOf } from "../ledger/settlement.ts";
import { type EngineConfig, lookGapMs, probeEveryMs } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { StateEvent } from "../safety/state-event.ts";
import { sweepScript } from "./lua/sweep.ts";

export type SweepReport = {
  interrupted: number;
  published: number;
  vanished: number;
  logins: number;
  failedByBullmq: number;
  takenByOthers: number;
};

export type SweepOptions = {
  worker: string;
  everyMs?: number;
  onSwept: (report: SweepReport) => void;
  /** Hears what became of the key, of rests and of the day's credits: each change is told to one worker, once. */
  onChanged?: (events: readonly StateEvent[]) => void;
  onError: (error: unknown) => void;
};

const EVERY_MS = 1_000;
/** The worker's own deadline comes first; only then is the call given up here. */
const GRACE_MS = 2_000;
const OUTBOX_AGE_MS = 5_000;
const RELEASED_AGE_MS = 5_000;
/** A job that waits between two calls is looked for in its queue this often: each look costs a moment of Redis. */
const WAITING_AGE_MS = 60_000;
/** Clocks of workers differ by less; a job that BullMQ failed is usually ended by the worker that saw it, long before. */
const FAILED_AGE_MS = 5_000;

const LedgerEntry = z.object({
  state: z.string(),
  queue: z.enum(SPENDING_QUEUES as [SpendingQueue, ...SpendingQueue[]]),
  id: z.string(),
  call: z.string().optional(),
  meta: z.string(),
  price: z.coerce.number().default(0),
  granted: z.coerce.number().nullable().default(null),
  op: z.string().optional(),
  target: z.string().default(""),
  reconciling: ReconcilingText.default(null),
});
type Stored = { name: string; timestamp: number; data: unknown; over: boolean };
type LedgerEntry = z.infer<typeof LedgerEntry> & { history: CallHistory };

const VANISHED: Ending = {
  status: "cancelled",
  code: "cancelled",
  message: "The job was removed from its queue while it waited for its turn",
  httpStatus: null,
  output: null,
};
const FAILED_BY_BULLMQ: Ending = {
  status: "failed",
  code: "internal_error",
  message: "BullMQ failed the job before its call was made; nothing was sent. Re-drive it",
  httpStatus: null,
  output: null,
};
const FAILED_BETWEEN_CALLS: Ending = {
  ...FAILED_BY_BULLMQ,
  message:
    "BullMQ failed the job between two of its calls, none of which succeeded; `calls` and `credits` tell what they came to. Re-drive it",
};

/** Somebody runs a worker of their own on our queues. */
const TAKEN_BY_OTHERS: Ending = {
  ...FAILED_BY_BULLMQ,
  message:
    "Another worker than ours took the job out of its queue and finished it, so that our call was not made. Stop that worker, see what it did, and re-drive the job",
};

/** The meaning of a log-in or verification for its account when its answer was never seen. */
export function interruptedAuthEvent(auth: NonNullable<JobMeta["auth"]>): AccountEvent {
  const login = { state: auth.state, epoch: auth.epoch, turn: auth.turn };
  return auth.state === "refreshing" ? { type: "login_unknown", ...login } : { type: "verification_unknown", ...login };
}

type SweepParts = {
  scripts: RedisScripts;
  gate: Gate;
  outbox: Outbox;
  accounts: Accounts;
  authJobs: AuthJobs;
  config: EngineConfig;
  seen: SeenState;
};

/** The end of a job whose call left and was never answered. */
function endingOfOpen({ call = "", reconciling }: LedgerEntry, ending: Ending): Ending {
  if (reconciling !== null) return endingInDoubt(reconciling);
  return isLostCall(call) ? STATE_LOST : ending;
}

export class Sweep {
  readonly #engine: SweepParts;
  readonly #options: SweepOptions;
  readonly #feedQueue: Queue;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(engine: SweepParts, options: SweepOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#feedQueue = openFeedQueue(engine.scripts.client, engine.config.keyId).on("error", options.onError);
  }

  start(): void {
    const everyMs = this.#options.everyMs ?? EVERY_MS;
    const next = () => {
      if (this.#stopped) return;
      this.#timer = setTimeout(() => {
        this.#running = this.sweepOnce()
          .then((report) => {
            if (Object.values(report).some((count) => count > 0)) this.#options.onSwept(report);
          })
          .catch((error: unknown) => this.#options.onError(error))
          .finally(next);
      }, everyMs);
    };
    next();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
    await this.#feedQueue.close();
  }

  /** One pass over what there is to repair, at most a few hundred of each kind. */
  async sweepOnce(): Promise<SweepReport> {
    const { scripts, accounts, authJobs, outbox } = this.#engine;
    const report: SweepReport = { interrupted: 0, published: 0, vanished: 0, logins: 0, failedByBullmq: 0, takenByOthers: 0 };
    const found = await scripts.run(sweepScript, {
      worker: this.#options.worker,
      everyMs: Math.max(50, (this.#options.everyMs ?? EVERY_MS) - 50),
      graceMs: GRACE_MS,
      outboxAgeMs: OUTBOX_AGE_MS,
      releasedAgeMs: RELEASED_AGE_MS,
      waitingAgeMs: WAITING_AGE_MS,
      failedAgeMs: FAILED_AGE_MS,
      queues: CALL_QUEUES,
      ledgerDays: this.#engine.config.ledgerDays,
      outcomeDays: this.#engine.config.outcomeDays,
      maxCreditsPerDay: this.#engine.config.maxCreditsPerDay,
      probeEveryMs: probeEveryMs(this.#engine.config),
      seen: this.#engine.seen.value,
      hoursAheadMs: HOURS_AHEAD_MS / 2,
    });
    this.#options.onChanged?.(found.changed);
    if (found.feed.length > 0) {
      await this.#tried(async () => {
        await addFeedJob(this.#feedQueue);
        return true;
      });
    }
    for (const digest of found.interrupted) {
      if ((await this.#tried(() => this.#finish(digest, "open", INTERRUPTED))) === true) report.interrupted += 1;
    }
    for (const digest of found.vanished) {
      const ended = await this.#tried(async () => {
        if (!(await this.#isOver(digest))) return await this.#finish(digest, "vanished", VANISHED);
        const taken = await this.#finish(digest, "vanished", TAKEN_BY_OTHERS);
        if (taken) report.takenByOthers += 1;
        return false;
      });
      if (ended === true) report.vanished += 1;
    }
    for (const digest of found.unpublished) {
      const published = await this.#tried(() => outbox.republish(digest));
      if (published === false) break;
      if (published === true) report.published += 1;
    }
    await this.#tried(async () => {
      await outbox.publishResolved(found.resolved);
      return true;
    });
    for (const id of found.refreshing) {
      const added = await this.#tried(async () => {
        let need = await accounts.authNeed(id);
        if (need !== null && (await authJobs.isOver(need))) need = await accounts.renewAuthNeed(need, this.#engine.config);
        return need !== null && (await authJobs.add(need));
      });
      if (added === true) report.logins += 1;
    }
    if (found.hoursDue) await this.#tried(async () => (await accounts.renewHours()) > 0);
    report.failedByBullmq += await this.#finishOver(found.failed, "");
    report.takenByOthers += await this.#finishOver(found.completed, "|completed", TAKEN_BY_OTHERS);
    return report;
  }

  /** Ends jobs that are over in BullMQ without us, and moves the cursor behind them. Answers how many it ended. */
  async #finishOver(
    jobs: readonly { queue: CallQueue; id: string; at: number; ended: boolean }[],
    cursorField: "" | "|completed",
    ending?: Ending,
  ): Promise<number> {
    const { scripts } = this.#engine;
    const cursors = new Map<CallQueue, number>();
    const stuck = new Set<CallQueue>();
    let count = 0;
    for (const job of jobs) {
      const ended = job.ended ? false : await this.#tried(() => this.#finishStored(job, ending));
      if (ended === "failed") stuck.add(job.queue);
      if (ended === true) count += 1;
      cursors.set(job.queue, job.at);
    }
    // Only when all are ended: several may have come to their end in the same millisecond.
    for (const [queue, at] of cursors) {
      if (!stuck.has(queue)) await scripts.client.hset(scripts.keys.failedCursor, `${queue}${cursorField}`, String(at));
    }
    return count;
  }

  /** Whether a job that waited for us lies among BullMQ's finished ones. */
  async #isOver(digest: string): Promise<boolean> {
    const entry = await this.#entry(digest);
    return entry !== null && (await this.#stored(entry.queue, entry.id))?.over === true;
  }

  /** An entry that can't be repaired is told, and holds up none of the others. */
  async #tried(repair: () => Promise<boolean>): Promise<boolean | "failed"> {
    try {
      return await repair();
    } catch (error) {
      this.#options.onError(error);
      return "failed";
    }
  }

  /** Ends a job from its ledger entry alone: BullMQ may have lost it. Leaves it alone when it went on since it was found in `state`. */
  async #finish(digest: string, state: "open" | "vanished", ending: Ending): Promise<boolean> {
    const { gate, outbox } = this.#engine;
    const entry = await this.#entry(digest);
    if (entry === null || entry.state !== state) return false;
    const { queue, id, call = "", meta: metaText, price, granted, history, reconciling } = entry;
    const meta = JobMeta.parse(JSON.parse(metaText));
    const ref: JobRef = { queue, id, timestamp: meta.enqueuedAtMs };
    if (state === "vanished") {
      if (reconciling !== null) return (await endInDoubt(this.#engine, { ref, meta })) !== null;
      const answer = await endWithoutCall(this.#engine, { ref, meta }, { ending, history });
      return answer.kind === "ended";
    }
    const { outcome, end } = endOf(ref, meta, {
      ending: endingOfOpen(entry, ending),
      history: { ...history, startedMs: history.startedMs ?? granted, calls: history.calls + 1, uncertain: history.uncertain + price },
    });
    // Who is to run it again must still be there: BullMQ's own record of the job.
    const runsAgain = queue !== "auth" && (await this.#stored(queue, id)) !== null;
    const look = runsAgain ? this.#nextLook(entry, meta) : null;
    let next: Next = { kind: "end", ...end };
    if (look !== null) next = { kind: "look", ...look, exhausted: end };
    else if (runsAgain && meta.rerun === true) next = { kind: "retry", exhausted: end };
    const operation = reconciling === null ? meta.operation : (entry.op ?? meta.operation);
    const answer = await gate.settle(
      settlementOf(
        ref,
        { ...meta, operation },
        {
          call: { callId: call, left: true, httpStatus: null, charge: "unknown", price },
          next,
          inDoubt: reconciling !== null,
          accountEvent: meta.auth === undefined ? undefined : interruptedAuthEvent(meta.auth),
        },
      ),
    );
    if (answer.kind !== "ended") return false;
    if (queue !== "auth") await outbox.publish(digest, outcome);
    return true;
  }

  /** The look that follows on a call that nobody saw the answer of; null where none does. */
  #nextLook(
    { call = "", reconciling, target }: LedgerEntry,
    { accountId, reconcile }: JobMeta,
  ): { reconciling: Reconciling; afterMs: number } | null {
    if (reconciling !== null) {
      const after = afterLostLook(reconciling);
      return after === null ? null : { reconciling: after, afterMs: lookGapMs(this.#engine.config) };
    }
    // Of a write that may have left in a time that is lost nobody knows since when to look.
    if (reconcile === undefined || accountId === null || isLostCall(call)) return null;
    return { reconciling: beginReconciling({ account: accountId, target, text: reconcile, ending: INTERRUPTED }), afterMs: 0 };
  }

  async #entry(digest: string): Promise<LedgerEntry | null> {
    const { scripts } = this.#engine;
    const fields = await scripts.client.hgetall(scripts.keys.job(digest));
    const entry = LedgerEntry.safeParse(fields);
    return entry.success ? { ...entry.data, history: historyOf(fields) } : null;
  }

  /** A job in BullMQ's sets of those that are over: ours are settled; one that is not was ended by BullMQ itself, or by somebody else. */
  async #finishStored({ queue, id }: { queue: CallQueue; id: string }, ending: Ending | undefined): Promise<boolean> {
    const job = await this.#stored(queue, id);
    if (job === null) return false;
    return await this.endUncalled({ queue, id, timestamp: job.timestamp }, job, ending);
  }

  /** BullMQ's own record of a job; data that is no JSON is null. */
  async #stored(queue: SpendingQueue, id: string): Promise<Stored | null> {
    const { scripts, config } = this.#engine;
    const key = `${queuePrefix(config.keyId)}:${queue}:${id}`;
    const [name, data, timestamp, finishedOn] = await scripts.client.hmget(key, "name", "data", "timestamp", "finishedOn");
    if (name === null || name === undefined) return null;
    return { name, timestamp: madeAtMs(timestamp), data: jsonWithinBounds(data ?? ""), over: typeof finishedOn === "string" };
  }

  /**
   * Writes the outcome of a job that BullMQ failed without a call of ours, or the `ending` that is given. False when the ledger knows its end, or
   * its call is still out.
   */
  async endUncalled(ref: JobRef, { name, data }: { name: string; data: unknown }, ending?: Ending): Promise<boolean> {
    // No producer asked for it, so nobody is owed an outcome: the account still waits, and its next sweep begins a new turn.
    if (ref.queue === "auth") return false;
    const meta: JobMeta = { operation: name, ...namesIn(data), enqueuedAtMs: ref.timestamp, about: peopleOfJob(data) };
    const entry = await this.#entry(jobDigest(ref));
    const history = entry?.history ?? NO_HISTORY;
    const how = ending ?? (history.calls === 0 ? FAILED_BY_BULLMQ : FAILED_BETWEEN_CALLS);
    const answer = await endWithoutCall(this.#engine, { ref, meta }, { ending: how, history, data });
    if (answer.kind === "already" && answer.state === "reconciling") {
      return (await endInDoubt(this.#engine, { ref, meta }, { data })) !== null;
    }
    return answer.kind === "ended";
  }
}
