/** The data of a job that ended, as long as anybody has it: BullMQ's own record, or a campaign's recipient with the campaign's text of now. */
import { jsonWithinBounds } from "@linkup-queue/contracts";
import { z } from "zod";
import { campaignJobAnew } from "../campaigns/feed/campaign-job.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { FoundJob } from "../views/job-views.ts";

const Erased = z.object({ erased: z.literal(true) });

/** `data` may be anything. Null where nobody has it, or its person was forgotten. */
export async function endedData(
  scripts: RedisScripts,
  { stored, fields, view }: FoundJob,
): Promise<{ name: string; data: unknown; priority: number } | null> {
  if (stored !== null) {
    const data = jsonWithinBounds(stored.data);
    return Erased.safeParse(data).success ? null : { ...stored, data };
  }
  if (fields === null || view.outcome === null) return null;
  const anew = await campaignJobAnew(scripts, view.outcome, fields);
  return anew === null ? null : { name: view.outcome.operation, ...anew };
}
