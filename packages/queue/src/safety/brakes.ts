/** Brakes as they are told: which operations stand still because the service itself refuses them, and since when. The decisions are brakes.lua's. */
import { z } from "zod";

/** An operation that stands still but for one probe at a time. */
export const StoredBrake = z.object({
  operation: z.string(),
  /** The row of the answer table that put it on. */
  cause: z.string(),
  /** Redis's clock, ms since the epoch. */
  sinceMs: z.number(),
  /** Not before this one call of it is let through, ms since the epoch by Redis's clock. */
  nextProbeMs: z.number(),
  /** Jobs that wait behind it, free. */
  waiting: z.number(),
});
/** With `nextProbeMs` null while the key is stopped by hand. */
export type Brake = Omit<z.infer<typeof StoredBrake>, "nextProbeMs"> & { nextProbeMs: number | null };

const PREFIX = "operation:";

/** The name of an operation's brake for people and addresses. */
export function brakeId(operation: string): string {
  return PREFIX + operation;
}

/** A brake as people and programs get it; times are ISO. */
export function brakeView({ operation, cause, sinceMs, nextProbeMs, waiting }: Brake) {
  const time = (ms: number) => new Date(ms).toISOString();
  return {
    id: brakeId(operation),
    covers: operation,
    cause,
    since: time(sinceMs),
    nextProbeAt: nextProbeMs === null ? null : time(nextProbeMs),
    waiting,
  };
}

/** The operation whose brake bears this name; null for a name that no brake has. */
export function operationOfBrake(id: string): string | null {
  return id.startsWith(PREFIX) ? id.slice(PREFIX.length) : null;
}
