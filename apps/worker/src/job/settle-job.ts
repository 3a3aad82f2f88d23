/** From a verdict to BullMQ: decide, settle, publish, and what the worker tells BullMQ of the job. An outcome is published when it is settled. */
import type { Outcome } from "@linkup-queue/contracts";
import {
  type AskedJob,
  type CallHistory,
  countedBy,
  type Decision,
  type End,
  endOf,
  type FetchedJob,
  type Found,
  type InvitationSign,
  type JobMeta,
  jobDigest,
  lookGapMs,
  type Next,
  type SettleAnswer,
  type Settlement,
  settlementOf,
  watchedBy,
} from "@linkup-queue/queue";
import type { WorkerContext } from "../process/context.ts";
import { decide, type Plan } from "./decide.ts";
import { decideLook, doneAgain, lookAfter } from "./decide-look.ts";
import { signOf } from "./judge-look.ts";
import type { Called } from "./make-call.ts";
import { settleCall, whileRefused } from "./settle-call.ts";
import { takeCount } from "./take-count.ts";
import { takeWatched, watchedPlan } from "./take-inbox.ts";

/** A job that a worker has fetched, whether its data is right or not. */
export type JobInHand = FetchedJob & { meta: JobMeta };

type SettledJob = {
  job: JobInHand;
  plan: Plan;
  /** The job's, should it have ended. */
  outcome: Outcome;
  answer: SettleAnswer;
  expiresAtMs: number | null;
};

/** The plan for a job whose call came to this. */
export function planOf({ engine, settings, random }: WorkerContext, job: AskedJob, { verdict, history, epoch }: Called): Plan {
  const { parsed, request, meta, looking } = job;
  const { definition, data } = parsed;
  const situation = { history, epoch, scopes: request.scopes ?? [], backoffMs: settings.backoffMs, nowMs: Date.now(), random };
  if (looking !== undefined) {
    const { look, reconciling, self } = looking;
    return decideLook(verdict, {
      ...situation,
      look: look.operation,
      reconciling,
      self,
      gapMs: lookGapMs(engine.config),
    });
  }
  const plan = decide(verdict, { ...situation, kind: definition.kind, onUnknown: data.onUnknown });
  const isWatch = watchedBy(job.ref) !== null || countedBy(job.ref) !== null;
  if (isWatch && definition.kind === "read") return watchedPlan(plan, parsed.operation);
  if (meta.reconcile === undefined) return plan;
  return lookAfter(plan, { account: data.accountId, target: request.target, text: meta.reconcile });
}

/** Settles a call and what was planned of its job. A token that died asks for another at once. */
export async function settleCalled(context: WorkerContext, job: AskedJob, called: Called & { plan: Plan }): Promise<SettledJob> {
  const { engine, log } = context;
  const { ref, meta } = job;
  const { plan, callId, left, verdict, cost, countedAtMs } = called;
  if (plan.watched !== undefined) {
    const take = countedBy(ref) === null ? takeWatched : takeCount;
    await whileRefused(context, ref, () => take(context, job, plan.watched));
  }
  // Before the settlement: a crash between the two has the look made again, and what it finds is kept once.
  const proved = plan.found === undefined || (await tellFound(context, ref, plan.found));
  const ending = proved ? plan.ending : doneAgain(plan.ending);
  const { outcome, end } = endOf(ref, meta, { ending, history: withCall(called), data: job.data });
  const { keyAction, refusal, alone, doubtful, accountEvent, ownEvent } = plan;
  const { charge, httpStatus } = verdict;
  const counted = charge === "unknown" ? { price: cost.uncertain } : { price: cost.charged, uncertain: cost.uncertain };
  const countedAgoMs = countedAtMs === undefined ? undefined : () => performance.now() - countedAtMs;
  const call = { callId, left, httpStatus, charge, ...counted, countedAgoMs };
  const operation = job.looking?.look.operation ?? meta.operation;
  const answer = await settleCall(
    context,
    settlementOf(
      ref,
      { ...meta, operation },
      {
        call,
        next: nextOf(plan, end),
        publishes: outcome,
        keyAction,
        refusal,
        alone,
        doubtful,
        accountEvent,
        ownEvent,
        worked: plan.worked,
        self: plan.self,
        invited: invitedBy(job),
        sign: signFound(job, plan),
      },
    ),
  );
  if ((accountEvent ?? ownEvent)?.type === "token_dead" && meta.accountId !== null) {
    const need = await engine.accounts.authNeed(meta.accountId);
    if (need !== null) await engine.authJobs.add(need);
  }
  log.debug({ queue: ref.queue, jobId: ref.id, operation: meta.operation, row: verdict.row, settled: answer.kind }, "called");
  return { job, plan, outcome, answer, expiresAtMs: job.request.expiresAtMs };
}

