/** Looking for a job of unknown outcome, asked for on the command line. */
import { LinkupError } from "@linkup-queue/contracts";
import type { Engine } from "@linkup-queue/queue";
import type { Report } from "../terminal/report.ts";
import { findJob, type WhichQueue } from "./find-job.ts";

/** Adds the job that looks. Throws LinkupError `not_found`, and `conflict` where it can't be looked for. */
export async function reconcileJob({ jobs }: Engine, id: string, which: WhichQueue): Promise<Report> {
  const answer = await jobs.reconciles.look(await findJob(jobs.views, id, which));
  if (answer.kind === "refused") throw new LinkupError("conflict", answer.message);
  const { queue, jobId, of, duplicate } = answer;
  const said = duplicate ? `Job ${of} is looked for already, by ${jobId}.` : `Job ${of} is looked for by ${jobId}; nothing is sent.`;
  return { json: { queue, jobId, reconcileOf: of, duplicate }, sections: [{ kind: "line", text: said }] };
}
