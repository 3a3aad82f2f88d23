/** Words for the jobs that were ended for a person's sake. */
import type { StoppedEnds } from "@linkup-queue/queue";

export function endedText({ ended, inFlight }: StoppedEnds): string {
  const out = inFlight === 0 ? "" : `; ${inFlight} calls are out, their outcomes tell what came of them`;
  return `${ended} waiting jobs ended${out}.`;
}
