/** A person's word on a job of unknown outcome, given on the command line. */
import type { Outcome } from "@linkup-queue/contracts";
import type { Engine } from "@linkup-queue/queue";
import { UsageError } from "../terminal/console-io.ts";
import type { Report } from "../terminal/report.ts";
import { findJob, type WhichQueue } from "./find-job.ts";

export type ResolveOptions = WhichQueue & { happened?: boolean; notHappened?: boolean; by: string };

/** Whose word it is where nobody says: no token's name has a space in it. */
export const COMMAND_LINE = "command line";

const MOST_NAME_LENGTH = 100;

/** Keeps the word and publishes the outcome again. Throws UsageError without a word; LinkupError `not_found`, `conflict`. */
export async function resolveJob({ jobs, outbox }: Engine, id: string, options: ResolveOptions): Promise<Report> {
  const { happened = false, notHappened = false, by, queue } = options;
  if (happened === notHappened) throw new UsageError("Say which: --happened or --not-happened");
  if (by.trim() === "" || by.length > MOST_NAME_LENGTH || /\p{Cc}/u.test(by)) {
    throw new UsageError(`--by must be 1 to ${MOST_NAME_LENGTH} characters of text`);
  }
  const found = await findJob(jobs.views, id, queue === undefined ? {} : { queue });
  const { outcome, duplicate } = await jobs.resolutions.resolve(found, { happened, by });
  await outbox.publishResolved([outcome.outcomeId]);
  return { json: { ...found.view, outcome }, sections: [{ kind: "line", text: sentence(id, outcome, duplicate) }] };
}

function sentence(id: string, { resolved }: Outcome, duplicate: boolean): string {
  const word = resolved?.happened === true ? "happened" : "did not happen";
  return duplicate ? `${resolved?.by} said before that job ${id} ${word}; nothing was changed.` : `Job ${id} ${word}: kept and told.`;
}
