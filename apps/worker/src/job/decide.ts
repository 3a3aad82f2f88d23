/**
 * From a verdict to what becomes of the job: pure, with `random` handed in. Repeat only what was free and had no effect; the one exception
 * is a dead token, twice at most. Whether the attempts are used up is decided where the ledger is settled.
 */
import { type RestCause, restScope, type Verdict } from "@linkup-queue/contracts";
import {
  type AccountEvent,
  type CallHistory,
  type Ending,
  type Found,
  type Reconciling,
  type RestRequest,
  restLadder,
} from "@linkup-queue/queue";

export type Situation = {
  kind: "read" | "write";
  onUnknown: "report" | "rerun" | "reconcile";
  /** Before this call. */
  history: CallHistory;
  epoch: number;
  /** The scopes that the job counts to, see `scopesOf`. */
  scopes: readonly string[];
  backoffMs: number;
  /** ms since the epoch. */
  nowMs: number;
  /** In [0, 1). */
  random: () => number;
};

export type Plan = {
  next: "end" | "retry" | "again" | "brake" | "park" | "look";
  /** How the job ends, now, when its attempts are used up, or when a refusal turns out to be its own. */
  ending: Ending;
  /** For `retry`, `again`, `brake` and `look`. */
  afterMs: number;
  /** For `look`: what is known of the write. */
  reconciling?: Reconciling;
  /** Of a look: it was answered, whatever its job comes to. */
  worked?: true;
  /** Of a look: a digest of the name that the account's own messages bear. */
  self?: string;
  /** Of a read of a watched inbox, or of an account's invitations: its answer, which is not for its outcome. */
  watched?: unknown;
  /** Of a look for another job's write: what became of that. */
  found?: Found;
  keyAction?: "stop" | "suspect" | "cool";
  /** The service itself refused, by this row of the answer table. */
  refusal?: string;
  /** Of a refusal: it is that operation's alone. */
  alone?: true;
  /** The answer made no sense, by this row. */
  doubtful?: string;
  accountEvent?: AccountEvent;
  /** The account's event when a suspected key turns out to work for others. */
  ownEvent?: AccountEvent;
};

const LONGEST_BACKOFF_MS = 60_000;
/** A job is repeated for a dead token this often. */
const MAX_TOKEN_DEATHS = 2;
/** Nothing left, and not for a reason that lies with the job: no attempt is counted. */
const NOT_COUNTED: ReadonlySet<string> = new Set(["left-refused", "mark-failed", "aborted-before-left"]);
const AGAIN_MS = 1_000;

/** The pause before attempt `attempts + 1`, in ms: doubling, half of it at random. */
export function backoff(
  attempts: number,
  { backoffMs, longestMs = LONGEST_BACKOFF_MS, random }: { backoffMs: number; longestMs?: number; random: () => number },
): number {
  const full = Math.min(longestMs, backoffMs * 2 ** Math.min(attempts, 30));
  return Math.round(full / 2 + (full / 2) * random());
}

function endingOf(verdict: Verdict): Ending {
  const { code, message, httpStatus, output } = verdict;
  if (verdict.remedy === "complete") return { status: "succeeded", code: null, message, httpStatus, output };
  return { status: verdict.effect === "unknown" ? "unknown" : "failed", code: code ?? "internal_error", message, httpStatus, output: null };
}

function restRequest(cause: RestCause, scope: string, { nowMs, random }: Situation): RestRequest {
  return { cause, scope, ladder: restLadder(cause, nowMs), part: random() };
}

/** The rest that a verdict asks for. A limit of notes that met a bare invitation is one of invitations. */
function restOf({ rest }: Verdict, situation: Situation): RestRequest {
  const { cause, scope } = rest ?? { cause: "linkedin_limited", scope: "family" };
  if (scope === "account") return restRequest(cause, scope, situation);
  const isBare = cause === "note_limit" && !situation.scopes.includes("note");
  return restRequest(isBare ? "invitation_limit" : cause, restScope(situation.scopes, scope), situation);
}

/** A refusal that may be the account's, as its event; of a read, which dead addresses are met by, the ladder begins low. */
function unclearEvent({ unclear, remedy, row }: Verdict, situation: Situation): Pick<Plan, "accountEvent"> {
  if (!unclear) return {};
  const cause = remedy === "doubt" ? "reads_refused" : "refused_in_a_row";
  const rest = restRequest(cause, restScope(situation.scopes, "family"), situation);
  const [operation = ""] = situation.scopes;
  return { accountEvent: { type: "refused_unclear", operation, row, ...rest } };
}

/** The plan that follows from a verdict. */
export function decide(verdict: Verdict, situation: Situation): Plan {
  const { history, epoch, kind, onUnknown } = situation;
  const ending = endingOf(verdict);
  const afterMs = backoff(history.attempts, situation);
  // Its answer told of success and of an error at once: what the error asks of the account or the key is done, the write is not repeated.
  const mayBeDone = kind === "write" && verdict.effect !== "none";
  switch (verdict.remedy) {
    case "complete":
      return { next: "end", ending, afterMs: 0, accountEvent: { type: "call_worked" } };
    case "retry":
      return NOT_COUNTED.has(verdict.row) ? { next: "again", ending, afterMs: AGAIN_MS } : { next: "retry", ending, afterMs };
    case "refresh_token": {
      const next = mayBeDone || history.deaths >= MAX_TOKEN_DEATHS ? "end" : "park";
      return { next, ending, afterMs: 0, accountEvent: { type: "token_dead", epoch } };
    }
    case "rest":
      return { next: "end", ending, afterMs: 0, accountEvent: { type: "rest", ...restOf(verdict, situation) } };
    case "cool_key":
      return { next: "end", ending, afterMs: 0, keyAction: "cool" };
    case "stop_key":
      // Not the job's fault: it waits, free of charge, until the key works again.
      if (mayBeDone) return { next: "end", ending, afterMs: AGAIN_MS, keyAction: "stop" };
      if (!verdict.unclear) return { next: "again", ending, afterMs: AGAIN_MS, keyAction: "stop" };
      return { next: "again", ending, afterMs: AGAIN_MS, keyAction: "suspect", ownEvent: { type: "token_dead", epoch } };
    case "brake": {
      // Not the job's fault: it waits, free of charge, behind the brake. A call that may have been done is never repeated.
      const next = ending.status === "unknown" ? "end" : "brake";
      return { next, ending, afterMs: next === "end" ? 0 : AGAIN_MS, refusal: verdict.row, ...(verdict.alone && { alone: true }) };
    }
    case "brake_and_end":
      return { next: "end", ending, afterMs: 0, refusal: verdict.row };
    case "doubt": {
      const rerun = verdict.charge === "unknown" && kind === "read" && onUnknown === "rerun";
      const told = { doubtful: verdict.row, ...unclearEvent(verdict, situation) };
      return { next: rerun ? "retry" : "end", ending, afterMs: rerun ? afterMs : 0, ...told };
    }
    case "end":
      // Rerun is for answers that never came. An answer that came was paid for, and asking again would be, too.
      if (ending.status === "unknown" && verdict.charge === "unknown" && kind === "read" && onUnknown === "rerun") {
        return { next: "retry", ending, afterMs };
      }
      return { next: "end", ending, afterMs: 0, ...unclearEvent(verdict, situation) };
  }
}
