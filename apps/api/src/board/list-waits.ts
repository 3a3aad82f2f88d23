/** On the board's lists, what each job waits for: beside its data, as the ledger is on a job's own page. Jobs that have ended stay as they are. */
import { CallQueue } from "@linkup-queue/contracts";
import { type EngineJobs, namesIn } from "@linkup-queue/queue";
import { z } from "zod";

const Listed = z.looseObject({
  id: z.string(),
  name: z.string(),
  timestamp: z.number(),
  data: z.record(z.string(), z.unknown()),
  finishedOn: z.null().optional(),
});
const Lists = z.looseObject({ queues: z.array(z.looseObject({ name: z.string(), jobs: z.array(z.unknown()) })) });
type Lists = z.infer<typeof Lists>;

/** The body of a list with `ledger: {waitsFor}` in the data of jobs that wait. */
export async function withWaits(body: unknown, views: EngineJobs["views"]): Promise<unknown> {
  const lists = Lists.safeParse(body);
  if (!lists.success) return body;
  const queues: Lists["queues"] = [];
  for (const list of lists.data.queues) {
    const queue = CallQueue.safeParse(list.name);
    queues.push(queue.success ? { ...list, jobs: await tell(list.jobs, queue.data, views) } : list);
  }
  return { ...lists.data, queues };
}

async function tell(jobs: readonly unknown[], queue: CallQueue, views: EngineJobs["views"]): Promise<unknown[]> {
  const waiting = jobs.map((job) => Listed.safeParse(job)).flatMap(({ data }) => (data === undefined ? [] : [data]));
  const waits = await views.waits(
    waiting.map(({ id, name, timestamp, data }) => {
      const { accountId, campaignId } = namesIn(data);
      return { ref: { queue, id, timestamp }, operation: name, accountId, campaignId };
    }),
  );
  const told = new Map(waiting.map((job, index) => [job.id, { job, waitsFor: waits[index] }]));
  return jobs.map((job) => {
    const known = told.get(String((job as { id?: unknown } | null)?.id));
    if (known?.waitsFor == null) return job;
    return { ...known.job, data: { ledger: { waitsFor: known.waitsFor }, ...known.job.data } };
  });
}
