/** Checks a fetched job, free of charge. Whatever its data is, it has an answer, and nothing of the data gets into the log. */
import { checkJob, describeIssues } from "@linkup-queue/contracts";
import { type CheckedJob, type FetchedJob, readMeta } from "@linkup-queue/queue";
import type { Logger } from "pino";
import type { JobInHand } from "./settle-job.ts";

type Checked = { ok: true; job: CheckedJob } | { ok: false; job: JobInHand; message: string };

/** The job with what its data says, or why that is wrong, in words for its producer. */
export function checkFetched(log: Logger, fetched: FetchedJob): Checked {
  const { ref, name, data, unread } = fetched;
  const job = { ...fetched, meta: readMeta(fetched) };
  if (unread !== null) return { ok: false, job, message: describeIssues([{ path: "data", message: unread }]) };
  const checked = checkJob({ queue: ref.queue, name, data });
  if (checked.ok) return { ok: true, job: { ...job, parsed: checked.job } };
  // Its words may hold values of the job; where it was thrown is enough.
  if (checked.thrown !== undefined) {
    log.error({ queue: ref.queue, jobId: ref.id, thrown: placeOf(checked.thrown) }, "a check threw: its job ends invalid_input");
  }
  return { ok: false, job, message: describeIssues(checked.issues) };
}

/** The kind of what was thrown, and its stack without the message. */
function placeOf(thrown: unknown): string[] {
  if (!(thrown instanceof Error)) return [typeof thrown];
  return [thrown.name, ...(thrown.stack ?? "").split("\n").filter((line) => /^ {4}at /.test(line))];
}
