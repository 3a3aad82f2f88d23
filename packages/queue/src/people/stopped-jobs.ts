/**
 * Ends the jobs that wait to reach somebody who is suppressed, or who answered a campaign that stops then, so that nobody has to wait until each comes to the gate, which would end it
 * as well. It walks all jobs of the call queues; those who ask meanwhile share the next walk.
 */
import { CALL_QUEUES, type CallQueue, isOperation, type JobData, type OperationName, REACHING_OPERATIONS } from "@linkup-queue/contracts";
import type { JobCancels } from "../again/cancels.ts";
import { scanKeys } from "../erasure/forget-text.ts";
import { jsonOrNull, namesIn } from "../job/job-meta.ts";
import { peopleOfJob, peopleReached, peopleReachedBy } from "../job/job-subjects.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { type PeopleDigests, personDigest } from "../safety/people-digests.ts";
import type { JobViews } from "../views/job-views.ts";
import { stoppedJobsScript } from "./lua/stopped-jobs.ts";
import { STOP_CODES, type StopCode } from "./stop-code.ts";

/** The words of such jobs' outcomes, for a person. */
export const STOP_WORDS: Readonly<Record<StopCode, string>> = {
  suppressed: "The person is on the list of those who are not to be contacted; nothing was sent",
  replied: "The person answered, and the campaign stops then; nothing was sent",
};

/** `ended`: jobs that waited; `inFlight`: jobs whose call is out, or may be, of which the outcome tells. */
export type StoppedEnds = { ended: number; inFlight: number };

/** The subjects of a job: whom it is about and whom it reaches, by `personKey`; its account and its campaign. */
export type JobAbout = { people: readonly string[]; reached: readonly string[]; account: string; campaign?: string | undefined };

type Parts = { scripts: RedisScripts; views: JobViews; cancels: JobCancels; digests: PeopleDigests };
type Waiting = { queue: CallQueue; id: string } & JobAbout;
/** By code, and by the people for whose sake jobs ended. */
type Walked = Record<StopCode, Map<string, StoppedEnds>>;

const REACHING: ReadonlySet<string> = new Set(REACHING_OPERATIONS);
const JOBS_AT_ONCE = 500;

export class StoppedJobs {
  readonly #parts: Parts;
  #walking: Promise<unknown> = Promise.resolve();
  #next: Promise<Walked> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Ends all such jobs. Answers how many ended with `code` for the sake of one of `people` (by `personKey`), or of anybody where nobody is named. */
  async end(code: StopCode, people?: readonly string[]): Promise<StoppedEnds> {
    const walked = await this.#nextWalk();
    const total: StoppedEnds = { ended: 0, inFlight: 0 };
    for (const [about, { ended, inFlight }] of walked[code]) {
      if (people !== undefined && !about.split(",").some((person) => people.includes(person))) continue;
      total.ended += ended;
      total.inFlight += inFlight;
    }
    return total;
  }

  /** Of each job the code with which it would end now for its person's sake; null for none. */
  async codesOf(jobs: readonly JobAbout[]): Promise<(StopCode | null)[]> {
    const { scripts, digests } = this.#parts;
    const secret = await digests.refresh();
    if (secret === null) return jobs.map(() => null);
    const digested = (people: readonly string[]) => people.map((person) => personDigest(secret, person)).join();
    const answers: (StopCode | null)[] = [];
    for (let at = 0; at < jobs.length; at += JOBS_AT_ONCE) {
      const some = jobs.slice(at, at + JOBS_AT_ONCE).map(({ people, reached, account, campaign }) => ({
        people: digested(people),
        reached: digested(reached),
        account,
        ...(campaign === undefined ? {} : { campaign }),
      }));
      for (const answer of await scripts.run(stoppedJobsScript, { jobs: some })) answers.push(answer);
    }
    return answers;
  }

  /** As `codesOf`, of one job of checked data. */
  async wouldEnd(
    operation: OperationName,
    data: Pick<JobData, "accountId" | "campaignId" | "input" | "recipientId">,
  ): Promise<StopCode | null> {
    if (!REACHING.has(operation)) return null;
    const { accountId: account, campaignId: campaign } = data;
    const [code = null] = await this.codesOf([{ people: peopleOfJob(data), reached: peopleReached(operation, data), account, campaign }]);
    return code;
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
    const walked = Object.fromEntries(STOP_CODES.map((code) => [code, new Map()])) as Walked;
    for await (const keys of scanKeys(this.#parts.scripts)) {
      const jobs = await this.#waiting(keys);
      if (jobs.length === 0) continue;
      for (const [at, code] of (await this.codesOf(jobs)).entries()) {
        const job = jobs[at];
        if (code === null || job === undefined) continue;
        const become = await this.#end(job, code);
        if (become === null) continue;
        const about = (code === "replied" ? job.reached : job.people).join();
        const counts = walked[code].get(about) ?? { ended: 0, inFlight: 0 };
        counts[become] += 1;
        walked[code].set(about, counts);
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
      if (name == null || text == null || finished != null || !isOperation(name) || !REACHING.has(name)) return [];
      const data = jsonOrNull(text);
      const { accountId, campaignId } = namesIn(data);
      const people = peopleOfJob(data);
      if (people.length === 0) return [];
      return [{ ...job, people, reached: peopleReachedBy(name, data), account: accountId ?? "", campaign: campaignId ?? undefined }];
    });
  }

  async #end({ queue, id }: Waiting, code: StopCode): Promise<keyof StoppedEnds | null> {
    const { views, cancels } = this.#parts;
    const [found] = await views.find(id, queue);
    if (found === undefined) return null;
    const ending = { status: "cancelled", code, message: STOP_WORDS[code], httpStatus: null, output: null } as const;
    const said = await cancels.cancel(found, { ending });
    if (said === "ended") return null;
    return said === "call_out" ? "inFlight" : "ended";
  }
}
