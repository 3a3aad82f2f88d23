/**
 * Forgets a person in all that Redis holds: schedules, recipients, jobs, outcomes. In this order, so that what moves on meanwhile is met again further
 * on. It may be asked again at any time, and must be when a call about the person was out.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Engine } from "./engine.ts";
import { type ForgottenJobs, forgetJobs } from "./forget-jobs.ts";
import { type ForgottenOutcomes, forgetOutcomes } from "./forget-outcomes.ts";
import { forgetRecipients } from "./forget-recipients.ts";
import { forgetSchedules } from "./forget-schedules.ts";
import type { JobCancels } from "./job-cancels.ts";
import type { JobViews } from "./job-views.ts";

export type ForgottenPerson = { schedules: number; recipients: number; jobs: ForgottenJobs; outcomes: ForgottenOutcomes };

/** The feeder, or a schedule's tick, may be putting into a queue what was read before, ms. */
const FEEDER_ROUND_MS = 500;

/** Forgets the person (by `personKey`). Answers what was found, as counts. */
export async function forgetPerson(
  { engine, views, cancels }: { engine: Engine; views: JobViews; cancels: JobCancels },
  person: string,
): Promise<ForgottenPerson> {
  const { scripts } = engine;
  const schedules = await forgetSchedules(engine, person);
  const recipients = await forgetRecipients(engine, person);
  if (schedules + recipients > 0) await sleep(FEEDER_ROUND_MS);
  const jobs = await forgetJobs({ scripts, views, cancels }, person);
  const outcomes = await forgetOutcomes(scripts, person);
  return { schedules, recipients, jobs, outcomes };
}
