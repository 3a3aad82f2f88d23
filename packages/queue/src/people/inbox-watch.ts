/** Which account's inbox is read next, and how far each reading has come, as typed calls. The reads are jobs like others: they go through the gate, and end in outcomes. */

import { noteAccepted } from "../door/note-accepted.ts";
import type { JobRef } from "../job/job-ref.ts";
import { jobTarget } from "../job/job-target.ts";
import type { CallQueues } from "../redis/call-queues.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import {
  type InboxAsk,
  type Reading,
  watchClaimScript,
  watchDueScript,
  watchReadingScript,
  watchSentScript,
  watchToldScript,
} from "./lua/inbox-watch.ts";
import { WATCH_PRIORITY, type WatchStep, watchDigest, watchedBy, watchJobData, watchJobRef } from "./watch-job.ts";

/** A page's word on how the reading goes on. */
export type PageTold = { cursor: string; asks: readonly InboxAsk[] };

type Parts = { scripts: RedisScripts; config: EngineConfig; queues: CallQueues };

export class InboxWatch {
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
    for (const latest of await this.#scripts.run(watchDueScript, {})) {
      const { account, turn } = latest;
      const claim = { account, turn, digest: watchDigest(latest), ledgerDays: this.#config.ledgerDays, draw: random() };
      const step = await this.#scripts.run(watchClaimScript, claim);
      if (step.kind === "none") continue;
      await this.#add(step, step.isNew);
      added += step.isNew ? 1 : 0;
    }
    return added;
  }

  async #add(step: WatchStep, isNew: boolean): Promise<void> {
    const { queue, id } = watchJobRef(step);
    if (queue !== "messages" && queue !== "profiles") throw new Error(`no read of an inbox goes through ${queue}`);
    const data = watchJobData(step);
    await this.#queues.of(queue).add(step.operation, data, { jobId: id, priority: WATCH_PRIORITY });
    await noteAccepted(this.#scripts, [{ queue, id, operation: step.operation, data, isNew }]);
  }

  /** The facts that a read's answer is judged by; null for a job that is no read of a watch, or not its latest. */
  async reading(ref: Pick<JobRef, "id">): Promise<Reading | null> {
    const by = watchedBy(ref);
    return by === null ? null : await this.#scripts.run(watchReadingScript, by);
  }

  /** When the account sent a message or an invitation to each of these people last, as far as that is known, ms; 0 for never. */
  async sentAt(account: string, addresses: readonly string[]): Promise<number[]> {
    if (addresses.length === 0) return [];
    const targets = addresses.map((linkedin_url) => jobTarget("message.send", { accountId: account, input: { linkedin_url } }));
    return await this.#scripts.run(watchSentScript, { account, targets });
  }

  /** A read said what it found, and that is kept: the reading goes on. Repeating it changes nothing. */
  async told(ref: Pick<JobRef, "id">, page: PageTold | null, random: () => number): Promise<void> {
    const by = watchedBy(ref);
    if (by === null) return;
    await this.#scripts.run(watchToldScript, {
      ...by,
      draw: random(),
      ...(page === null ? {} : { cursor: page.cursor, asks: [...page.asks] }),
    });
  }
}
