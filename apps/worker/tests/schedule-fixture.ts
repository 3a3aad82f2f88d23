/** A schedule as the tests of schedules put it, and what must hold once no schedule adds jobs any more. */
import { defineSchedule, ScheduleRequest } from "@linkup-queue/queue";
import { waitFor } from "@linkup-queue/testkit";
import { expect } from "vitest";
import type { System } from "./fixture.ts";

export type ScheduleChanges = { overlap?: string; accountId?: string; priority?: string; id?: string };

/** Puts a schedule that reads one profile at each tick of `rule`. */
export async function putSchedule(system: System, rule: object, changes: ScheduleChanges = {}): Promise<string> {
  const { overlap = "skip", accountId = "ada", priority = "normal", id = "s1" } = changes;
  const job = { operation: "profile.scrape", accountId, priority, input: { linkedin_url: "https://www.linkedin.com/in/x" } };
  return await system.engine.schedules.put(id, defineSchedule(ScheduleRequest.parse({ ...rule, overlap, job })));
}

/** One outcome for each job, one call for each outcome, once no schedule adds jobs any more. */
export async function expectOnceEach(system: System): Promise<void> {
  const unfinished = () => system.queue("profiles").getJobCountByTypes("waiting", "prioritized", "delayed", "active");
  await waitFor(() => unfinished(), { what: "all jobs to be done", until: (seen) => seen === 0 });
  const { requests } = system.sandbox.summary();
  await waitFor(() => system.outcomes.length, { what: "their outcomes", until: (seen) => seen >= requests });
  const ids = system.outcomes.map(({ jobId }) => jobId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(system.outcomes.map(({ status, calls }) => `${status} ${calls}`)).toEqual(ids.map(() => "succeeded 1"));
  expect(system.sandbox.summary().requests).toBe(ids.length);
}
