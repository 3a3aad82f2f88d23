/** A process of a simulated world: it lives, may stand still for a while, and may die between any two steps of its code. */
import type { VirtualTime } from "./virtual-time.ts";

export class SimProcess {
  readonly name: string;
  readonly time: VirtualTime;
  #isAlive = true;
  #thawsAtMs = 0;

  constructor(name: string, time: VirtualTime) {
    this.name = name;
    this.time = time;
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isFrozen(): boolean {
    return this.time.nowMs < this.#thawsAtMs;
  }

  /** SIGKILL: none of its code runs any more, no `finally` either. */
  kill(): void {
    this.#isAlive = false;
  }

  /** SIGSTOP, and SIGCONT after `ms`. */
  freeze(ms: number): void {
    this.#thawsAtMs = Math.max(this.#thawsAtMs, this.time.nowMs + ms);
    // So that there is a moment at which it goes on, whatever else happens.
    this.time.set(null, this.#thawsAtMs - this.time.nowMs, () => undefined);
  }
}
