/** Jobs of the auth queue: one for each log-in or verification that an account's state asks for. No secret is in them. */
import { AccountId, AUTH_QUEUE, PRIORITIES, queuePrefix } from "@linkup-queue/contracts";
import { Queue } from "bullmq";
import { z } from "zod";
import type { RedisClient } from "../redis/scripts.ts";
import { type AuthNeed, authJobId } from "./accounts.ts";

/** The data of an auth job. */
export const AuthJobData = z.strictObject({
  v: z.literal(1),
  accountId: AccountId,
  state: z.enum(["refreshing", "awaiting_code"]),
  epoch: z.number().int().nonnegative(),
  turn: z.number().int().nonnegative(),
});
export type AuthJobData = z.infer<typeof AuthJobData>;

/** Operations of the ledger for calls that no producer asked for. */
export const AUTH_OPERATIONS = { refreshing: "auth.login", awaiting_code: "auth.verify" } as const;

export class AuthJobs {
  readonly #queue: Queue;

  constructor(connection: RedisClient, keyId: string) {
    this.#queue = new Queue(AUTH_QUEUE, { connection, prefix: queuePrefix(keyId) });
    // The connection is the engine's; its owner hears of its errors.
    this.#queue.on("error", () => undefined);
  }

  /** Adds the job for a need, once: its id is made of account, state, epoch and turn. False when it was there already. */
  async add(need: AuthNeed): Promise<boolean> {
    const jobId = authJobId(need);
    if ((await this.#queue.getJob(jobId)) !== undefined) return false;
    const data: AuthJobData = { v: 1, ...need };
    await this.#queue.add(AUTH_OPERATIONS[need.state], data, {
      jobId,
      priority: PRIORITIES.urgent,
      removeOnComplete: { count: 1_000 },
      removeOnFail: { age: 7 * 86_400 },
    });
    return true;
  }

  /** Whether the job for a need is there and over, failed or completed: it will not run again. */
  async isOver(need: AuthNeed): Promise<boolean> {
    const job = await this.#queue.getJob(authJobId(need));
    return job?.finishedOn !== undefined;
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }
}
