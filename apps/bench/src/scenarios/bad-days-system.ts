/** One system on a bad day: how it is started, when it is over, and what it spent. */
import { setTimeout as sleep } from "node:timers/promises";
import type { BulkJobOptions } from "bullmq";
import { accountIds, registerLogins } from "../load/jobs.ts";
import type { Arrival } from "../peers/sandbox-process.ts";
import type { System, SystemOptions } from "../peers/system.ts";
import { until, withSystem } from "./scenario.ts";

export const GIVE_UP_MS = 60_000;
/** How long a system may go on after what it could do is done; the peer's repeats are over by then. */
const QUIET_MS = 4_000;
const ATTEMPTS = 3;
/** The peer's own way to repeat. */
export const RETRIES: BulkJobOptions = { attempts: ATTEMPTS, backoff: { type: "fixed", delay: 200 } };
export const ACCOUNTS = accountIds("acc", 10);
export type Kind = "ours" | "plain";

/** By the provider's own count: calls for jobs, and messages and invitations that reached somebody. */
export type Spent = { calls: number; people: number };

export async function spentBy(system: System): Promise<Spent> {
  const { effects } = await system.sandbox.summary();
  return { calls: (await calls(system)).length, people: effects.done };
}

export function systemOf(kind: Kind, scenario: NonNullable<SystemOptions["scenario"]>): SystemOptions {
  return {
    kind,
    // Nothing here is about the rate.
    limit: 2_000,
    windowMs: 6_000,
    providerLimit: null,
    workers: 1,
    scenario: { latencyMs: { min: 10, max: 40 }, ...scenario },
    plain: { logIn: true },
  };
}

export async function withAccounts<T>(options: SystemOptions, measure: (system: System) => Promise<T>): Promise<T> {
  return await withSystem(options, async (system) => {
    if (system.kind === "ours") await registerLogins(system.engine, ACCOUNTS);
    return await measure(system);
  });
}

const isCall = ({ operation }: Arrival) => operation?.startsWith("auth.") === false;
/** Calls for jobs that arrived at the provider; no log-ins. */
export const calls = async (system: System) => (await system.sandbox.journal()).filter(isCall);

/** Waits until nothing has arrived for a while. */
export async function quiet(system: System): Promise<void> {
  let seen = -1;
  await until(
    async () => {
      const before = seen;
      await sleep(QUIET_MS);
      seen = (await system.sandbox.summary()).requests;
      return seen === before;
    },
    { withinMs: GIVE_UP_MS },
  );
}
