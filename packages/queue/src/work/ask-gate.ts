/**
 * A checked job before the gate: it waits in its process's line until the answer lasts. Where its campaign's text was edited after it was made,
 * it is rendered anew and asks again. Nothing is decided about the job here.
 */
import { noteIn, type ParsedJob, PRIORITIES, type PriceTable, REACHING_OPERATIONS, scopesOf, withoutNote } from "@linkup-queue/contracts";
import { renderAnew } from "../campaigns/feed/campaign-job.ts";
import type { CallHistory } from "../job/call-history.ts";
import type { JobMeta } from "../job/job-meta.ts";
import { peopleReached } from "../job/job-subjects.ts";
import { jobTarget } from "../job/job-target.ts";
import { type Look, planLook } from "../job/plan-look.ts";
import type { Reconciling } from "../job/reconciling.ts";
import { type GateAnswer, type GateRequest, newCallId } from "../ledger/gate.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { FetchedJob } from "./call-worker.ts";
import { readMeta } from "./read-meta.ts";
import type { WaitingLine, WaitingLineAnswer } from "./waiting-line.ts";

/** A fetched job whose data is right. */
export type CheckedJob = FetchedJob & { parsed: ParsedJob; meta: JobMeta };

/** A checked job with its latest request, which was made from the campaign's text at that time. */
export type AskedJob = CheckedJob & {
  request: GateRequest;
  /** Its write may have been done: the call that was asked for is a look. */
  looking?: Looking;
};

/** `self`: a digest of the name that the account's own messages bear; empty while nobody knows. */
export type Looking = { look: Look; reconciling: Reconciling; self: string };

export type AskAnswer =
  | Exclude<WaitingLineAnswer, { kind: "edited" | "look" }>
  /** Its write may have been done, and it can't be looked for. */
  | { kind: "in_doubt" }
  /** The campaign's present text does not fit the job's recipient; `message` says why, for people. */
  | { kind: "unfit"; message: string; history: CallHistory };

const REACHING: ReadonlySet<string> = new Set(REACHING_OPERATIONS);

type AskParts = { line: WaitingLine; engine: { scripts: RedisScripts; prices: PriceTable } };

/**
 * May the job's call leave now? A granted one must be ended with the line's `done`. `onLined` is called each time the job has to wait in the
 * line. Rejects when Redis failed.
 */
export async function askGate(parts: AskParts, checked: CheckedJob, onLined: () => void): Promise<{ job: AskedJob; answer: AskAnswer }> {
  const job = { ...checked, request: gateRequest(parts.engine.prices, checked) };
  const answer = await parts.line.pass(job.request, onLined);
  if (answer.kind === "look") return await askToLook(parts, job, { ...answer, onLined });
  if (answer.kind === "granted" && answer.history.bare) return { job: bareJob(job), answer };
  if (answer.kind !== "edited") return { job, answer };
  const anew = await renderAnew(parts.engine.scripts, job.parsed);
  if (!anew.ok) return { job, answer: { kind: "unfit", message: anew.message, history: answer.history } };
  return await askGate(parts, withText(checked, anew.job), onLined);
}

type Told = Extract<GateAnswer, { kind: "look" }> & { onLined: () => void };

/** Asks for the next look, under a callId of its own. */
async function askToLook(
  parts: AskParts,
  job: AskedJob,
  { reconciling, self, onLined }: Told,
): Promise<{ job: AskedJob; answer: AskAnswer }> {
  const look = reconciling === null ? null : planLook(reconciling, job.parsed, self);
  if (look === null || reconciling === null) return { job, answer: { kind: "in_doubt" } };
  const looked = { ...job, looking: { look, reconciling, self }, request: lookRequest(parts.engine.prices, job.request, look) };
  const answer = await parts.line.pass(looked.request, onLined);
  if (answer.kind === "edited" || answer.kind === "look") throw new Error(`the gate answered ${answer.kind} to a look`);
  return { job: looked, answer };
}

/** A look sends nothing to anybody: it goes by no date, and by no text of its campaign. */
function lookRequest(prices: PriceTable, request: GateRequest, { operation, input }: Look): GateRequest {
  const { accountId } = request;
  return {
    ...request,
    callId: newCallId(),
    look: operation,
    price: prices[operation].credits(input),
    target: jobTarget(operation, { accountId, input }),
    scopes: scopesOf(operation, input),
    expiresAtMs: null,
    revision: undefined,
  };
}

/** The job as it was granted: its account has no note left, and its policy says that it goes without. Its data stays, for whoever does it again. */
function bareJob(job: AskedJob): AskedJob {
  const { operation, data } = job.parsed;
  const input = withoutNote(operation, data.input);
  return {
    ...job,
    parsed: { ...job.parsed, data: { ...data, input } },
    request: { ...job.request, scopes: scopesOf(operation, input), note: "" },
  };
}

function withText(job: CheckedJob, parsed: ParsedJob): CheckedJob {
  const { data } = parsed;
  return { ...job, data, parsed, meta: readMeta({ ...job, data }) };
}

function gateRequest(prices: PriceTable, { ref, priority, parsed, meta }: CheckedJob): GateRequest {
  const { operation, data } = parsed;
  return {
    callId: newCallId(),
    ref,
    accountId: data.accountId,
    priority,
    urgent: priority === PRIORITIES.urgent,
    price: prices[operation].credits(data.input),
    target: jobTarget(operation, data),
    scopes: scopesOf(operation, data.input),
    note: noteIn(operation, data.input),
    ...(REACHING.has(operation) || data.step !== undefined ? { people: () => peopleReached(operation, data) } : {}),
    expiresAtMs: data.expiresAt === undefined ? null : Date.parse(data.expiresAt),
    meta,
    revision: data.template?.revision,
  };
}
