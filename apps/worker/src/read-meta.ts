/** What an outcome says about its job, read from data that may be anything: bad data gets an outcome too. */
import type { FetchedJob, JobMeta } from "@linkup-queue/queue";
import { z } from "zod";

const short = z.string().max(200).nullable().catch(null).default(null);
const recipient = z.string().max(2_048).nullable().catch(null).default(null);
const Named = z
  .object({ accountId: short, campaignId: short, recipientId: recipient, redriveOf: short })
  .catch({ accountId: null, campaignId: null, recipientId: null, redriveOf: null });

const Rerun = z.object({ onUnknown: z.literal("rerun") });

/** The meta of a fetched job; what its data does not say well is null. */
export function readMeta(job: FetchedJob): JobMeta {
  const rerun = Rerun.safeParse(job.data).success ? { rerun: true } : {};
  return { operation: job.name.slice(0, 100), ...Named.parse(job.data), enqueuedAtMs: job.ref.timestamp, ...rerun };
}
