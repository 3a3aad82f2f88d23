/** The name of a job for good. BullMQ numbers jobs per queue and starts again after `obliterate`, so its id alone names nothing. */
import { hash } from "node:crypto";
import type { SpendingQueue } from "@linkup-queue/contracts";

export type JobRef = {
  readonly queue: SpendingQueue;
  /** BullMQ's id of the job. */
  readonly id: string;
  /** When BullMQ made the job, in ms since the epoch. */
  readonly timestamp: number;
};

/** The last moment that a Date can hold, ms. */
const LAST_MOMENT_MS = 8_640_000_000_000_000;

/**
 * When a job was made, from BullMQ's record of it, where its producer may have put any number: a moment that a Date can hold, whatever it
 * was. To be used wherever such a record is read, as the digest of a numbered job holds it.
 */
export function madeAtMs(timestamp: unknown): number {
  const ms = Number.parseInt(String(timestamp), 10);
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), LAST_MOMENT_MS);
}

/** Length of a digest in characters: 120 bits, so that two jobs of a key's whole life don't meet. */
export const DIGEST_LENGTH = 20;

/** A job's path asks for its digest again and again. */
const digests = new WeakMap<JobRef, string>();

/** A job's digest: its queue and id; for an id that BullMQ numbered itself also the job's timestamp. */
export function jobDigest(ref: JobRef): string {
  const known = digests.get(ref);
  if (known !== undefined) return known;
  const numbered = /^\d+$/.test(ref.id);
  const name = numbered ? `${ref.queue}\n${ref.id}\n${ref.timestamp}` : `${ref.queue}\n${ref.id}`;
  const digest = hash("sha256", name, "base64url").slice(0, DIGEST_LENGTH);
  digests.set(ref, digest);
  return digest;
}

/** As in owed.lua. */
const RESOLVED = "~resolved";

/** The id under which a job's outcome is delivered, as often as it may be delivered. */
export function outcomeIdOf(digest: string): string {
  return `o-${digest}`;
}

/** The digest of the job whose outcome has this id. */
export function digestOfOutcome(outcomeId: string): string {
  return outcomeId.slice("o-".length);
}

/** The id on the results queue, and to webhooks, of an outcome that is told again with a person's word. */
export function resolvedIdOf(outcomeId: string): string {
  return `${outcomeId}${RESOLVED}`;
}

/** The outcome whose telling has this id. */
export function outcomeIdOfTelling(id: string): string {
  return id.endsWith(RESOLVED) ? id.slice(0, -RESOLVED.length) : id;
}

/** BullMQ runs jobs without a priority before all others; in an account's lane they stand with the normal ones. */
const LANE_PRIORITY_OF_NONE = 10;

/** A job's place in its account's lane: members sort as text by (priority, arrival, id), and end in the digest. */
export function laneMember(ref: JobRef, priority: number): string {
  const rank = String(priority === 0 ? LANE_PRIORITY_OF_NONE : priority).padStart(7, "0");
  const arrival = String(ref.timestamp).padStart(15, "0");
  const id = /^\d+$/.test(ref.id) ? ref.id.padStart(16, "0") : ref.id;
  return `${rank}|${arrival}|${id}|${jobDigest(ref)}`;
}
