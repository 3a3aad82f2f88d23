/**
 * The way to the provider: when a request must have been counted there, long before its answer. It is known by two signs together: the machine at the
 * other end has acknowledged the whole request, and answers kept coming, of whatever call, so that the way did not stand still. In a stall nothing
 * comes back, whatever a proxy between has acknowledged.
 */
import type { Socket } from "node:net";
import { acknowledged, type SocketName, socketName } from "./acknowledged.ts";

/** One request whose last byte was handed to its socket. */
export type Passage = {
  /** When its peer was seen to have acknowledged it, by `performance.now()`; null: not yet. */
  acknowledgedAtMs: () => number | null;
  /** Ends the looking. */
  stop: () => void;
};

type Out = { name: SocketName | null; acknowledgedAtMs: number | null };

/** A time in which, as far as this process knows, no answer came; longer than a request may need. */
type Silence = { fromMs: number; toMs: number };

/** A look every so many parts of the time that a request may need: so much later than it came an acknowledgement is seen. */
const LOOKS = 20;
const MOST_LOOK_MS = 50;
/** A look reads about every socket of the machine, or of its container: it may take one part in so many of the time, but for a few in each transit. */
const LOOK_PARTS = 50;
const FEWEST_LOOKS = 5;
/** A sign of life of this process every so many parts. */
const TICKS = 16;
const LEAST_MS = 5;

export type WayOptions = {
  /** The longest a request needs to be counted once it was acknowledged, pauses of the way that are no longer than this among it. */
  transitMs: number;
  /** The longest that any call takes: older silences are forgotten. */
  timeoutMs: number;
};

export class Way {
  readonly #options: WayOptions;
  readonly #out = new Set<Out>();
  readonly #silences: Silence[] = [];
  /** The earliest moment at which the latest answer may have reached this machine. */
  #heardFromMs = Number.NEGATIVE_INFINITY;
  /** The last two signs of life. */
  #ticksMs: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  #ticker: NodeJS.Timeout | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isLooking = false;
  #lookTookMs = 0;

  constructor(options: WayOptions) {
    this.#options = options;
  }

  /** The last byte of a request was handed to this socket. */
  handedOver(socket: Socket): Passage {
    const out: Out = { name: socketName(socket), acknowledgedAtMs: null };
    this.#out.add(out);
    this.#scheduleTicks();
    this.#scheduleLook();
    return { acknowledgedAtMs: () => out.acknowledgedAtMs, stop: () => this.#stop(out) };
  }

  /** This process lives: an answer that is heard after the next tick reached this machine after this one. */
  tick(nowMs: number): void {
    this.#ticksMs = [this.#ticksMs[1], nowMs];
  }

  /** An answer of the provider's own came, to whichever call. A process that stood still hears late what had come before, so it may be older. */
  heard(nowMs: number): void {
    const { transitMs, timeoutMs } = this.#options;
    if (nowMs - this.#heardFromMs > transitMs) this.#silences.push({ fromMs: this.#heardFromMs, toMs: nowMs });
    this.#heardFromMs = Math.max(this.#heardFromMs, this.#ticksMs[0]);
    while ((this.#silences[0]?.toMs ?? nowMs) < nowMs - timeoutMs) this.#silences.shift();
  }

  /**
   * When a request that was acknowledged at this moment was counted, at the latest; to be asked when its own answer was heard. A silence may have been
   * a stall: what was under way in it needs its whole time again, from its end.
   */
  countedBy(acknowledgedAtMs: number): number {
    const { transitMs } = this.#options;
    let byMs = acknowledgedAtMs + transitMs;
    for (const { fromMs, toMs } of this.#silences) {
      if (toMs > acknowledgedAtMs && fromMs < byMs) byMs = Math.max(byMs, toMs + transitMs);
    }
    return byMs;
  }

  #stop(out: Out): void {
    this.#out.delete(out);
    if (this.#out.size > 0) return;
    clearInterval(this.#ticker ?? undefined);
    this.#ticker = null;
  }

  #scheduleTicks(): void {
    if (this.#ticker !== null) return;
    const everyMs = Math.max(LEAST_MS, this.#options.transitMs / TICKS);
    this.tick(performance.now());
    this.#ticker = setInterval(() => this.tick(performance.now()), everyMs).unref();
  }

  #unseen(): (Out & { name: SocketName })[] {
    return [...this.#out].filter((out): out is Out & { name: SocketName } => out.name !== null && out.acknowledgedAtMs === null);
  }

  #scheduleLook(): void {
    if (this.#timer !== null || this.#isLooking) return;
    const { transitMs } = this.#options;
    const everyMs = Math.min(MOST_LOOK_MS, Math.max(LEAST_MS, transitMs / LOOKS));
    const sparedMs = Math.min(this.#lookTookMs * LOOK_PARTS, transitMs / FEWEST_LOOKS);
    this.#timer = setTimeout(() => void this.#look(), Math.max(everyMs, sparedMs)).unref();
  }

  async #look(): Promise<void> {
    this.#timer = null;
    const unseen = this.#unseen();
    if (unseen.length === 0) return;
    this.#isLooking = true;
    const sinceMs = performance.now();
    // Without the kernel's table nobody will ever know.
    const seen = await acknowledged(unseen).catch(() => null);
    // After it was read: no acknowledgement that it shows came later.
    const nowMs = performance.now();
    this.#isLooking = false;
    this.#lookTookMs = nowMs - sinceMs;
    for (const out of seen ?? []) out.acknowledgedAtMs = nowMs;
    if (seen !== null && this.#unseen().length > 0) this.#scheduleLook();
  }
}
