/** Outcomes from wherever they are kept: Redis first, and the archive for what Redis keeps no longer. A client sees no difference. */
import type { Archive } from "@linkup-queue/archive";
import { CALL_QUEUES, CallQueue, type Outcome } from "@linkup-queue/contracts";
import { Campaigns, type JobView, jobDigest, outcomeIdOf } from "@linkup-queue/queue";
import type { ApiContext } from "./api-context.ts";

const PAGE = 200;

/** A job whose outcome only the archive has, in one queue or in whichever has one; null for any other. */
export async function archivedJob(context: ApiContext, jobId: string, queue: CallQueue | undefined): Promise<JobView | null> {
  const { archive, jobs } = context;
  if (archive === null) return null;
  const found = await jobs.views.find(jobId, queue);
  const [one, ...others] = found;
  if (others.length > 0) return null;
  if (one === undefined) return await forgottenJob(archive, jobId, queue);
  const { view, digest } = one;
  if (view.outcome !== null || (view.state !== "completed" && view.state !== "failed")) return null;
  const outcome = await archive.read(outcomeIdOf(digest));
  return outcome === null ? null : viewOf(outcome, view.queue);
}

/** One that the ledger has forgotten too. A number that BullMQ gave names a job only with its time, which nobody remembers then. */
async function forgottenJob(archive: Archive, jobId: string, queue: CallQueue | undefined): Promise<JobView | null> {
  if (/^\d+$/.test(jobId)) return null;
  const ids = (queue === undefined ? CALL_QUEUES : [queue]).map((name) => outcomeIdOf(jobDigest({ queue: name, id: jobId, timestamp: 0 })));
  const [outcome, ...others] = [...(await archive.readMany(ids)).values()];
  return outcome === undefined || others.length > 0 ? null : viewOf(outcome, CallQueue.parse(outcome.queue));
}

function viewOf(outcome: Outcome, queue: CallQueue): JobView {
  const { jobId, operation, accountId, campaignId, recipientId, enqueuedAt, status } = outcome;
  const state = status === "succeeded" ? "completed" : "failed";
  return { queue, jobId, state, operation, accountId, campaignId, recipientId, enqueuedAt, outcome };
}

/** Whether there is such a campaign, or its outcomes are archived. */
export async function hasOutcomes({ engine, archive }: ApiContext, campaignId: string): Promise<boolean> {
  if ((await new Campaigns(engine.scripts).read(campaignId)) !== null) return true;
  return archive !== null && (await archive.byCampaign(campaignId, { limit: 1 })).items.length > 0;
}

/** A campaign's outcomes, a page at a time: in the order they came, or as they ended where Redis has forgotten that order. */
export async function* campaignOutcomes({ engine, archive }: ApiContext, campaignId: string): AsyncGenerator<Outcome> {
  const elsewhere = archive === null ? undefined : (ids: readonly string[]) => archive.readMany(ids);
  let count = 0;
  for await (const outcome of new Campaigns(engine.scripts).outcomes(campaignId, { elsewhere })) {
    count += 1;
    yield outcome;
  }
  if (count > 0 || archive === null) return;
  let after: Parameters<Archive["byCampaign"]>[1]["after"];
  do {
    const page = await archive.byCampaign(campaignId, { after, limit: PAGE });
    yield* page.items;
    after = page.next ?? undefined;
  } while (after !== undefined);
}
