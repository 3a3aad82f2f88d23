/**
 * The actions of an admin on the board, and their effect here: retry re-drives, remove cancels, both through the ledger. All that would lose
 * accepted jobs or go around the ledger is refused in words. Nothing here reaches BullMQ's own retry of a call.
 */
import { CALL_QUEUES, type CallQueue, LinkupError } from "@linkup-queue/contracts";
import { BOARD_QUEUES, type BoardQueue, type BoardQueues, type EngineJobs } from "@linkup-queue/queue";

/** An action that the page asks for. */
export type BoardAction =
  | { kind: "retry" | "remove"; queue: BoardQueue; jobId: string }
  /** Bull Board does it: nothing is lost by it, and the ledger has no part in it. */
  | { kind: "pause" | "resume"; queue: BoardQueue | null }
  | { kind: "refused"; action: string; why: string };

export type ActionParts = {
  views: EngineJobs["views"];
  cancels: EngineJobs["cancels"];
  redrives: EngineJobs["redrives"];
  queues: BoardQueues;
};

/** The action that the api carries out itself, or `pass` for what Bull Board does. */
export type ActionAnswer = { kind: "pass" } | { kind: "done"; body: Readonly<Record<string, unknown>> };

const REFUSALS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    add: "Jobs are added with POST /v1/jobs, which checks them and knows their keys",
    "update-data": "An accepted job is not edited: cancel it and add another",
    delay: "An accepted job is not edited: cancel it and add another",
    priority: "An accepted job is not edited: cancel it and add another",
    promote: "Delayed jobs wait for their time or for their account; starting them early would go around that",
    retry: "Many jobs are re-driven with `linkup job redrive`; here, retry them one by one",
    clean: "Accepted jobs are never thrown away in bulk; remove them one by one, or cancel their campaign",
    empty: "Emptying a queue would lose accepted jobs; remove them one by one, or cancel their campaign",
    obliterate: "Obliterating a queue would lose accepted jobs and their history",
    concurrency: "How many calls are out is decided by WORKER_CONCURRENCY and LINKUP_ACCOUNT_CONCURRENCY",
    "rate-limit": "The rate is decided by LINKUP_RATE_LIMIT and LINKUP_RATE_WINDOW_MS",
    "job-schedulers": "Schedules are changed with PUT and DELETE /v1/schedules/{id}",
  }),
);
const INSTEAD: Readonly<Record<Exclude<BoardQueue, CallQueue | "results">, string>> = {
  auth: "POST /v1/accounts/{id}/resume logs an account in again",
  campaigns: "Campaigns are fed by themselves; POST /v1/campaigns/{id}/pause and resume stop one and let it go on",
  schedules: "A schedule makes its ticks by itself",
};
const OTHERWISE = "This is not done on the board";

const isBoardQueue = (name: string): name is BoardQueue => BOARD_QUEUES.some((known) => known === name);
const isCallQueue = (name: string): name is CallQueue => CALL_QUEUES.some((known) => known === name);

/** Reads a state-changing request. `path` is below /board, still encoded. Throws `not_found` for an unknown queue. */
export function readAction(method: string, path: string): BoardAction {
  const [api, queues, ...rest] = segmentsOf(path);
  const refused = (action: string): BoardAction => ({ kind: "refused", action, why: REFUSALS.get(action) ?? OTHERWISE });
  if (method !== "PUT" || api !== "api" || queues !== "queues") return refused(rest.at(-1) ?? "");
  const [first = "", second = "", third = ""] = rest;
  if (rest.length === 1 && (first === "pause" || first === "resume")) return { kind: first, queue: null };
  if (!isBoardQueue(first)) throw new LinkupError("not_found", "There is no such queue on the board");
  if (rest.length === 2 && (second === "pause" || second === "resume")) return { kind: second, queue: first };
  // `/clean/retry` is both: the job `clean` tried again, and every job of a state `retry` thrown away. Bull Board takes it for the second.
  const isAboutAJob = rest.length === 3 && !REFUSALS.has(second);
  if (isAboutAJob && third === "retry") return { kind: "retry", queue: first, jobId: second };
  if (isAboutAJob && third === "clean") return { kind: "remove", queue: first, jobId: second };
  return refused(REFUSALS.has(second) ? second : third);
}

function segmentsOf(path: string): string[] {
  try {
    return path.split("/").filter(Boolean).map(decodeURIComponent);
  } catch {
    throw new LinkupError("invalid_input", "The address can't be read");
  }
}

/** Carries an action out. Throws LinkupError: `method_not_allowed` for what is refused, `not_found`, `conflict`. */
export async function carryOut(action: BoardAction, parts: ActionParts): Promise<ActionAnswer> {
  switch (action.kind) {
    case "refused":
      throw new LinkupError("method_not_allowed", action.why);
    case "pause":
    case "resume":
      return { kind: "pass" };
    case "retry":
      return await retry(action, parts);
    case "remove":
      return await remove(action, parts);
  }
}

async function retry({ queue, jobId }: { queue: BoardQueue; jobId: string }, { redrives }: ActionParts): Promise<ActionAnswer> {
  // A consumer's failed job is only handed to the consumer again; no call comes of it.
  if (queue === "results") return { kind: "pass" };
  if (!isCallQueue(queue)) {
    throw new LinkupError("method_not_allowed", INSTEAD[queue]);
  }
  const answer = await redrives.redrive(queue, jobId, { maySendTwice: false });
  if (answer.kind === "refused") {
    const sayIt = `: POST /v1/jobs/${jobId}/redrive with {"maySendTwice": true}, or linkup job redrive ${jobId} --may-send-twice`;
    const message = answer.why === "may_send_twice" ? answer.message + sayIt : answer.message;
    throw new LinkupError(answer.why === "not_found" ? "not_found" : "conflict", message);
  }
  return { kind: "done", body: { queue, jobId: answer.jobId, redriveOf: answer.of, duplicate: answer.duplicate } };
}

async function remove({ queue, jobId }: { queue: BoardQueue; jobId: string }, parts: ActionParts): Promise<ActionAnswer> {
  if (!isCallQueue(queue)) {
    const why = {
      auth: "An account's log-in is its state's; DELETE /v1/accounts/{id} removes the account",
      results: "An outcome waits here for its consumer; removing it would lose it",
      campaigns: "POST /v1/campaigns/{id}/pause stops a campaign; this job feeds all of them",
      schedules: "DELETE /v1/schedules/{id} ends a schedule",
    }[queue];
    throw new LinkupError("method_not_allowed", why);
  }
  const [found] = await parts.views.find(jobId, queue);
  if (found === undefined) throw new LinkupError("not_found", "There is no such job (any more)");
  const answer = await parts.cancels.cancel(found);
  if (answer === "call_out") throw new LinkupError("conflict", "The job's call is out: it can't be taken back, and its outcome follows");
  // It has its outcome, which is kept: what BullMQ still shows of it may go. A list must be searched for it, so a waiting one stays.
  if (answer === "ended" && found.where !== "wait" && found.where !== "active") await parts.queues.of(queue).remove(jobId);
  return { kind: "done", body: { queue, jobId, status: answer } };
}
