/**
 * The life of a job, top to bottom: parse -> gate -> left -> call -> settle -> publish -> decide. What can happen at each step is a value;
 * only defects and a Redis that is away throw.
 */
import { randomBytes } from "node:crypto";
import {
  checkJob,
  describeIssues,
  type JobCheck,
  type OutcomeCode,
  type ParsedJob,
  PRIORITIES,
  type PriceTable,
  type Verdict,
} from "@linkup-queue/contracts";
import {
  type CallHistory,
  type Decision,
  type End,
  type Ending,
  endOf,
  type FetchedJob,
  type GateRequest,
  INTERRUPTED,
  type JobMeta,
  jobDigest,
  jobTarget,
  type LineAnswer,
  type Next,
  NO_HISTORY,
  type Processor,
  type Progress,
  renderAnew,
  type SettleAnswer,
  settlementOf,
} from "@linkup-queue/queue";
import type { WorkerContext } from "./context.ts";
import { decide, type Plan } from "./decide.ts";
import { readMeta } from "./read-meta.ts";
import { settleCall } from "./settle-call.ts";

/** A fetched job, checked. Whatever its data is, it has an answer. */
function checkFetched({ log }: WorkerContext, { ref, name, data, unread }: FetchedJob): JobCheck {
  if (unread !== null) return { ok: false, issues: [{ path: "data", message: unread }] };
  const checked = checkJob({ queue: ref.queue, name, data });
  // Its words may hold values of the job; where it was thrown is enough.
  if (!checked.ok && checked.thrown !== undefined) {
    log.error({ queue: ref.queue, jobId: ref.id, thrown: placeOf(checked.thrown) }, "a check threw: its job ends invalid_input");
  }
  return checked;
}

/** The kind of what was thrown, and its stack without the message. */
function placeOf(thrown: unknown): string[] {
  if (!(thrown instanceof Error)) return [typeof thrown];
  return [thrown.name, ...(thrown.stack ?? "").split("\n").filter((line) => /^ {4}at /.test(line))];
}

type Granted = Extract<LineAnswer, { kind: "granted" }>;
type Interrupted = Extract<LineAnswer, { kind: "interrupted" }>;

/** A call's name: made before the gate is asked, the same in every script of the call. */
export function newCallId(): string {
  return randomBytes(12).toString("base64url");
}

/** The processor of the call queues. */
export function jobProcessor(context: WorkerContext): Processor {
  return (job, progress) => processJob(context, job, progress);
}

async function processJob(context: WorkerContext, fetched: FetchedJob, progress: Progress): Promise<Decision> {
  let job = fetched;
  // 1. Parse: what is wrong in the data ends here, free.
  const checked = checkFetched(context, job);
  let meta = readMeta(job);
  if (!checked.ok) {
    return await endUncalled(context, job, { meta, code: "invalid_input", message: describeIssues(checked.issues) });
  }
  let parsed = checked.job;

  const { prices } = context.engine;

  // 2. Gate: may it leave now? It waits in the process's line as long as the answer is `wait`.
  let request = gateRequest(job, { parsed, meta, prices });
  let answer = await context.line.pass(request, progress.lined);
  // Its campaign's text was edited after the job was made: what has not left goes by the text of now.
  while (answer.kind === "edited") {
    const anew = await renderAnew(context.engine.scripts, parsed);
    if (!anew.ok) {
      const { history } = answer;
      return await endUncalled(context, job, { meta, code: "invalid_input", message: anew.message, history, holdsToken: true });
    }
    parsed = anew.job;
    job = { ...job, data: parsed.data };
    meta = readMeta(job);
    request = gateRequest(job, { parsed, meta, prices });
    answer = await context.line.pass(request, progress.lined);
  }
  switch (answer.kind) {
    case "granted":
      break;
    case "handed_back":
      return { kind: "hand_back" };
    case "snooze":
      return { kind: "snooze", afterMs: answer.forMs, reason: answer.reason };
    case "parked":
      return { kind: "park", expiresAtMs: request.expiresAtMs };
    case "settled":
      // A re-run after a crash, or an id that was used before: at most its outcome is still to be published.
      if (!answer.published) await context.engine.outbox.republish(jobDigest(job.ref));
      return { kind: "complete", value: { status: "settled_before" } };
    case "refused":
      return await endUncalled(context, job, {
        meta,
        ...REFUSALS[answer.code],
        cancelled: answer.code !== "account_unavailable" || answer.waited,
        history: answer.history,
      });
    case "interrupted":
      return await endInterrupted(context, job, { parsed, meta, answer });
  }

  // 3. Call: the `left` mark is written when the connection is open, before the first byte.
  progress.granted();
  try {
    const result = await call(context, { request, parsed, granted: answer });
    if (result.left) context.metrics.called({ operation: meta.operation, verdict: result.verdict, price: result.price });
    const plan = decide(result.verdict, {
      kind: parsed.definition.kind,
      onUnknown: parsed.data.onUnknown,
      history: answer.history,
      epoch: answer.epoch,
      backoffMs: context.settings.backoffMs,
      random: context.random,
    });

    // 4. Settle: credits, slot, lane, key, account and the job's next state in one step; then publish, then tell BullMQ.
    return await settle(context, job, {
      expiresAtMs: request.expiresAtMs,
      meta,
      callId: request.callId,
      history: answer.history,
      plan,
      ...result,
    });
  } finally {
    context.line.done();
  }
}

