/** A job in one line, wherever jobs are listed. */
import { type Outcome, WAIT_WORDS, type WaitsFor } from "@linkup-queue/contracts";
import type { JobState } from "@linkup-queue/queue";
import { type Html, html, moment, numberText } from "../frame/html.ts";
import { codeText } from "../frame/outcome-words.ts";
import { personLink } from "../frame/person-link.ts";
import { stateBadge } from "../frame/words.ts";

export type ShownJob = {
  queue: string;
  jobId: string;
  state: JobState;
  operation: string | null;
  accountId: string | null;
  recipientId: string | null;
  enqueuedAt: string | null;
  waitsFor?: WaitsFor;
  outcome?: Outcome | null;
};

/** The address of its page. */
export function jobPath({ queue, jobId }: Pick<ShownJob, "queue" | "jobId">): string {
  return `/console/jobs/${encodeURIComponent(queue)}/${encodeURIComponent(jobId)}`;
}

const TONES = { waiting: "calm", parked: "wait", delayed: "calm", active: "good", completed: "good", failed: "bad" } as const;
const WORDS: Readonly<Record<JobState, string>> = {
  waiting: "waits",
  parked: "held",
  delayed: "later",
  active: "its call is out",
  completed: "succeeded",
  failed: "did not succeed",
};

/** Its state, or how it ended. */
export function jobState(job: Pick<ShownJob, "state" | "outcome">): Html {
  return stateBadge(jobStateText(job), TONES[job.state]);
}

/** The word for it. */
export function jobStateText({ state, outcome }: Pick<ShownJob, "state" | "outcome">): string {
  return outcome?.status ?? WORDS[state];
}

/** Why it makes no call now, in words; null where that is not told. */
export function waitText({ waitsFor }: Pick<ShownJob, "waitsFor">): Html | null {
  if (waitsFor === undefined) return null;
  const { reason, until, accountId, position } = waitsFor;
  const place = position === undefined ? null : html`, number ${position} in its turn`;
  const whose = accountId === undefined ? null : html` (<a href="/console/accounts/${accountId}">${accountId}</a>)`;
  return html`${WAIT_WORDS[reason]}${whose}${place}${until === undefined ? null : html`, until ${moment(until)}`}`;
}

/** `csrf`: for the ways to each recipient's history. */
export function jobTable(jobs: readonly ShownJob[], csrf: string | null): Html {
  return html`<table class="cards"><thead><tr><th scope="col">job</th><th scope="col">added</th><th scope="col">operation</th><th scope="col">account</th><th scope="col">recipient</th><th scope="col">state</th><th scope="col">why</th><th scope="col">calls</th><th scope="col">credits</th></tr></thead><tbody>
${jobs.map((job) => {
  const { accountId, recipientId, outcome = null } = job;
  return html`<tr><th scope="row"><a href="${jobPath(job)}">${job.jobId}</a></th><td data-label="added">${moment(job.enqueuedAt, "not known")}</td>
<td data-label="operation">${job.operation ?? "not kept"}</td>
<td data-label="account">${accountId === null ? "none" : html`<a href="/console/accounts/${accountId}">${accountId}</a>`}</td>
<td data-label="recipient">${recipientId === null ? "not named" : personLink(recipientId, { csrf })}</td>
<td data-label="state">${jobState(job)}</td><td data-label="why"><span>${outcome === null ? waitText(job) : codeText(outcome.code)}</span></td>
<td class="number" data-label="calls">${outcome === null ? "" : numberText(outcome.calls)}</td><td class="number" data-label="credits">${outcome === null ? "" : numberText(outcome.credits.charged)}</td></tr>`;
})}</tbody></table>`;
}
