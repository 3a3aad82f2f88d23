/** Which fault strikes a call: first the queue of one-shot faults, then every nth, then chance. Same seed and order, same faults. */

import { type Fault, type LatencyMs, type Scenario, type SharedFault, sharedFaults } from "./scenario.ts";
import { seededRandom } from "./seeded-random.ts";

export type StrikeTarget = { operation: string; account: string | null };

export class FaultChooser {
  #faultRandom: () => number = seededRandom(1);
  #latencyRandom: () => number = seededRandom(2);
  #shares: SharedFault[] = [];
  #next: Scenario["next"] = [];
  #scenario: Scenario;
  #calls = 0;

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    this.use(scenario, new Set(["seed", "next", "failEvery"]));
  }

  /** Takes a new scenario; the random numbers, the queue and the count start anew only where the patch named them. */
  use(scenario: Scenario, named: ReadonlySet<string>): void {
    this.#scenario = scenario;
    this.#shares = sharedFaults(scenario);
    if (named.has("next")) this.#next = scenario.next.map((fault) => ({ ...fault }));
    if (named.has("failEvery")) this.#calls = 0;
    if (!named.has("seed")) return;
    // Two series, so that a change of latencies leaves the faults of a run as they were.
    this.#faultRandom = seededRandom(scenario.seed);
    this.#latencyRandom = seededRandom(scenario.seed ^ 0x5bd1e995);
  }

  /** One-shot faults that are still to come. */
  get waiting(): Scenario["next"] {
    return this.#next;
  }

  choose(call: StrikeTarget): Fault | null {
    return this.#takeNext(call) ?? this.#takeByRule(call);
  }

  /** Milliseconds until the answer of this call. */
  latencyMs(path: string, operation: string): number {
    const { latencyByPath, latencyMs } = this.#scenario;
    const chosen: LatencyMs = latencyByPath[path] ?? latencyByPath[operation] ?? latencyMs;
    return typeof chosen === "number" ? chosen : chosen.min + this.#latencyRandom() * (chosen.max - chosen.min);
  }

  #takeNext(call: StrikeTarget): Fault | null {
    if (this.#next.length === 0) return null;
    const at = this.#next.findIndex(
      ({ operation, email }) => (operation ?? call.operation) === call.operation && (email ?? call.account) === call.account,
    );
    const found = this.#next[at];
    if (found === undefined) return null;
    found.times -= 1;
    if (found.times === 0) this.#next.splice(at, 1);
    return found;
  }

  #takeByRule(call: StrikeTarget): Fault | null {
    const { failEvery, faultOperations } = this.#scenario;
    if (faultOperations !== null && !faultOperations.includes(call.operation)) return null;
    this.#calls += 1;
    if (failEvery !== null && this.#calls % failEvery.n === 0) return failEvery;
    if (this.#shares.length === 0) return null;
    let left = this.#faultRandom();
    for (const { share, fault } of this.#shares) {
      if (left < share) return fault;
      left -= share;
    }
    return null;
  }
}