const REFUSALS: Record<"expired" | "account_unavailable" | "cancelled", { code: OutcomeCode; message: string }> = {
  expired: { code: "expired", message: "The job's expiresAt passed before it could be sent; nothing was sent" },
  account_unavailable: {
    code: "account_unavailable",
    message: "There is no such account, or it was removed; register it with PUT /v1/accounts/{id} and enqueue the job again",
  },
  cancelled: { code: "cancelled", message: "The job was cancelled before it was sent" },
};

type Priced = { parsed: ParsedJob; meta: JobMeta; prices: PriceTable };

function gateRequest(job: FetchedJob, { parsed, meta, prices }: Priced): GateRequest {
  return {
    callId: newCallId(),
    ref: job.ref,
    accountId: parsed.data.accountId,
    priority: job.priority,
    urgent: job.priority === PRIORITIES.urgent,
    price: prices[parsed.operation].credits(parsed.data.input),
    target: jobTarget(parsed.operation, parsed.data),
    expiresAtMs: parsed.data.expiresAt === undefined ? null : Date.parse(parsed.data.expiresAt),
    meta,
    revision: parsed.data.template?.revision,
  };
}

/** `price`: what the call cost where it was charged, by the answer or, where that does not tell, as held at the gate. */
type Called = { verdict: Verdict; left: boolean; price: number };

async function call(
  context: WorkerContext,
  { request, parsed, granted }: { request: GateRequest; parsed: ParsedJob; granted: Granted },
): Promise<Called> {
  const { engine, transport, settings } = context;
  const { operation, data } = parsed;
  const token = await engine.secrets.open(granted.token, { purpose: "token", owner: request.accountId });
  const { verdict, left, credits } = await transport.send(
    { kind: "call", operation, input: data.input, token, country: granted.country || undefined },
    {
      deadlineMs: granted.askedAtMs + settings.timeoutMs - performance.now(),
      markLeft: () => engine.gate.markLeft(request.ref, request.callId),
    },
  );
  return { verdict, left, price: credits ?? request.price };
}

type CallToSettle = Called & { expiresAtMs: number | null; meta: JobMeta; callId: string; history: CallHistory; plan: Plan };

/** The job's history with this call in it. */
function withCall({ history, left, verdict, price }: CallToSettle): CallHistory {
  if (!left) return history;
  return {
    ...history,
    calls: history.calls + 1,
    charged: history.charged + (verdict.charge === "yes" ? price : 0),
    uncertain: history.uncertain + (verdict.charge === "unknown" ? price : 0),
    startedMs: history.startedMs ?? Date.now(),
  };
}

