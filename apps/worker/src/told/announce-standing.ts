/** Says in the log that something is wrong about the key as a whole, when that begins, changes and ends, and nothing while it stays as it is. */
import type { Logger } from "pino";

export class StandingTrouble {
  readonly #log: Logger;
  readonly #overLine: string;
  #told: string | null = null;

  /** `overLine`: the line for the end of it. */
  constructor(log: Logger, overLine: string) {
    this.#log = log;
    this.#overLine = overLine;
  }

  /** Told of each look. `line`: the trouble in a sentence, null where there is none. `facts` go into the line's fields. */
  see(line: string | null, facts: object): void {
    if (line === this.#told) return;
    this.#told = line;
    if (line === null) this.#log.info(facts, this.#overLine);
    else this.#log.warn(facts, line);
  }
}
