/** Changes of the key, of brakes, of rests and of the day's credits for people: one line each, never one for each job that waits. */
import { restUntil, type StateEvent } from "@linkup-queue/queue";
import type { Logger } from "pino";

const BAD: Partial<Record<StateEvent["kind"], string>> = {
  braked: "LinkUp itself refuses an operation: it is braked, its jobs wait, free, and one call at a time probes",
  stopped: "LinkUp itself refuses call after call: the key is stopped, all jobs wait, free, and one probes every ten minutes",
  key_refused:
    "LinkUp refuses the API key, or has no credits for it: the key is stopped, all jobs wait, free, and one probes every ten minutes",
  rests: "LinkedIn limits an account: what it limits rests, its jobs wait, free, all others go on",
  day_spent: "the day's credits are spent: jobs wait, free, until the next day begins",
};
const GOOD: Partial<Record<StateEvent["kind"], string>> = {
  opened: "LinkUp takes an operation again: its brake is off",
  key_opened: "the key is open: calls leave again",
  rest_over: "a rest of an account is over: its jobs go on",
  day_opened: "the day's credits are open again: calls leave",
};
const COOLS: Readonly<Record<string, string>> = {
  fresh_state: "no record of the last window in Redis: nothing leaves for one window",
  rate_limited: "LinkUp's limit for the key answered: nothing leaves for one window",
  server_errors: "half of LinkUp's answers are server errors: nothing leaves for a while, then one call probes",
};

const iso = (ms: number) => new Date(ms).toISOString();

export function announceChanges(log: Logger, events: readonly StateEvent[]): void {
  for (const event of events) {
    const { kind, facts } = factsOf(event);
    const bad = event.kind === "key_cools" ? COOLS[event.reason] : BAD[kind];
    if (bad !== undefined) log.warn(facts, bad);
    else log.info(facts, GOOD[kind]);
  }
}

/** The facts of a line. */
function factsOf(event: StateEvent): { kind: StateEvent["kind"]; facts: object } {
  const { kind } = event;
  switch (event.kind) {
    case "braked":
    case "stopped": {
      const { operation, cause, nextProbeMs } = event;
      return { kind, facts: { operation, cause, nextProbeAt: iso(nextProbeMs) } };
    }
    case "key_refused": {
      const { operation, reason, nextProbeMs } = event;
      return { kind, facts: { operation, reason, nextProbeAt: iso(nextProbeMs) } };
    }
    case "key_cools": {
      const { operation, reason, untilMs } = event;
      return { kind, facts: { operation, reason, until: iso(untilMs) } };
    }
    case "rests": {
      const { operation, account: accountId, scope, cause, untilMs } = event;
      return { kind, facts: { operation, cause, accountId, scope, until: restUntil(untilMs) } };
    }
    case "rest_over": {
      const { account: accountId, scope, cause, sinceMs, by } = event;
      return { kind, facts: { accountId, scope, cause, since: iso(sinceMs), by } };
    }
    case "day_spent":
      return { kind, facts: { limit: event.limit, spent: event.spent, until: iso(event.untilMs) } };
    default: {
      const { kind: _kind, ...facts } = event;
      return { kind, facts };
    }
  }
}
