/**
 * The life of a log-in or verification: the same gate, window and ledger as any call, one at a time for each account and epoch. The token
 * goes encrypted into the account's record in the step that settles the call, and nowhere else.
 */
import type { Verdict } from "@linkup-queue/contracts";
import type { AuthAnswer, Reply } from "@linkup-queue/linkup";
import {
  type AccountEvent,
  AUTH_OPERATIONS,
  AuthJobData,
  type Credentials,
  type Decision,
  type FetchedJob,
  type GateRequest,
  interruptedAuthEvent,
  type JobMeta,
  jobTarget,
  type Next,
  newCallId,
  type Processor,
  type Progress,
  SECRET_UNREADABLE,
  type Secrets,
  type SettledCall,
  settlementOf,
} from "@linkup-queue/queue";
import type { WorkerContext } from "../process/context.ts";
import { costOf } from "./cost-of.ts";
import { backoff } from "./decide.ts";
import { openSealed } from "./open-sealed.ts";
import { settleCall } from "./settle-call.ts";

/** Credits reserved for a log-in, and counted where its answer does not tell what it cost: no page of LinkUp's does. */
const AUTH_PRICE = 1;
const LONGEST_BACKOFF_MS = 600_000;
const AGAIN_MS = 1_000;

/** The processor of the auth queue. */
export function authProcessor(context: WorkerContext): Processor {
  return (job, progress) => refreshToken(context, job, progress);
}

type AuthPlan = {
  next: Next;
  afterMs: number;
  event?: AccountEvent;
  keyAction?: "stop" | "cool";
  /** The service itself refused, by this row of the answer table. */
  refusal?: string;
  /** The answer made no sense, by this row. */
  doubtful?: string;
  /** The account's event when the refusal turns out to be the account's own. */
  ownEvent?: AccountEvent;
};
const ENDED: Next = { kind: "end", status: "succeeded", code: null, outcome: null };
const FAILED: Next = { kind: "end", status: "failed", code: null, outcome: null };

async function refreshToken(context: WorkerContext, job: FetchedJob, progress: Progress): Promise<Decision> {
  const parsed = AuthJobData.safeParse(job.data);
  if (!parsed.success) return { kind: "fail", code: "invalid_input", message: "This is no auth job of this version; nothing was sent" };
  const { accountId, state, epoch, turn } = parsed.data;
  const auth = { state, epoch, turn };
  const meta: JobMeta = {
    operation: AUTH_OPERATIONS[state],
    accountId,
    campaignId: null,
    recipientId: null,
    redriveOf: null,
    enqueuedAtMs: job.ref.timestamp,
    auth,
  };
  const request: GateRequest = {
    callId: newCallId(),
    ref: job.ref,
    accountId,
    priority: 1,
    urgent: true,
    price: AUTH_PRICE,
    target: jobTarget(meta.operation, { accountId, input: {} }),
    expiresAtMs: null,
    meta,
    auth,
  };
  const answer = await context.line.pass(request, progress.lined);
  switch (answer.kind) {
    case "granted":
      break;
    case "handed_back":
      return { kind: "hand_back" };
    case "snooze":
      return { kind: "snooze", afterMs: answer.forMs, reason: answer.reason };
    case "parked":
      // Only behind a brake; it comes back when that is off, or as its probe.
      return { kind: "park", expiresAtMs: null };
    case "settled":
      return { kind: "complete", value: { status: "settled_before" } };
    case "refused":
      return { kind: "complete", value: { status: "not_needed_any_more" } };
    case "edited":
    case "look":
      throw new Error("the gate took a log-in for a campaign's job");
    case "interrupted": {
      const plan: AuthPlan = { next: FAILED, afterMs: 0, event: interruptedAuthEvent(auth) };
      const call = { callId: answer.callId, left: true, charge: "unknown", httpStatus: null, price: request.price } as const;
      return await settle(context, request, { plan, call });
    }
  }

  progress.granted();
  try {
    const secrets = await openLogin(context, request);
    if (secrets.kind !== "opened") {
      const plan = unopenedPlan(secrets.kind, auth);
      const call = { callId: request.callId, left: false, charge: "no", httpStatus: null, price: request.price } as const;
      return await settle(context, request, { plan, call });
    }
    const result = await call(context, request, { ...secrets.value, askedAtMs: answer.askedAtMs });
    const cost = costOf(result.verdict, result.credits, request.price);
    if (result.left) context.metrics.called({ operation: meta.operation, verdict: result.verdict, cost });
    const plan = await planFor(result.auth, result.verdict, {
      auth,
      accountId: request.accountId,
      secrets: context.engine.secrets,
      pauseMs: backoff(answer.history.attempts, {
        backoffMs: context.settings.backoffMs,
        longestMs: LONGEST_BACKOFF_MS,
        random: context.random,
      }),
    });
    context.log.info({ accountId, operation: meta.operation, row: result.verdict.row, event: plan.event?.type ?? null }, "account");
    const { charge, httpStatus } = result.verdict;
    const price = cost.charged + cost.uncertain;
    return await settle(context, request, { plan, call: { callId: request.callId, left: result.left, charge, httpStatus, price } });
  } finally {
    context.line.done();
  }
}

type Login = Credentials & { country: string | null; code: string | null };
type OpenedLogin = { kind: "opened"; value: Login } | { kind: "missing" | "unreadable" | "code_unreadable" | "stale" };

