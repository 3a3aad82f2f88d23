/** The one call of a granted job: it opens the account's token, marks the call as left when the connection is open, and reads the answer. */
import type { Verdict } from "@linkup-queue/contracts";
import type { Cost } from "@linkup-queue/linkup";
import type { AskAnswer, AskedJob, CallHistory } from "@linkup-queue/queue";
import type { WorkerContext } from "./context.ts";
import { costOf } from "./cost-of.ts";

export type Granted = Extract<AskAnswer, { kind: "granted" }>;

export type Called = {
  callId: string;
  verdict: Verdict;
  /** Whether a byte may have left. */
  left: boolean;
  cost: Cost;
  /** Before this call. */
  history: CallHistory;
  /** Of the account's token that it was made with. */
  epoch: number;
};

/** Makes the call, within what is left of its deadline. Throws when the token can't be opened: nothing has left then. */
export async function makeCall(context: WorkerContext, { request, parsed, meta }: AskedJob, granted: Granted): Promise<Called> {
  const { engine, transport, settings, metrics } = context;
  const { operation, data } = parsed;
  const token = await engine.secrets.open(granted.token, { purpose: "token", owner: request.accountId });
  const { verdict, left, credits } = await transport.send(
    { kind: "call", operation, input: data.input, token, country: granted.country || undefined },
    {
      deadlineMs: granted.askedAtMs + settings.timeoutMs - performance.now(),
      markLeft: () => engine.gate.markLeft(request.ref, request.callId),
    },
  );
  const cost = costOf(verdict, credits, request.price);
  if (left) metrics.called({ operation: meta.operation, verdict, cost });
  return { callId: request.callId, verdict, left, cost, history: granted.history, epoch: granted.epoch };
}
