/** Every BullMQ queue of one API key, for the job board to look into. Nothing is added or fetched through them. */
import { AUTH_QUEUE, CALL_QUEUES, CAMPAIGNS_QUEUE, queuePrefix, RESULTS_QUEUE, SCHEDULES_QUEUE } from "@linkup-queue/contracts";
import { type Job, type JobType, Queue } from "bullmq";
import { OpenJob } from "../job/open-job.ts";
import { type RedisClient, RedisScripts } from "../redis/scripts.ts";
import { listBoardJobs, readBoardJob } from "./board-list.ts";

/** The queues that a board shows, in its order. */
export const BOARD_QUEUES = [...CALL_QUEUES, AUTH_QUEUE, RESULTS_QUEUE, CAMPAIGNS_QUEUE, SCHEDULES_QUEUE] as const;
export type BoardQueue = (typeof BOARD_QUEUES)[number];

/** A queue to which anybody may add: one job whose data can't be read must not take the page of all others away. */
class OpenQueue extends Queue {
  protected override get Job(): typeof Job {
    return OpenJob;
  }
}

export class BoardQueues {
  readonly #queues: ReadonlyMap<BoardQueue, Queue>;
  readonly #scripts: RedisScripts;

  constructor(connection: RedisClient, keyId: string) {
    // Looking writes nothing, not even BullMQ's note of its version; the connection's owner hears of its errors.
    const options = { connection, prefix: queuePrefix(keyId), skipMetasUpdate: true };
    this.#queues = new Map(BOARD_QUEUES.map((name) => [name, new OpenQueue(name, options).on("error", () => undefined)]));
    this.#scripts = new RedisScripts(connection, keyId);
  }

  of(name: BoardQueue): Queue {
    const queue = this.#queues.get(name);
    if (queue === undefined) throw new Error(`${name} is not a queue of the board`);
    return queue;
  }

  /** A page of a queue's jobs, `start` and `end` included; of long jobs it has what is short. */
  async list(name: BoardQueue, page: { types: readonly JobType[]; start: number; end: number }): ReturnType<typeof listBoardJobs> {
    return await listBoardJobs(this.#scripts, this.of(name), page);
  }

  /** One job, as far as it can be read. */
  async find(name: BoardQueue, jobId: string): ReturnType<typeof readBoardJob> {
    return await readBoardJob(this.#scripts, this.of(name), jobId);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.close()));
  }
}
