/** A person among schedules: one whose job is about them would go on making such jobs, and ends. */
import { peopleOfJob } from "../job/job-subjects.ts";
import type { Schedules } from "../schedules/schedules.ts";

const SCHEDULES_AT_ONCE = 100;

/** Ends every schedule about the person (by `personKey`). Answers how many those were. */
export async function forgetSchedules(schedules: Schedules, person: string): Promise<number> {
  let ended = 0;
  for (let afterId: string | undefined; ; ) {
    const page = await schedules.list({ afterId, limit: SCHEDULES_AT_ONCE });
    for (const { id, job } of page.schedules) if (peopleOfJob(job).includes(person) && (await schedules.remove(id))) ended += 1;
    if (page.next === null) return ended;
    afterId = page.next;
  }
}
