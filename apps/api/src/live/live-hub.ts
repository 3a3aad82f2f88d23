/**
 * One look at Redis for all who follow what changes, however many they are: nobody follows, nobody looks. Followers are told what changed
 * since the look before; a look that fails tells nothing, and the next one tells what was missed.
 */
import type { Account, CampaignHead, DayBudget, Engine, HeardReply, KeyState, WindowHistory } from "@linkup-queue/queue";
import type { Everything } from "./everything.ts";

/** The key and its window as they were just seen. */
export type LiveKey = { key: KeyState; window: WindowHistory; dayBudget: DayBudget | null };

export type LiveChange =
  | { kind: "key"; now: LiveKey }
  | { kind: "window"; now: LiveKey }
  /** Null: it is there no longer. */
  | { kind: "account"; id: string; account: Account | null }
  /** Null: it is over. */
  | { kind: "campaign"; id: string; campaign: CampaignHead | null }
  /** Somebody answered. */
  | { kind: "person"; reply: HeardReply };

export type Follower = (changes: readonly LiveChange[]) => void;

export type LiveParts = {
  engine: Engine;
  /** Its readings serve the pages of the same moments, too. */
  everything: Everything;
  /** Bounds a wait for Redis. */
  redis: { within<T>(ask: () => Promise<T>, limitMs: number): Promise<T> };
  onError: (error: unknown) => void;
};

const LOOK_EVERY_MS = 1_000;
const LOOK_WITHIN_MS = 5_000;
/** Accounts and campaigns are looked at in every so manieth look, as there may be thousands. */
const ALL_EVERY = 3;
/** The window is told again after so many looks though nothing changed, so that its followers know that it is still looked at. */
const WINDOW_EVERY = 5;
/** Most accounts, and most campaigns, that are told in one look; the next one tells more. */
const MOST_TOLD = 200;

export class LiveHub {
  readonly #parts: LiveParts;
  readonly #followers = new Set<Follower>();
  readonly #told = { key: "", window: "", windowAt: 0, accounts: new Map<string, string>(), campaigns: new Map<string, string>() };
  #latest: LiveKey | null = null;
  /** Behind the replies that were told; null before the first look. */
  #heard: string | null = null;
  #looks = 0;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;

  constructor(parts: LiveParts) {
    this.#parts = parts;
  }

  /** Tells the follower of the key and its window as they are, and of all changes from now on. Answers how it ends. */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    if (this.#followers.size === 1) this.#begin();
    else if (this.#latest !== null) follower(bothOf(this.#latest));
    return () => {
      this.#followers.delete(follower);
      if (this.#followers.size === 0 && this.#timer !== null) clearTimeout(this.#timer);
    };
  }

  /** Settles when no look is under way. */
  async close(): Promise<void> {
    this.#followers.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#looking;
  }

  /** The first follower hears of the key and its window whatever was told before. */
  #begin(): void {
    this.#looks = 0;
    this.#latest = null;
    this.#heard = null;
    this.#told.key = "";
    this.#told.window = "";
    this.#told.accounts.clear();
    this.#told.campaigns.clear();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#looking ??= this.#lookAgain();
  }

  async #lookAgain(): Promise<void> {
    try {
      const changes = await this.#parts.redis.within(() => this.#look(), LOOK_WITHIN_MS);
      if (changes.length > 0) for (const follower of [...this.#followers]) follower(changes);
    } catch (error) {
      this.#parts.onError(error);
    } finally {
      this.#looking = null;
      if (this.#followers.size > 0) {
        this.#timer = setTimeout(() => {
          this.#looking ??= this.#lookAgain();
        }, LOOK_EVERY_MS).unref();
      }
    }
  }

  async #look(): Promise<LiveChange[]> {
    const { engine, everything } = this.#parts;
    const at = this.#looks;
    const key = await engine.keys.read();
    const [window, dayBudget] = await Promise.all([engine.windowHistory(key), engine.dayBudget(key.nowMs)]);
    this.#latest = { key, window, dayBudget };
    if (at % ALL_EVERY !== 0) {
      const heard = await engine.people.replies.heardSince(this.#heard);
      this.#lookDone(at);
      return [...this.#changesOfKey(this.#latest, at), ...this.#heardNow(heard, at)];
    }
    // All is read before any of it counts as told: a look that fails tells nothing, and the next one tells it.
    const heard = await engine.people.replies.heardSince(this.#heard);
    // Whoever renders a page of what this look finds reads the same.
    everything.forget();
    const [accounts, campaigns] = await Promise.all([everything.accounts(), everything.campaigns()]);
    this.#lookDone(at);
    const changes: LiveChange[] = [...this.#changesOfKey(this.#latest, at), ...this.#heardNow(heard, at)];
    // The first look only learns how things are: they are read by their own calls.
    const isFirst = at === 0;
    for (const [id, account] of differences(this.#told.accounts, accounts, { textOf: accountText, isFirst })) {
      changes.push({ kind: "account", id, account });
    }
    for (const [id, campaign] of differences(this.#told.campaigns, campaigns, { textOf: JSON.stringify, isFirst })) {
      changes.push({ kind: "campaign", id, campaign });
    }
    return changes;
  }

  /** A look that failed is made again; one that a new first follower came into does not count. */
  #lookDone(at: number): void {
    if (this.#looks === at) this.#looks += 1;
  }

  #changesOfKey(now: LiveKey, at: number): LiveChange[] {
    const { key, dayBudget, window } = now;
    const keyText = JSON.stringify([key.state, key.reason, key.untilMs, key.brakes.map(({ operation }) => operation), dayBudget]);
    const windowText = JSON.stringify([key.slotsBusy, key.openGrants, key.unpublished, key.workers, window.answered]);
    const isNewKey = keyText !== this.#told.key;
    const isNewWindow = windowText !== this.#told.window || at - this.#told.windowAt >= WINDOW_EVERY;
    this.#told.key = keyText;
    this.#told.window = windowText;
    if (isNewWindow) this.#told.windowAt = at;
    return bothOf(now).filter(({ kind }) => (kind === "key" ? isNewKey : isNewWindow));
  }

  /** A look that a new first follower came into begins no place of theirs. */
  #heardNow({ replies, place }: { replies: readonly HeardReply[]; place: string }, at: number): LiveChange[] {
    if (this.#looks !== at + 1) return [];
    this.#heard = place;
    return replies.map((reply) => ({ kind: "person", reply }));
  }
}

function bothOf(now: LiveKey): Extract<LiveChange, { now: LiveKey }>[] {
  return [
    { kind: "key", now },
    { kind: "window", now },
  ];
}

function accountText({ state, why, coolingUntil, rests }: Account): string {
  return JSON.stringify([state, why, coolingUntil, rests]);
}

/** Changes since they were told, some at most; `told` learns those that are told now. */
function differences<One extends { id: string }>(
  told: Map<string, string>,
  all: readonly One[],
  { textOf, isFirst }: { textOf: (one: One) => string; isFirst: boolean },
): [string, One | null][] {
  const changes: [string, One | null][] = [];
  const seen = new Set<string>();
  for (const one of all) {
    seen.add(one.id);
    const text = textOf(one);
    if (told.get(one.id) === text) continue;
    if (!isFirst && changes.length >= MOST_TOLD) continue;
    told.set(one.id, text);
    if (!isFirst) changes.push([one.id, one]);
  }
  for (const id of told.keys()) {
    if (seen.has(id) || changes.length >= MOST_TOLD) continue;
    told.delete(id);
    changes.push([id, null]);
  }
  return changes;
}
