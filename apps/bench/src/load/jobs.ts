/** Jobs and accounts of the benchmarks, the same for both systems. A job is known by its recipient's name in the sandbox's journal. */
import { PRIORITIES } from "@linkup-queue/contracts";
import type { Engine } from "@linkup-queue/queue";
import type { BulkJobOptions } from "bullmq";

export type NewJob = { queue: string; name: string; data: { accountId: string; input: Record<string, unknown> }; opts: BulkJobOptions };

export const QUEUES = ["messages", "network", "profiles"] as const;
export type BenchQueue = (typeof QUEUES)[number];

export const emailOf = (accountId: string): string => `${accountId}@example.com`;
export const passwordOf = (accountId: string): string => `password-of-${accountId}`;
export const tokenOf = (accountId: string): string => `token-of-${accountId}`;

const addressOf = (person: string): string => `https://www.linkedin.com/in/${person}`;

/** One valid job; `person` is lower case and unique in its run. */
export function newJob(queue: BenchQueue, accountId: string, { person, opts = {} }: { person: string; opts?: BulkJobOptions }): NewJob {
  const linkedin_url = addressOf(person);
  const bulk = { priority: PRIORITIES.bulk, ...opts };
  switch (queue) {
    case "messages":
      return { queue, name: "message.send", data: { accountId, input: { linkedin_url, message_text: `Hello ${person}` } }, opts: bulk };
    case "network":
      return { queue, name: "invitation.send", data: { accountId, input: { linkedin_url } }, opts: bulk };
    case "profiles":
      return { queue, name: "profile.scrape", data: { accountId, input: { linkedin_url } }, opts: bulk };
  }
}

/** The person of a journal line; empty for a log-in. */
export function personOf(target: string | null): string {
  return target?.split("/in/")[1]?.replace(/\/$/, "") ?? "";
}

/** `prefix-0`, `prefix-1`, ... */
export function accountIds(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

/** `count` jobs over the queues and the accounts in turn. */
export function mixedJobs(accounts: readonly string[], count: number, { label, opts }: { label: string; opts?: BulkJobOptions }): NewJob[] {
  return Array.from({ length: count }, (_, index) => {
    const queue = QUEUES[index % QUEUES.length] ?? "messages";
    return newJob(queue, accounts[index % accounts.length] ?? "", { person: `${label}-${index}`, ...(opts === undefined ? {} : { opts }) });
  });
}

/** Registers accounts with our engine, with tokens they have already; none logs in. */
export async function registerTokens(engine: Engine, accounts: readonly string[]): Promise<void> {
  await Promise.all(accounts.map((id) => engine.accounts.register(id, { loginToken: tokenOf(id) })));
}

/** Registers accounts with our engine that have to log in first, and starts their log-ins. */
export async function registerLogins(engine: Engine, accounts: readonly string[]): Promise<void> {
  for (const id of accounts) {
    const need = await engine.accounts.register(id, { email: emailOf(id), password: passwordOf(id) });
    if (need !== null) await engine.authJobs.add(need);
  }
}
