/**
 * Slows those who send wrong secrets, by their address and in all. It is asked about wrong ones alone: a right secret must never wait here,
 * whoever else calls from its address, or an outdated client would keep an operator from the stop switch.
 */
import { isIPv6 } from "node:net";

const FREE_FAILURES = 10;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** Failures are forgotten after this much quiet, ms. */
const FORGET_MS = 10 * 60_000;
const MOST_ADDRESSES = 10_000;
/** Wrong secrets of all addresses together that are free, and how many of them are forgotten in a second. */
const FREE_IN_ALL = 300;
const FORGOTTEN_PER_SECOND = 5;

type Visitor = { failures: number; lastMs: number; untilMs: number };

export class FailedLogins {
  readonly #visitors = new Map<string, Visitor>();
  readonly #now: () => number;
  #inAll = { failures: 0, atMs: 0 };

  /** `now`: a monotonic clock in ms. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How long a wrong secret from this address has to wait, ms; 0 for not at all. */
  waitMs(address: string): number {
    const visitor = this.#visitors.get(place(address));
    const ofAddressMs = visitor === undefined ? 0 : visitor.untilMs - this.#now();
    const inAllMs = ((this.#failuresInAll() - FREE_IN_ALL) * 1000) / FORGOTTEN_PER_SECOND;
    return Math.max(0, ofAddressMs, inAllMs);
  }

  /** A wrong secret came from this address that did not have to wait. */
  failed(address: string): void {
    const visitor = this.#visit(address);
    const now = this.#now();
    this.#inAll = { failures: this.#failuresInAll() + 1, atMs: now };
    if (now - visitor.lastMs > FORGET_MS) visitor.failures = 0;
    visitor.failures += 1;
    visitor.lastMs = now;
    const beyond = visitor.failures - FREE_FAILURES;
    if (beyond > 0) visitor.untilMs = now + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(beyond - 1, 10));
  }

  #failuresInAll(): number {
    const forgotten = ((this.#now() - this.#inAll.atMs) / 1000) * FORGOTTEN_PER_SECOND;
    return Math.max(0, this.#inAll.failures - forgotten);
  }

  /** The address's record, moved to the end: the first in the map is the one not seen for longest. */
  #visit(address: string): Visitor {
    const key = place(address);
    const visitor = this.#visitors.get(key) ?? { failures: 0, lastMs: this.#now(), untilMs: 0 };
    this.#visitors.delete(key);
    this.#visitors.set(key, visitor);
    if (this.#visitors.size > MOST_ADDRESSES) this.#visitors.delete(this.#visitors.keys().next().value ?? "");
    return visitor;
  }
}

/** An IPv6 host owns a whole /64; an IPv4 host may come in IPv6 clothes. */
function place(address: string): string {
  const bare = address.replace(/%.*$/s, "");
  if (!isIPv6(bare)) return address;
  const groups = groupsOf(bare);
  const isMapped = groups.slice(0, 6).join(":") === "0:0:0:0:0:ffff";
  if (!isMapped) return groups.slice(0, 4).join(":");
  return groups.slice(6).flatMap(bytesOf).join(".");
}

/** The eight groups of an IPv6 address, whichever way it is written. */
function groupsOf(address: string): string[] {
  const { hostname } = new URL(`http://[${address}]`);
  const [before = [], after = []] = hostname
    .slice(1, -1)
    .split("::")
    .map((part) => (part === "" ? [] : part.split(":")));
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => "0"), ...after];
}

function bytesOf(group: string): number[] {
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}
