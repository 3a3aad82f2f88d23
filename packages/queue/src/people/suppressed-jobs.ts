/**
 * Ends the jobs that wait to reach somebody who is suppressed, so that nobody has to wait until each comes to the gate, which would end it as well. It walks all jobs of the
 * call queues; those who ask meanwhile share the next walk.
 */
import { CALL_QUEUES, type CallQueue, REACHING_OPERATIONS } from "@linkup-queue/contracts";
import type { JobCancels } from "../again/cancels.ts";
import { scanKeys } from "../erasure/forget-text.ts";
import { jsonOrNull, namesIn } from "../job/job-meta.ts";
import { peopleOfJob } from "../job/job-subjects.ts";
import type { Ending } from "../job/outcome.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { JobViews } from "../views/job-views.ts";
import type { JobAbout, Suppressions } from "./suppressions.ts";

export const SUPPRESSED: Ending = {
  status: "cancelled",
  code: "suppressed",
  message: "The person is on the list of those who are not to be contacted; nothing was sent",
  httpStatus: null,
  output: null,
};

/** `ended`: jobs that waited; `inFlight`: jobs whose call is out, or may be, of which the outcome tells. */
export type SuppressedEnds = { ended: number; inFlight: number };

type Parts = { scripts: RedisScripts; views: JobViews; cancels: JobCancels; suppressions: Suppressions };
type Waiting = { queue: CallQueue; id: string } & JobAbout;
type Walked = Map<string, SuppressedEnds>;

const REACHING: ReadonlySet<string> = new Set(REACHING_OPERATIONS);

export class SuppressedJobs {
  readonly #parts: Parts;
  #walking: Promise<unknown> = Promise.resolve();
  #next: Promise<Walked> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Ends all such jobs. Answers how many were about one of `people` (by `personKey`), or how many there were where nobody is named. */
  async end(people?: readonly string[]): Promise<SuppressedEnds> {
    const walked = await this.#nextWalk();
    const total: SuppressedEnds = { ended: 0, inFlight: 0 };
    for (const [about, { ended, inFlight }] of walked) {
      if (people !== undefined && !about.split(",").some((person) => people.includes(person))) continue;
      total.ended += ended;
      total.inFlight += inFlight;
    }
    return total;
  }

  /** The walk that begins after the one that is on its way: that one may have passed a job before it was asked for. */
  #nextWalk(): Promise<Walked> {
    this.#next ??= this.#walking.then(() => {
      this.#next = null;
      const walk = this.#walk();
      this.#walking = walk.catch(() => undefined);
      return walk;
    });
    return this.#next;
  }

  async #walk(): Promise<Walked> {
    const { scripts, suppressions } = this.#parts;
    const walked: Walked = new Map();
    for await (const keys of scanKeys(scripts)) {
      const jobs = await this.#waiting(keys);
      if (jobs.length === 0) continue;
      const found = await suppressions.areSuppressed(jobs);
      for (const [at, job] of jobs.entries()) {
        if (found[at] !== true) continue;
        const become = await this.#end(job);
        if (become === null) continue;
        const name = job.people.join();
        const counts = walked.get(name) ?? { ended: 0, inFlight: 0 };
        counts[become] += 1;
        walked.set(name, counts);
      }
    }
    return walked;
  }

  /** The jobs behind these keys that reach somebody and have not ended. */
  async #waiting(keys: readonly string[]): Promise<Waiting[]> {
    const { scripts } = this.#parts;
    const places = CALL_QUEUES.map((queue) => ({ queue, prefix: `${scripts.tag}:${queue}:` }));
    const pipeline = scripts.client.pipeline();
    const looked = keys.flatMap((key) => {
      const place = places.find(({ prefix }) => key.startsWith(prefix));
      if (place === undefined) return [];
      pipeline.hmget(key, "name", "data", "finishedOn");
      return [{ queue: place.queue, id: key.slice(place.prefix.length) }];
    });
    if (looked.length === 0) return [];
    const replies = (await pipeline.exec()) ?? [];
    return looked.flatMap((job, at) => {
      const [error, values] = replies[at] ?? [];
      // Another type of key: one of BullMQ's own.
      if (error || !Array.isArray(values)) return [];
      const [name, text, finished] = values as (string | null)[];
      if (name == null || text == null || finished != null || !REACHING.has(name)) return [];
      const data = jsonOrNull(text);
      const { accountId, campaignId } = namesIn(data);
      const people = peopleOfJob(data);
      return people.length === 0 ? [] : [{ ...job, people, account: accountId ?? "", campaign: campaignId ?? undefined }];
    });
  }

  async #end({ queue, id }: Waiting): Promise<keyof SuppressedEnds | null> {
    const { views, cancels } = this.#parts;
    const [found] = await views.find(id, queue);
    if (found === undefined) return null;
    const said = await cancels.cancel(found, { ending: SUPPRESSED });
    if (said === "ended") return null;
    return said === "call_out" ? "inFlight" : "ended";
  }
}