/** The address of the person whom a job invites; undefined for another job. */
function invitedBy({ parsed }: AskedJob): string | undefined {
  const { linkedin_url: address } = parsed.data.input;
  return parsed.operation === "invitation.send" && typeof address === "string" ? address : undefined;
}

/** The find of a look of a sequence's step. */
function signFound({ parsed, meta }: AskedJob, { ending }: Plan): InvitationSign | undefined {
  return parsed.operation === "invitation.status" && meta.step !== undefined ? signOf(ending.output) : undefined;
}

/** Tells once more of a write that was told `unknown`: what a look found of it. False: the write was done again meanwhile, so the look proves nothing. */
async function tellFound(context: WorkerContext, ref: Settlement["ref"], found: Found): Promise<boolean> {
  const { jobs, outbox } = context.engine;
  let proved = true;
  await whileRefused(context, ref, async () => {
    const finding = await jobs.resolutions.keepFound(found);
    if (finding.kind === "kept") await outbox.publishResolved([finding.outcomeId]);
    proved = finding.kind !== "done_again";
  });
  return proved;
}

/** The job's history with this call in it. */
function withCall({ history, left, cost, startedMs }: Called): CallHistory {
  if (!left) return history;
  return {
    ...history,
    calls: history.calls + 1,
    charged: history.charged + cost.charged,
    uncertain: history.uncertain + cost.uncertain,
    startedMs: history.startedMs ?? startedMs,
  };
}

function nextOf({ next, ownEvent, reconciling, afterMs }: Plan, end: End): Next {
  switch (next) {
    case "look":
      if (reconciling === undefined) throw new Error("a look without what is looked for");
      return { kind: next, reconciling, afterMs, exhausted: end };
    case "end":
      return { kind: next, ...end };
    case "retry":
    case "brake":
      return { kind: next, exhausted: end };
    case "again":
      return ownEvent === undefined ? { kind: next } : { kind: next, exhausted: end };
    case "park":
      return { kind: next };
  }
}

/** Publishes the outcome of a job that ended, where settling it did not. A crash before it leaves that to the sweep. */
export async function publishEnd({ engine }: WorkerContext, { job, answer, outcome }: SettledJob): Promise<void> {
  if (answer.kind === "ended" && answer.published !== true) await engine.outbox.publish(jobDigest(job.ref), outcome);
}

/** From the ledger's answer to the decision. */
export function decisionOf({ log }: WorkerContext, { job, plan, answer, expiresAtMs }: SettledJob): Decision {
  switch (answer.kind) {
    case "ended": {
      const { status, code, message } = plan.ending;
      if (status === "succeeded") return { kind: "complete", value: { status } };
      return { kind: "fail", code: code ?? "internal_error", message };
    }
    case "retry":
    case "again":
    case "look":
      return { kind: "retry", afterMs: plan.afterMs };
    case "parked":
      return { kind: "park", expiresAtMs };
    case "already":
      // The job was settled without us: this worker was away longer than the call's deadline.
      log.warn({ queue: job.ref.queue, jobId: job.ref.id, state: answer.state }, "a late answer: the job was settled before it came");
      if (answer.state === "settled") return { kind: "complete", value: { status: "settled_before" } };
      return { kind: "snooze", afterMs: plan.afterMs, reason: "overtaken" };
  }
}
