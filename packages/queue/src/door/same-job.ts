/**
 * Whether a job that a producer sends is the one that was accepted under its key long ago, when the key's own record has ended and only the
 * job is left. A job that can't be compared any more counts as the same: the answer then says that it was accepted before, and adds nothing.
 */
import { isDeepStrictEqual } from "node:util";
import { jsonWithinBounds } from "@linkup-queue/contracts";
import { z } from "zod";
import type { DoorJob } from "./job-door.ts";

/** BullMQ's record of a job and the ledger's description, as texts; empty where there is none. */
export type KeptJob = { name: string; data: string; opts: string; priority: string; timestamp: string; meta: string };

const Options = z.object({ delay: z.number().default(0) });
const Meta = z.object({ operation: z.string(), accountId: z.string().nullable() });

export function isSame(job: DoorJob, kept: KeptJob): boolean {
  if (kept.name === "") {
    const meta = kept.meta === "" ? null : Meta.parse(JSON.parse(kept.meta));
    return meta === null || (meta.operation === job.operation && meta.accountId === job.data.accountId);
  }
  // As it went into Redis: members without a value are not in its text.
  const data: unknown = JSON.parse(JSON.stringify(job.data));
  return (
    kept.name === job.operation &&
    Number(kept.priority) === job.priority &&
    isDeepStrictEqual(jsonWithinBounds(kept.data), data) &&
    isDue(job.runAtMs, Number(kept.timestamp), Options.parse(JSON.parse(kept.opts)).delay)
  );
}

/** A time that had come when the job was accepted left no trace in its options. */
function isDue(runAtMs: number | null, acceptedMs: number, delayMs: number): boolean {
  if (delayMs > 0) return runAtMs === acceptedMs + delayMs;
  return runAtMs === null || runAtMs <= acceptedMs;
}
