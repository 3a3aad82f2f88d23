/** Says in the log that LINKUP_REDIS_REPLICAS asks for fewer replicas than are attached, when that begins, changes and ends. */
import { type AttachedReplicas, tooFewAsked } from "@linkup-queue/queue";
import type { Logger } from "pino";

export class ReplicasAnnouncer {
  readonly #log: Logger;
  #told: string | null = null;

  constructor(log: Logger) {
    this.#log = log;
  }

  see(replicas: AttachedReplicas): void {
    const trouble = tooFewAsked(replicas);
    if (trouble === this.#told) return;
    this.#told = trouble;
    if (trouble === null) this.#log.info(replicas, "LINKUP_REDIS_REPLICAS asks for all replicas that are attached");
    else this.#log.warn(replicas, `too few replicas are asked for: ${trouble}`);
  }
}
