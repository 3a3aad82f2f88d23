/** The names of the BullMQ queues and of everything in Redis that belongs to one API key. */
import { z } from "zod";

/** Queues whose jobs call LinkUp for a producer: one for each Core Feature of the provider. */
export const CALL_QUEUES = ["messages", "network", "profiles", "posts"] as const;
export const CallQueue = z.enum(CALL_QUEUES);
export type CallQueue = z.infer<typeof CallQueue>;

/** Log-ins and verifications: ours alone. */
export const AUTH_QUEUE = "auth";
/** Where every outcome arrives. */
export const RESULTS_QUEUE = "results";
/** Where campaigns are fed: ours alone. Its one job puts recipients into the call queues. */
export const CAMPAIGNS_QUEUE = "campaigns";
/** Where schedules tick: ours alone. A tick adds the schedule's job to its call queue. */
export const SCHEDULES_QUEUE = "schedules";

/** Every queue whose jobs may call LinkUp. */
export type SpendingQueue = CallQueue | typeof AUTH_QUEUE;
export const SPENDING_QUEUES: readonly SpendingQueue[] = [...CALL_QUEUES, AUTH_QUEUE];

/** The id of an API key in Redis names and metrics; never the key itself. */
export const KeyId = z.string().regex(/^[a-z0-9-]{1,40}$/, "1 to 40 of a-z, 0-9 and -");

/** BullMQ's prefix and the hash tag of all our Redis keys: one API key, one slot of a Redis Cluster. */
export function queuePrefix(keyId: string): string {
  return `{linkup-${keyId}}`;
}
