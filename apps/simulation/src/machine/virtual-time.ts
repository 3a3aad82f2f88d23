/**
 * The time of a simulated world: it stands still until the scheduler moves it to the next timer. While code of a world runs, the timers, dates and
 * monotonic clock that it asks Node for are its world's; everybody else has the machine's.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { syncBuiltinESMExports } from "node:module";
import timersPromises from "node:timers/promises";
import type { SimProcess } from "./sim-process.ts";

type Timer = { atMs: number; order: number; owner: SimProcess | null; fire: () => void };

export class VirtualTime {
  nowMs: number;
  readonly #startMs: number;
  readonly #timers = new Map<number, Timer>();
  #orders = 0;

  constructor(startMs: number) {
    this.nowMs = startMs;
    this.#startMs = startMs;
  }

  /** Since the world began, ms. */
  get passedMs(): number {
    return this.nowMs - this.#startMs;
  }

  /** `owner`: who must be alive and awake for it; null for the world itself. */
  set(owner: SimProcess | null, afterMs: number, fire: () => void): number {
    const order = ++this.#orders;
    this.#timers.set(order, { atMs: this.nowMs + Math.max(0, Math.ceil(afterMs)), order, owner, fire });
    return order;
  }

  clear(order: number): void {
    this.#timers.delete(order);
  }

  /** The earliest timer whose owner can hear it; those of the dead are forgotten. A frozen owner hears its timers when it thaws. */
  next(): Timer | null {
    let first: Timer | null = null;
    for (const timer of this.#timers.values()) {
      if (timer.owner?.isAlive === false) this.#timers.delete(timer.order);
      else if (timer.owner?.isFrozen !== true && (first === null || timer.atMs < first.atMs)) first = timer;
    }
    return first;
  }

  /** Fires one timer, at its time or, after a freeze, late. */
  fire(timer: Timer): void {
    this.#timers.delete(timer.order);
    this.nowMs = Math.max(this.nowMs, timer.atMs);
    if (timer.owner === null) timer.fire();
    else inProcess.run(timer.owner, timer.fire);
  }
}

/** The simulated process whose code runs. */
export const inProcess = new AsyncLocalStorage<SimProcess>();

const machine = {
  Date: globalThis.Date,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  now: performance.now.bind(performance),
  sleep: timersPromises.setTimeout,
};

/** A timer of a world, in the form in which Node's come. */
class WorldTimer {
  readonly #time: VirtualTime;
  readonly #everyMs: number | null;
  #order = 0;

  constructor(owner: SimProcess, fire: () => void, { afterMs, everyMs }: { afterMs: number; everyMs: number | null }) {
    this.#time = owner.time;
    this.#everyMs = everyMs;
    const start = (ms: number) => {
      this.#order = owner.time.set(owner, ms, () => {
        if (this.#everyMs !== null) start(this.#everyMs);
        fire();
      });
    };
    start(afterMs);
  }

  clear(): void {
    this.#time.clear(this.#order);
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
}

type Callback = (...given: unknown[]) => void;

function sleepInWorld(
  owner: SimProcess,
  ms: number,
  { value, signal }: { value: unknown; signal: AbortSignal | undefined },
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const aborted = () => new DOMException("The operation was aborted", "AbortError");
    if (signal?.aborted === true) {
      reject(aborted());
      return;
    }
    const timer = new WorldTimer(owner, () => resolve(value), { afterMs: ms, everyMs: null });
    signal?.addEventListener(
      "abort",
      () => {
        timer.clear();
        reject(aborted());
      },
      { once: true },
    );
  });
}

/** Has code of worlds go by their time, until what is returned is called. Code outside any world is not touched. */
export function enterVirtualTime(): () => void {
  const now = () => inProcess.getStore()?.time.nowMs ?? machine.Date.now();
  const timer =
    (isRepeated: boolean) =>
    (fire: Callback, ms = 0, ...given: unknown[]): unknown => {
      const owner = inProcess.getStore();
      if (owner === undefined) return (isRepeated ? machine.setInterval : machine.setTimeout)(fire, ms, ...given);
      return new WorldTimer(owner, () => fire(...given), { afterMs: ms, everyMs: isRepeated ? ms : null });
    };
  const clear = (given: unknown) => {
    if (given instanceof WorldTimer) given.clear();
    else machine.clearTimeout(given as NodeJS.Timeout);
  };
  Object.assign(globalThis, {
    Date: new Proxy(machine.Date, {
      construct: (target, given: unknown[], asked) => Reflect.construct(target, given.length === 0 ? [now()] : given, asked) as object,
      get: (target, name, self) => (name === "now" ? now : (Reflect.get(target, name, self) as unknown)),
    }),
    setTimeout: timer(false),
    setInterval: timer(true),
    clearTimeout: clear,
    clearInterval: clear,
  });
  performance.now = () => inProcess.getStore()?.time.passedMs ?? machine.now();
  Object.assign(timersPromises, {
    setTimeout: (ms = 0, value?: unknown, options: { signal?: AbortSignal; ref?: boolean } = {}) => {
      const owner = inProcess.getStore();
      return owner === undefined ? machine.sleep(ms, value, options) : sleepInWorld(owner, ms, { value, signal: options.signal });
    },
  });
  syncBuiltinESMExports();
  return () => {
    const { now: machineNow, sleep, ...globals } = machine;
    Object.assign(globalThis, globals);
    performance.now = machineNow;
    Object.assign(timersPromises, { setTimeout: sleep });
    syncBuiltinESMExports();
  };
}
