/**
 * Forgets a person in all that Redis holds: schedules, recipients, jobs, outcomes, readings of inboxes and of invitations, the address of one who answered. In this order, so that what moves on meanwhile is met again further
 * on. It may be asked again at any time, and must be when a call about the person was out.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { JobCancels } from "../again/cancels.ts";
import type { Campaigns } from "../campaigns/campaigns.ts";
import type { Gate } from "../ledger/gate.ts";
import type { Outbox } from "../ledger/outbox.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { type PeopleDigests, personDigest } from "../safety/people-digests.ts";
import type { Schedules } from "../schedules/schedules.ts";
import type { JobViews } from "../views/job-views.ts";
import { forgetInboxes } from "./forget-inboxes.ts";
import { forgetInvited } from "./forget-invited.ts";
import { type ForgottenJobs, forgetJobs } from "./forget-jobs.ts";
import { type ForgottenOutcomes, forgetOutcomes } from "./forget-outcomes.ts";
import { forgetRecipients } from "./forget-recipients.ts";
import { forgetSchedules } from "./forget-schedules.ts";

export type ForgottenPerson = { schedules: number; recipients: number; jobs: ForgottenJobs; outcomes: ForgottenOutcomes };

/** The parts of the engine that may hold a person. */
export type ErasureParts = {
  scripts: RedisScripts;
  gate: Gate;
  outbox: Outbox;
  campaigns: Campaigns;
  schedules: Schedules;
  digests: PeopleDigests;
  views: JobViews;
  cancels: JobCancels;
};

/** The feeder, or a schedule's tick, may be putting into a queue what was read before, ms. */
const FEEDER_ROUND_MS = 500;

/** Forgets the person (by `personKey`). Answers what was found, as counts. */
export async function forgetPerson(parts: ErasureParts, person: string): Promise<ForgottenPerson> {
  const { scripts } = parts;
  await forgetAddress(parts, person);
  await forgetInboxes(scripts, person);
  await forgetInvited(scripts, person);
  const schedules = await forgetSchedules(parts.schedules, person);
  const recipients = await forgetRecipients(parts, person);
  if (schedules + recipients > 0) await sleep(FEEDER_ROUND_MS);
  const jobs = await forgetJobs(parts, person);
  const outcomes = await forgetOutcomes(scripts, person);
  return { schedules, recipients, jobs, outcomes };
}

/** Where one who answered is found; that they answered stays. */
async function forgetAddress({ scripts, digests }: ErasureParts, person: string): Promise<void> {
  const secret = await digests.refresh();
  if (secret !== null) await scripts.client.del(scripts.keys.address(personDigest(secret, person)));
}
