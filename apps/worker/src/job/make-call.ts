/** The one call of a granted job: it opens the account's token, marks the call as left when the connection is open, and reads the answer. */
import type { Verdict } from "@linkup-queue/contracts";
import type { Cost } from "@linkup-queue/linkup";
import type { AskAnswer, AskedJob, CallHistory } from "@linkup-queue/queue";
import type { WorkerContext } from "../process/context.ts";
import { costOf } from "./cost-of.ts";
import { type OpenedSealed, openSealed } from "./open-sealed.ts";

export type Granted = Extract<AskAnswer, { kind: "granted" }>;

export type Called = {
  callId: string;
  verdict: Verdict;
  /** Whether a byte may have left. */
  left: boolean;
  cost: Cost;
  /** Before this call. */
  history: CallHistory;
  /** No byte of it left sooner, ms since the epoch. */
  startedMs: number;
  /** Of the account's token that it was made with. */
  epoch: number;
  /** The moment by which the provider had counted it, by `performance.now()`, where that is known to be before its answer. */
  countedAtMs?: number | undefined;
};

/** The token of a granted call, opened. */
export async function openToken(context: WorkerContext, { request }: AskedJob, { token }: Granted): Promise<OpenedSealed<string>> {
  return await openSealed(context, () => context.engine.secrets.open(token, { purpose: "token", owner: request.accountId }));
}

/** Makes the call with the opened `token`, within what is left of its deadline. */
export async function makeCall(
  context: WorkerContext,
  { request, parsed, meta, looking }: AskedJob,
  { token, ...granted }: Granted,
): Promise<Called> {
  const { engine, transport, settings, metrics } = context;
  const startedMs = Date.now();
  const { operation, input } = looking?.look ?? { operation: parsed.operation, input: parsed.data.input };
  const { verdict, left, credits, countedAtMs } = await transport.send(
    { kind: "call", operation, input, token, country: granted.country || undefined },
    {
      deadlineMs: granted.askedAtMs + settings.timeoutMs - performance.now(),
      markLeft: () => engine.gate.markLeft(request.ref, request.callId),
    },
  );
  const cost = costOf(verdict, credits, request.price);
  if (left) metrics.called({ operation: request.look ?? meta.operation, verdict, cost });
  return { callId: request.callId, verdict, left, cost, history: granted.history, startedMs, epoch: granted.epoch, countedAtMs };
}
