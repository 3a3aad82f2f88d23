/** The work that chaos tests send while Redis is in trouble, and the promises as the provider and the consumer of outcomes see them. */
import { waitFor } from "@linkup-queue/testkit";
import { expect } from "vitest";
import { message, type System, type SystemOptions } from "./fixture.ts";

export const JOBS = 240;
export const ACCOUNTS: readonly string[] = Array.from({ length: 24 }, (_, n) => `acc-${n}`);
/** A run with its failovers, beside other work: no figure of speed. */
const RUN_MS = 180_000;

const LIMIT = { limit: 100, windowMs: 6_000 };

export const ACCESS = { username: null, password: null, tls: false, db: 0 } as const;

/** Two workers on this Redis, which wait for so many replicas; accounts are logged in by `begin`. */
export function underFire(settings: NonNullable<SystemOptions["settings"]>): SystemOptions {
  return {
    workers: 2,
    settings: { rateLimit: LIMIT.limit, rateWindowMs: LIMIT.windowMs, ...settings },
    scenario: { ...LIMIT, latencyMs: { min: 50, max: 300 } },
  };
}

/** Logs the accounts in, adds the jobs, and settles when `count` of them were sent. */
export async function begin(system: System, count: number): Promise<void> {
  await system.activeAccounts(ACCOUNTS);
  await system.add(
    "messages",
    Array.from({ length: JOBS }, (_, n) => message(ACCOUNTS[n % ACCOUNTS.length] ?? "", n)),
  );
  await sendsReach(system, count);
}

/** Waits until so many sends reached the provider. */
export async function sendsReach({ sandbox }: System, count: number): Promise<void> {
  await waitFor(() => sandbox.summary().byOperation["message.send"] ?? 0, {
    what: `${count} sends`,
    until: (sent) => sent >= count,
    everyMs: 5,
    timeoutMs: RUN_MS,
  });
}

/** Waits until each job has an outcome, whatever the consumer was told of it, and holds the run to the promises. */
export async function expectPromisesHeld(system: System, what: string): Promise<void> {
  const ids = () => new Set(system.outcomes.map(({ outcomeId }) => outcomeId)).size;
  await waitFor(ids, { what: "an outcome for each job", until: (count) => count >= JOBS, timeoutMs: RUN_MS });
  const { repeated, maxInWindow, byOperation } = system.sandbox.summary();
  const figures = {
    doubled: repeated,
    lost: JOBS - ids(),
    conflicting: system.outcomes.length - ids(),
    mostInWindow: maxInWindow,
    sent: byOperation["message.send"] ?? 0,
    unknown: system.outcomes.filter(({ status }) => status === "unknown").length,
  };
  console.info(what, figures);
  expect(figures).toMatchObject({ doubled: 0, lost: 0, conflicting: 0 });
  expect(figures.mostInWindow).toBeLessThanOrEqual(LIMIT.limit);
}
