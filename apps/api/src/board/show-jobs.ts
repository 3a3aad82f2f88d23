/**
 * The replies of the board's API: jobs without secrets, truncated where they are long, and on a job's own page with what the ledger knows of it.
 * Whatever Bull Board adds to its answers one day passes here too.
 */
import { setImmediate as yieldToEventLoop } from "node:timers/promises";
import type { AfterHook } from "@bull-board/api/typings/app";
import { CallQueue } from "@linkup-queue/contracts";
import type { Engine, EngineJobs } from "@linkup-queue/queue";
import { z } from "zod";
import { withWaits } from "./list-waits.ts";
import { knownSecrets, type RedactOptions, redact } from "./redact.ts";
import { truncateLong } from "./truncate-long.ts";

export type ShownParts = {
  views: EngineJobs["views"];
  accounts: Engine["accounts"];
  /** Secrets of this api's own, known by value. */
  secrets: readonly string[];
};

const AnyObject = z.record(z.string(), z.unknown());
const JobBody = z.looseObject({ job: z.looseObject({ data: z.unknown() }) });
const QueuesBody = z.looseObject({ queues: z.array(z.looseObject({ jobs: z.array(AnyObject) })) });
const OfAccount = z.object({ accountId: z.string().max(200) });
/** Payloads of a job; the rest of it is small and Bull Board's own. */
const PAYLOADS = ["data", "returnValue", "progress", "opts", "failedReason", "stacktrace", "deferredFailure"] as const;

/** Bull Board's hook after each of its API's answers. */
export function showJobs(parts: ShownParts): AfterHook {
  return async ({ route, request }, result) => {
    const { queueName, jobId } = request.params as { queueName?: unknown; jobId?: unknown };
    const queue = CallQueue.safeParse(queueName);
    const about = { queue: queue.success ? queue.data : null, jobId: typeof jobId === "string" ? jobId : null };
    const isJobPage = route === "/api/queues/:queueName/:jobId";
    const told = isJobPage ? await withLedger(result.body, about, parts.views) : await withWaits(result.body, parts.views);
    const { secrets, unreadable } = await parts.accounts.secretsOf(await accountsIn(told, about, parts.views));
    const readable = unreadable.length === 0 ? told : withoutPayloads(told, unreadable);
    const known = knownSecrets([...parts.secrets, ...secrets]);
    const shown = await redactYielding(readable, { known }, { trouble: route.endsWith("/logs") });
    return { ...result, body: truncatePayloads(shown) as typeof result.body };
  };
}

/** A secret that can't be opened can't be searched for and taken out: payloads that may hold it are not shown. */
function withoutPayloads(body: unknown, accountIds: readonly string[]): unknown {
  const note = `(not shown: the secrets of account ${accountIds.slice(0, 10).join(", ")} that are stored can't be opened; register the account anew)`;
  const ofThese = (job: Readonly<Record<string, unknown>>) => {
    const named = OfAccount.safeParse(job["data"]);
    if (named.success && !accountIds.includes(named.data.accountId)) return job;
    return { ...job, ...Object.fromEntries(PAYLOADS.filter((field) => field in job).map((field) => [field, note])) };
  };
  const one = JobBody.safeParse(body);
  if (one.success) return { ...one.data, job: ofThese(one.data.job) };
  const many = QueuesBody.safeParse(body);
  if (many.success) return { ...many.data, queues: many.data.queues.map((queue) => ({ ...queue, jobs: queue.jobs.map(ofThese) })) };
  return Array.isArray(body) ? [note] : body;
}

/** A page may be hundreds of jobs: others in the process get their turn after each of them. */
async function redactYielding(body: unknown, options: RedactOptions, { trouble }: { trouble: boolean }): Promise<unknown> {
  const many = QueuesBody.safeParse(body);
  if (!many.success) return redact(body, options, { trouble });
  const queues: unknown[] = [];
  for (const { jobs, ...queue } of many.data.queues) {
    const shown: unknown[] = [];
    for (const job of jobs) {
      shown.push(redact(job, options, { trouble }));
      await yieldToEventLoop();
    }
    queues.push({ ...(redact(queue, options) as object), jobs: shown });
  }
  const { queues: _queues, ...rest } = many.data;
  return { ...(redact(rest, options) as object), queues };
}

type About = { queue: CallQueue | null; jobId: string | null };

async function withLedger(body: unknown, { queue, jobId }: About, views: EngineJobs["views"]): Promise<unknown> {
  const parsed = JobBody.safeParse(body);
  if (!parsed.success || queue === null || jobId === null) return body;
  const [found] = await views.find(jobId, queue);
  if (found === undefined) return body;
  const { history } = found;
  const { state, outcome, waitsFor, queue: _queue, jobId: _jobId, ...known } = await views.withWait(found);
  const spent = { calls: history.calls, credits: { charged: history.charged, uncertain: history.uncertain } };
  const ended = outcome === null ? found.ended : [outcome.status, outcome.code].filter(Boolean).join(", ");
  const ledger = { state, ...(waitsFor === undefined ? {} : { waitsFor }), ended, ...known, ...(outcome === null ? spent : {}), outcome };
  const { data } = parsed.data.job;
  const own = AnyObject.safeParse(data);
  return { ...parsed.data, job: { ...parsed.data.job, data: own.success ? { ledger, ...own.data } : { ledger, data } } };
}

/** The accounts that an answer is about: their secrets are looked for by value. */
async function accountsIn(body: unknown, { queue, jobId }: About, views: EngineJobs["views"]): Promise<string[]> {
  const one = JobBody.safeParse(body);
  const many = QueuesBody.safeParse(body);
  const jobs: unknown[] = one.success ? [one.data.job] : many.success ? many.data.queues.flatMap((shown) => shown.jobs) : [];
  const ids = jobs.flatMap((job) => {
    const data: unknown = typeof job === "object" && job !== null ? Reflect.get(job, "data") : null;
    const named = OfAccount.safeParse(data);
    return named.success ? [named.data.accountId] : [];
  });
  if (!one.success && !many.success && queue !== null && jobId !== null) {
    const found = await views.find(jobId, queue);
    for (const { view } of found) if (view.accountId !== null) ids.push(view.accountId);
  }
  return [...new Set(ids)];
}

function truncatePayloads(body: unknown): unknown {
  if (Array.isArray(body)) return truncateLong(body);
  const one = JobBody.safeParse(body);
  if (one.success) return { ...one.data, job: truncateJob(one.data.job) };
  const many = QueuesBody.safeParse(body);
  if (many.success) return { ...many.data, queues: many.data.queues.map((queue) => ({ ...queue, jobs: queue.jobs.map(truncateJob) })) };
  return body;
}

/** Each payload by itself; the ledger stays whole beside a cut one, but for the output in its outcome. */
function truncateJob(job: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const truncated: Record<string, unknown> = { ...job };
  for (const field of PAYLOADS) if (field in truncated) truncated[field] = truncateLong(truncated[field]);
  const data = AnyObject.safeParse(job["data"]);
  if (data.success && "ledger" in data.data) {
    const { ledger, ...own } = data.data;
    const shown = truncateLong(own);
    truncated["data"] = { ledger: truncateOutcome(ledger), ...(shown as object) };
  }
  return truncated;
}

function truncateOutcome(ledger: unknown): unknown {
  const known = AnyObject.safeParse(ledger);
  const outcome = AnyObject.safeParse(known.data?.["outcome"]);
  if (!outcome.success) return ledger;
  return { ...known.data, outcome: { ...outcome.data, output: truncateLong(outcome.data["output"]) } };
}
