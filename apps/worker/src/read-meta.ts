/** What an outcome says about a fetched job, read from data that may be anything. */
import { type FetchedJob, type JobMeta, namesIn, peopleOfJob } from "@linkup-queue/queue";
import { z } from "zod";

const Rerun = z.object({ onUnknown: z.literal("rerun") });

/** The meta of a fetched job; what its data does not say well is null. */
export function readMeta(job: FetchedJob): JobMeta {
  const rerun = Rerun.safeParse(job.data).success ? { rerun: true } : {};
  const people = peopleOfJob(job.data);
  const about = people.length === 0 ? {} : { about: people };
  return { operation: job.name.slice(0, 100), ...namesIn(job.data), enqueuedAtMs: job.ref.timestamp, ...rerun, ...about };
}
