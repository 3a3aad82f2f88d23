/**
 * BullMQ's worker, whose wait for a job in one command of Redis stays well below the time after which a silent connection is given up: ten seconds, as
 * BullMQ has it, would be given up now and then with nothing wrong.
 */
import { Worker } from "bullmq";

const LONGEST_BLOCK_SECONDS = 5;

export class BoundedWorker extends Worker {
  protected override getBlockTimeout(blockUntil: number): number {
    return Math.min(super.getBlockTimeout(blockUntil), LONGEST_BLOCK_SECONDS);
  }
}