/** Opens the texts that the log-in or verification sends. */
async function openLogin(context: WorkerContext, { accountId, auth }: GateRequest): Promise<OpenedLogin> {
  const { accounts } = context.engine;
  const credentials = await openSealed(context, () => accounts.credentials(accountId));
  if (credentials.kind !== "opened") return credentials;
  if (credentials.value === null) return { kind: "missing" };
  if (auth?.state !== "awaiting_code") return { kind: "opened", value: { ...credentials.value, code: null } };
  const code = await openSealed(context, () => accounts.code(accountId));
  if (code.kind !== "opened") return code.kind === "unreadable" ? { kind: "code_unreadable" } : code;
  if (code.value === null) return { kind: "missing" };
  return { kind: "opened", value: { ...credentials.value, code: code.value } };
}

/** Nothing is sent. A worker with a stale secrets key stops, and another does it. */
function unopenedPlan(kind: Exclude<OpenedLogin["kind"], "opened">, auth: NonNullable<GateRequest["auth"]>): AuthPlan {
  switch (kind) {
    case "stale":
      return { next: { kind: "again" }, afterMs: AGAIN_MS };
    case "code_unreadable":
      return { next: FAILED, afterMs: 0, event: { type: "code_unreadable", ...auth } };
    case "missing":
      return { next: FAILED, afterMs: 0, event: { type: "refused", why: "no_credentials", ...auth } };
    case "unreadable":
      return { next: FAILED, afterMs: 0, event: { type: "refused", why: SECRET_UNREADABLE, ...auth } };
  }
}

type Calling = Login & { askedAtMs: number };

async function call({ engine, transport, settings }: WorkerContext, request: GateRequest, calling: Calling): Promise<Reply> {
  const { email, password, country: from, code, askedAtMs } = calling;
  const frame = {
    deadlineMs: askedAtMs + settings.timeoutMs - performance.now(),
    markLeft: () => engine.gate.markLeft(request.ref, request.callId),
  };
  const country = from ?? undefined;
  return await transport.send(
    code === null ? { kind: "login", email, password, country } : { kind: "verify", email, code, country },
    frame,
  );
}

type AuthSituation = { auth: NonNullable<GateRequest["auth"]>; accountId: string; secrets: Secrets; pauseMs: number };

/** The meaning of an answer for the account. Free failures back off and never end it; what may have happened is repeated only for a log-in. */
async function planFor(answer: AuthAnswer, verdict: Verdict, { auth, accountId, secrets, pauseMs }: AuthSituation): Promise<AuthPlan> {
  const login = { state: auth.state, epoch: auth.epoch, turn: auth.turn };
  switch (answer.kind) {
    case "token":
      return {
        next: ENDED,
        afterMs: 0,
        event: { type: "logged_in", token: await secrets.seal(answer.token, { purpose: "token", owner: accountId }), ...login },
      };
    case "code_required":
      return { next: ENDED, afterMs: 0, event: { type: "code_required", ...login } };
    case "refused":
      return { next: FAILED, afterMs: 0, event: { type: "refused", why: "login_refused", ...login } };
    case "session_expired":
      return { next: FAILED, afterMs: 0, event: { type: "session_expired", ...login } };
    case "code_wrong":
      return { next: FAILED, afterMs: 0, event: { type: "code_wrong", ...login } };
    case "other":
      break;
  }
  switch (verdict.remedy) {
    case "retry":
      return { next: { kind: "retry", exhausted: { status: "failed", code: null, outcome: null } }, afterMs: pauseMs };
    case "stop_key":
      return { next: { kind: "again" }, afterMs: AGAIN_MS, keyAction: "stop" };
    case "cool_key":
      return { next: { kind: "again" }, afterMs: AGAIN_MS, keyAction: "cool", event: { type: "login_limited", ...login } };
    case "brake":
      // A code works once, so its call is not repeated where it may have been done.
      if (verdict.effect === "unknown" && auth.state === "awaiting_code") {
        return { next: FAILED, afterMs: 0, event: interruptedAuthEvent(auth), refusal: verdict.row };
      }
      // Not the account's fault: it stays as it is, and its log-in waits behind the brake.
      return {
        next: { kind: "brake", exhausted: { status: "failed", code: null, outcome: null } },
        afterMs: AGAIN_MS,
        refusal: verdict.row,
        ownEvent: { type: "refused", why: "login_failed", ...login },
      };
    case "rest":
      return { next: FAILED, afterMs: 0, event: { type: "refused", why: "linkedin_limited", ...login } };
    default:
      if (verdict.effect === "unknown") {
        const event = interruptedAuthEvent(auth);
        return { next: FAILED, afterMs: 0, event, ...(verdict.remedy === "doubt" ? { doubtful: verdict.row } : {}) };
      }
      return { next: FAILED, afterMs: 0, event: { type: "refused", why: "login_failed", ...login } };
  }
}

async function settle(
  context: WorkerContext,
  request: GateRequest,
  { plan, call }: { plan: AuthPlan; call: SettledCall },
): Promise<Decision> {
  const { engine } = context;
  const { next, keyAction, refusal, doubtful, ownEvent, event: accountEvent } = plan;
  const told = { call, next, keyAction, refusal, doubtful, ownEvent, accountEvent };
  const answer = await settleCall(context, settlementOf(request.ref, request.meta, told));
  if (answer.kind === "retry" || answer.kind === "again") return { kind: "retry", afterMs: plan.afterMs };
  // A log-in whose outcome is unknown, or a session that is over, asks for another.
  const need = await engine.accounts.authNeed(request.accountId);
  if (need !== null) await engine.authJobs.add(need);
  return { kind: "complete", value: { event: plan.event?.type ?? null } };
}
