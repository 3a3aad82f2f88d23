/** Says in the log that live workers of the key differ in settings that bound what leaves, when that begins, changes and ends. */
import { differenceText, type SettingDifference } from "@linkup-queue/queue";
import type { Logger } from "pino";

export class DifferenceAnnouncer {
  readonly #log: Logger;
  #told = "";

  constructor(log: Logger) {
    this.#log = log;
  }

  see(differences: readonly SettingDifference[]): void {
    const found = differences.map(differenceText).join(", ");
    if (found === this.#told) return;
    this.#told = found;
    if (found === "") this.#log.info("the workers of this key have the same settings again");
    else this.#log.warn({ differences }, `the workers of this key have different settings, and the strictest hold: ${found}`);
  }
}
