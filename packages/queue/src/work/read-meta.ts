/** An outcome's facts about a fetched job, read from data that may be anything. */
import { z } from "zod";
import { type JobMeta, namesIn } from "../job/job-meta.ts";
import { peopleOfJob } from "../job/job-subjects.ts";
import { textDigest } from "../job/reconciling.ts";
import type { FetchedJob } from "./call-worker.ts";

const Rerun = z.object({ onUnknown: z.literal("rerun") });
const Reconcile = z.object({ onUnknown: z.literal("reconcile"), input: z.looseObject({ message_text: z.string().optional() }) });

/** The meta of a fetched job; what its data does not say well is null. */
export function readMeta({ ref, name, data }: Pick<FetchedJob, "ref" | "name" | "data">): JobMeta {
  const rerun = Rerun.safeParse(data).success ? { rerun: true } : {};
  const people = peopleOfJob(data);
  const about = people.length === 0 ? {} : { about: people };
  return { operation: name.slice(0, 100), ...namesIn(data), enqueuedAtMs: ref.timestamp, ...rerun, ...reconcileIn(data), ...about };
}

function reconcileIn(data: unknown): Pick<JobMeta, "reconcile"> {
  const asked = Reconcile.safeParse(data);
  if (!asked.success) return {};
  const text = asked.data.input.message_text;
  return { reconcile: text === undefined ? "" : textDigest(text) };
}
