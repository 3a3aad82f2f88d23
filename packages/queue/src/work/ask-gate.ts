/**
 * A checked job before the gate: it waits in its process's line until the answer lasts. Where its campaign's text was edited after it was made,
 * it is rendered anew and asks again. Nothing is decided about the job here.
 */
import { type ParsedJob, PRIORITIES, type PriceTable, scopesOf } from "@linkup-queue/contracts";
import { renderAnew } from "../campaigns/feed/campaign-job.ts";
import type { CallHistory } from "../job/call-history.ts";
import type { JobMeta } from "../job/job-meta.ts";
import { jobTarget } from "../job/job-target.ts";
import { type GateRequest, newCallId } from "../ledger/gate.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { FetchedJob } from "./call-worker.ts";
import { readMeta } from "./read-meta.ts";
import type { WaitingLine, WaitingLineAnswer } from "./waiting-line.ts";

/** A fetched job whose data is right. */
export type CheckedJob = FetchedJob & { parsed: ParsedJob; meta: JobMeta };

/** A checked job with its latest request, which was made from the campaign's text at that time. */
export type AskedJob = CheckedJob & { request: GateRequest };

export type AskAnswer =
  | Exclude<WaitingLineAnswer, { kind: "edited" }>
  /** The campaign's present text does not fit the job's recipient; `message` says why, for people. */
  | { kind: "unfit"; message: string; history: CallHistory };

type AskParts = { line: WaitingLine; engine: { scripts: RedisScripts; prices: PriceTable } };

/**
 * May the job's call leave now? A granted one must be ended with the line's `done`. `onLined` is called each time the job has to wait in the
 * line. Rejects when Redis failed.
 */
export async function askGate(parts: AskParts, checked: CheckedJob, onLined: () => void): Promise<{ job: AskedJob; answer: AskAnswer }> {
  const job = { ...checked, request: gateRequest(parts.engine.prices, checked) };
  const answer = await parts.line.pass(job.request, onLined);
  if (answer.kind !== "edited") return { job, answer };
  const anew = await renderAnew(parts.engine.scripts, job.parsed);
  if (!anew.ok) return { job, answer: { kind: "unfit", message: anew.message, history: answer.history } };
  return await askGate(parts, withText(checked, anew.job), onLined);
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
    expiresAtMs: data.expiresAt === undefined ? null : Date.parse(data.expiresAt),
    meta,
    revision: data.template?.revision,
  };
}