async function settle(context: WorkerContext, job: FetchedJob, settled: CallToSettle): Promise<Decision> {
  const { engine, log } = context;
  const { meta, plan, verdict, left } = settled;
  const { outcome, end } = endOf(job.ref, meta, { ending: plan.ending, history: withCall(settled), data: job.data });
  const answer = await settleCall(
    context,
    settlementOf(job.ref, meta, {
      call: { callId: settled.callId, left, httpStatus: verdict.httpStatus, charge: verdict.charge, price: settled.price },
      next: nextOf(plan, end),
      keyAction: plan.keyAction,
      refusal: plan.refusal,
      accountEvent: plan.accountEvent,
    }),
  );
  if (plan.accountEvent?.type === "token_dead" && meta.accountId !== null) {
    const need = await engine.accounts.authNeed(meta.accountId);
    if (need !== null) await engine.authJobs.add(need);
  }
  log.debug({ queue: job.ref.queue, jobId: job.ref.id, operation: meta.operation, row: verdict.row, settled: answer.kind }, "called");
  return await follow(context, job, {
    answer,
    plan,
    publish: () => engine.outbox.publish(jobDigest(job.ref), outcome),
    expiresAtMs: settled.expiresAtMs,
  });
}

function nextOf(plan: Plan, end: End): Next {
  switch (plan.next) {
    case "end":
      return { kind: "end", ...end };
    case "retry":
    case "brake":
      return { kind: plan.next, exhausted: end };
    default:
      return { kind: plan.next };
  }
}

/** From the ledger's answer to the decision; an ended job publishes its outcome first. */
async function follow(
  context: WorkerContext,
  job: FetchedJob,
  { answer, plan, publish, expiresAtMs }: { answer: SettleAnswer; plan: Plan; publish: () => Promise<boolean>; expiresAtMs: number | null },
): Promise<Decision> {
  switch (answer.kind) {
    case "ended": {
      await publish();
      const { status, code, message } = plan.ending;
      if (status === "succeeded") return { kind: "complete", value: { status } };
      return { kind: "fail", code: code ?? "internal_error", message };
    }
    case "retry":
    case "again":
      return { kind: "retry", afterMs: plan.afterMs };
    case "parked":
      return { kind: "park", expiresAtMs };
    case "already":
      // The job was settled without us: this worker was away longer than the call's deadline.
      context.log.warn(
        { queue: job.ref.queue, jobId: job.ref.id, state: answer.state },
        "a late answer: the job was settled before it came",
      );
      if (answer.state === "settled") return { kind: "complete", value: { status: "settled_before" } };
      return { kind: "snooze", afterMs: plan.afterMs, reason: "overtaken" };
  }
}

/** `history`: what the job came to before, when the gate was asked; one that refused gave the limiter's token back itself. */
type UncalledEnd = {
  meta: JobMeta;
  code: OutcomeCode;
  message: string;
  cancelled?: boolean;
  history?: CallHistory;
  holdsToken?: boolean;
};

/** Ends a job that makes no call now: free, and with the one outcome that every accepted job gets. */
async function endUncalled(
  context: WorkerContext,
  job: FetchedJob,
  { meta, code, message, cancelled = false, history, holdsToken = history === undefined }: UncalledEnd,
): Promise<Decision> {
  const status = cancelled ? "cancelled" : "failed";
  const ending: Ending = { status, code, message, httpStatus: null, output: null };
  const { outcome, end } = endOf(job.ref, meta, { ending, history: history ?? NO_HISTORY, data: job.data });
  const answer = await settleCall(context, settlementOf(job.ref, meta, { fetched: holdsToken, next: { kind: "end", ...end } }));
  const plan: Plan = { next: "end", ending, afterMs: 0 };
  return await follow(context, job, {
    answer,
    plan,
    publish: () => context.engine.outbox.publish(jobDigest(job.ref), outcome),
    expiresAtMs: null,
  });
}

/** A call of this job left and its worker died before the answer. No call is made now; a read may be asked to run again. */
async function endInterrupted(
  context: WorkerContext,
  job: FetchedJob,
  { parsed, meta, answer }: { parsed: ParsedJob; meta: JobMeta; answer: Interrupted },
): Promise<Decision> {
  const verdict: Verdict = {
    row: "interrupted",
    code: "interrupted",
    charge: "unknown",
    effect: "unknown",
    remedy: "end",
    message: INTERRUPTED.message,
    httpStatus: null,
    output: null,
  };
  const situation = { kind: parsed.definition.kind, onUnknown: parsed.data.onUnknown, history: answer.history, epoch: 0 };
  const plan = decide(verdict, { ...situation, backoffMs: context.settings.backoffMs, random: context.random });
  return await settle(context, job, {
    expiresAtMs: null,
    meta,
    callId: answer.callId,
    price: answer.price,
    history: answer.history,
    plan,
    verdict,
    left: true,
  });
}
