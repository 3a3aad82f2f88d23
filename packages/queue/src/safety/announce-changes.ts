/** Changes of the key, of brakes, of accounts, their rests and of the day's credits for people: one line each, never one for each job that waits. */
import { restUntil } from "./rests.ts";
import type { StateEvent } from "./state-event.ts";

/** The log of the process: pino's, as far as it is needed. */
export type ChangeLog = Readonly<Record<"info" | "warn", (facts: object, line: string) => void>>;

const BAD: Partial<Record<StateEvent["kind"], string>> = {
  braked: "LinkUp itself refuses an operation: it is braked, its jobs wait, free, and one call at a time probes",
  stopped: "LinkUp itself refuses call after call: the key is stopped, all jobs wait, free, and one probes every ten minutes",
  key_refused:
    "LinkUp refuses the API key, or has no credits for it: the key is stopped, all jobs wait, free, and one probes every ten minutes",
  rests: "LinkedIn limits an account: what it limits rests, its jobs wait, free, all others go on",
  notes_used_up: "an account's notes are used up: its invitations go without one, as its policy says",
  state_lost: "Redis came back older than it was, or empty: nothing leaves, free, until linkup restore was told what may be sent",
  day_spent: "the day's credits are spent: jobs wait, free, until the next day begins",
};
const GOOD: Partial<Record<StateEvent["kind"], string>> = {
  opened: "LinkUp takes an operation again: its brake is off",
  key_opened: "the key is open: calls leave again",
  rest_over: "a rest of an account is over: its jobs go on",
  day_opened: "the day's credits are open again: calls leave",
  replied: "a person answered: campaigns that stop on a reply write to them no more",
};
const BY_HAND: Partial<Record<StateEvent["kind"], string>> = {
  key_paused: "the key was stopped by hand",
  key_opened: "the key was opened by hand",
  opened: "a brake was taken off by hand",
};
const COOLS: Readonly<Record<string, string>> = {
  fresh_state: "no record of the last window in Redis: nothing leaves for one window",
  rate_limited: "LinkUp's limit for the key answered: nothing leaves for one window",
  server_errors: "half of LinkUp's answers are server errors: nothing leaves for a while, then one call probes",
};

type AccountEvent = Extract<StateEvent, { kind: "account_is" }>;
const ACCOUNT: Readonly<Record<AccountEvent["is"], string>> = {
  needs_attention: "an account needs a person: its jobs wait, free, until somebody acts",
  awaiting_code: "an account needs the code that LinkedIn sent to its member: its jobs wait, free, until it is given",
  active: "an account is back at work: its jobs go on",
  paused: "an account is paused by hand: its jobs wait, free, until it is resumed",
  removed: "an account is removed: its jobs end, free",
};
const NEEDS_PERSON: ReadonlySet<AccountEvent["is"]> = new Set(["needs_attention", "awaiting_code"]);

const iso = (ms: number) => new Date(ms).toISOString();

export function announceChanges(log: ChangeLog, events: readonly StateEvent[]): void {
  for (const event of events) {
    if (event.kind === "account_is") {
      announceAccount(log, event);
      continue;
    }
    const { kind, facts } = factsOf(event);
    const byHand = kind === "key_paused" || ("by" in event && event.by === "person") ? BY_HAND[kind] : undefined;
    const bad = byHand ?? (event.kind === "key_cools" ? COOLS[event.reason] : BAD[kind]);
    if (bad !== undefined) log.warn(facts, bad);
    else log.info(facts, GOOD[kind] ?? kind);
  }
}

function announceAccount(log: ChangeLog, { account: accountId, is, why, was }: AccountEvent): void {
  const line = ACCOUNT[is];
  const facts = { accountId, why, was };
  if (NEEDS_PERSON.has(is)) log.warn(facts, line);
  else log.info(facts, line);
}

/** The facts of a line. */
function factsOf(event: Exclude<StateEvent, AccountEvent>): { kind: StateEvent["kind"]; facts: object } {
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
      const { operation, reason, untilMs, answersUntilMs } = event;
      const untrusted = answersUntilMs === undefined ? {} : { transitUnusedUntil: iso(answersUntilMs) };
      return { kind, facts: { operation, reason, until: iso(untilMs), ...untrusted } };
    }
    case "rests": {
      const { operation, account: accountId, scope, cause, untilMs } = event;
      return { kind, facts: { operation, cause, accountId, scope, until: restUntil(untilMs) } };
    }
    case "rest_over": {
      const { account: accountId, scope, cause, sinceMs, by } = event;
      return { kind, facts: { accountId, scope, cause, since: iso(sinceMs), by } };
    }
    case "notes_used_up":
      return { kind, facts: { accountId: event.account } };
    case "replied":
      return { kind, facts: { person: event.person, repliedAt: iso(event.atMs) } };
    case "day_spent":
      return { kind, facts: { limit: event.limit, spent: event.spent, until: iso(event.untilMs) } };
    default: {
      const { kind: _kind, ...facts } = event;
      return { kind, facts };
    }
  }
}
