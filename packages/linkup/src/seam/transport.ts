/**
 * The seam between a worker and whoever answers at LINKUP_BASE_URL: requests in the words of the catalogue, replies as verdicts.
 * Nothing here names a path, a member of a body, or the place of a token.
 */
import type { OperationName, Verdict } from "@linkup-queue/contracts";

/** A job's call. `token` is what the account's log-in gave. */
export type CallRequest = {
  kind: "call";
  operation: OperationName;
  input: Readonly<Record<string, unknown>>;
  token: string;
  country?: string | undefined;
};
export type LoginRequest = { kind: "login"; email: string; password: string; country?: string | undefined };
export type VerifyRequest = { kind: "verify"; email: string; code: string; country?: string | undefined };
export type ProviderRequest = CallRequest | LoginRequest | VerifyRequest;

/** The needs of a request on its way. */
export type CallFrame = {
  /** The rest of the call's time, from before connecting to the last byte; `timeoutMs` when that is less. */
  deadlineMs: number;
  /** Asked when the connection is open and before the first byte. False or a rejection: nothing is sent. */
  markLeft: () => Promise<boolean>;
  /** Gives the call up; what was already sent ends as `interrupted`. */
  signal?: AbortSignal;
};

/** The meaning of an answer for the account, beside its verdict. */
export type AuthAnswer =
  /** A secret: it goes to the account's encrypted record and nowhere else. */
  | { kind: "token"; token: string }
  /** LinkedIn asks for a code: the account waits for `verify`. */
  | { kind: "code_required" }
  /** The e-mail or password is wrong. `message` is for a person and holds nothing of the answer. */
  | { kind: "refused"; message: string }
  | { kind: "session_expired" }
  | { kind: "code_wrong" }
  /** Nothing about the account: the verdict tells what to do. Of a job's call always this. */
  | { kind: "other" };

/** The cost of a call as its answer shows it, in credits: so much is certain, and so much more is possible. */
export type Cost = { charged: number; uncertain: number };

export type Reply = {
  verdict: Verdict;
  /** The cost of a charged call; null where the answer does not show it, so that the price that was told before counts. */
  credits: Cost | null;
  auth: AuthAnswer;
  /** True when the request was handed to the connection. False is a fact: no byte of it left. */
  left: boolean;
  /** The whole call, connecting and marking included. */
  latencyMs: number;
  /** The moment by which the provider had counted the request, by `performance.now()`, where that is known to be before its answer. */
  countedAtMs?: number;
};

export type Transport = {
  /** Sends one request, once. Whatever the network does is in the verdict; it throws for defects alone. */
  send: (request: ProviderRequest, frame: CallFrame) => Promise<Reply>;
  /** Gives up every call in flight and settles when they have their verdicts. Later calls end as given up, nothing sent. */
  close: () => Promise<void>;
};
