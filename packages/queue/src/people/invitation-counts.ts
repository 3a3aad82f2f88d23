/** Which account's invitations are read next, and what a read found, as typed calls. The reads are jobs like others: they go through the gate, and end in outcomes. */
import { noteAccepted } from "../door/note-accepted.ts";
import type { JobRef } from "../job/job-ref.ts";
import type { CallQueues } from "../redis/call-queues.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { type CountStep, countDigest, countedBy, countJobData, countJobRef, countPriority } from "./count-job.ts";
import { countClaimScript, countDueScript, countToldScript } from "./lua/invitation-count.ts";

/** The find of a read: how many are pending, or whether the person accepted, and the id of an invitation of ours that is pending, empty where it is not said; none of them where it can't be told. */
export type CountFound = { pending?: number; accepted?: boolean; pendingId?: string };

type Parts = { scripts: RedisScripts; config: EngineConfig; queues: CallQueues };

export class InvitationCounts {
  readonly #scripts: RedisScripts;
  readonly #config: EngineConfig;
  readonly #queues: CallQueues;

  constructor({ scripts, config, queues }: Parts) {
    this.#scripts = scripts;
    this.#config = config;
    this.#queues = queues;
  }

  /**
   * Adds the jobs of the reads that are due, of twenty accounts at most; whoever asks at the same time adds none of them a second time. `random`: dice in [0, 1). Answers how
   * many it added. Rejects with Redis's error: what was taken and not added is added by the next who asks, a minute later.
   */
  async addDue(random: () => number): Promise<number> {
    let added = 0;
    for (const latest of await this.#scripts.run(countDueScript, {})) {
      const { account, turn } = latest;
      const claim = { account, turn, digest: countDigest(latest), ledgerDays: this.#config.ledgerDays, draw: random() };
      const step = await this.#scripts.run(countClaimScript, claim);
      if (step.kind === "none") continue;
      await this.#add(step, step.isNew);
      added += step.isNew ? 1 : 0;
    }
    return added;
  }

  async #add(step: CountStep, isNew: boolean): Promise<void> {
    const { id } = countJobRef(step);
    const data = countJobData(step);
    await this.#queues.of("network").add(step.operation, data, { jobId: id, priority: countPriority(step.operation) });
    await noteAccepted(this.#scripts, [{ queue: "network", id, operation: step.operation, data, isNew }]);
  }

  /** A read said what it found: the account goes by it, and the reading goes on. Repeating it changes nothing. */
  async told(ref: Pick<JobRef, "id">, { pending, accepted, pendingId }: CountFound, random: () => number): Promise<void> {
    const by = countedBy(ref);
    if (by === null) return;
    await this.#scripts.run(countToldScript, {
      ...by,
      digest: countDigest({ ...by, operation: "invitation.status" }),
      draw: random(),
      ...(pending === undefined ? {} : { pending }),
      ...(accepted === undefined ? {} : { accepted: accepted ? 1 : 0 }),
      ...(pendingId === undefined ? {} : { pendingId }),
    });
  }
}
