/** The API key's own state: open, cooling after its limit or an outage, or stopped. The stop switch is here. */
import { randomUUID } from "node:crypto";
import { LinkupError } from "@linkup-queue/contracts";
import { CANARY_FIELD, Digests } from "../redis/digests.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import { SEALER_FIELD } from "../redis/reseal.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import type { Secrets } from "../redis/secrets.ts";
import type { RedisShortage } from "../redis/suitability.ts";
import type { Brake } from "../safety/brakes.ts";
import type { StoredRest } from "../safety/rests.ts";
import type { OnChanged } from "../safety/state-event.ts";
import { KeyClaims } from "./key-claims.ts";
import {
  keyBeatScript,
  keyClockJumpedScript,
  keyLeaveScript,
  keyPauseScript,
  keyReadScript,
  keyReleaseScript,
  keyRestoreScript,
  keyResumeScript,
  keyStartScript,
  type StoredKey,
} from "./lua/key.ts";
import { highestOf, type Seen } from "./seen-state.ts";
import { boundsOf, looserSettings, type SettingDifference, settingDifferences } from "./worker-bounds.ts";
import { noteWorkerFacts, readWorkerFacts, type WorkerFacts } from "./worker-facts.ts";

export const KEY_STATES = ["open", "cooling", "stopped"] as const;

/** The reasons for which a key is not open; an open one has none. */
export const KEY_REASONS = [
  ...(["by_hand", "key_refused", "service_refused", "rate_limited", "server_errors", "fresh_state", "state_lost"] as const),
  "",
] as const;

export type KeyState = {
  state: (typeof KEY_STATES)[number];
  /** One of `KEY_REASONS`. */
  reason: string;
  /** Until when nothing leaves, ms since the epoch by Redis's clock; null when open or stopped. */
  untilMs: number | null;
  /** Redis's clock, ms since the epoch. */
  nowMs: number;
  rateLimit: number;
  rateWindowMs: number;
  /** Redis's clock as it is, ms; behind `nowMs` after it went back. */
  clockMs: number;
  /** By how much Redis's clock jumped when a worker last saw it do so; below 0: back. */
  clockJump: { byMs: number; atMs: number } | null;
  /** The name of the state itself, and its counts: what may be taken for seen. */
  seen: Seen;
  /** Redis came back older than it was: noticed when, and how many calls that left are not in it, at least. Null: it did not. */
  lost: { sinceMs: number; marks: number } | null;
  /**
   * The time after which a request counts no more, ms, that holds for all workers; null: until its answer. `answersUntilMs`: so long it counts until its
   * answer all the same, since LinkUp refused one too many; null: it does not.
   */
  transit: { ms: number; answersUntilMs: number | null } | null;
  /** Slots of the window that are taken now. */
  slotsBusy: number;
  /** Mean time from grant to answer, ms. */
  meanHoldMs: number;
  workers: number;
  /** Settings in which live workers have other values than the strictest, which holds. */
  differences: readonly SettingDifference[];
  openGrants: number;
  unpublished: number;
  /** Operations that stand still because the service itself refuses them. */
  brakes: readonly Brake[];
  /** The rests of single accounts; empty in what a beat answers. */
  rests: readonly StoredRest[];
};

export type KeyStart = {
  worker: string;
  apiKey: string;
  secrets: Secrets;
  /** The operator says that nobody used the key within the last window. */
  fresh: boolean;
  /** Refuses this worker where a live one has stricter settings. */
  strict?: boolean;
  /** The notes of the state from outside of Redis. */
  notes?: readonly Seen[];
  /** Of a worker that keeps the ends that it settled lately: it has yet to settle them again. */
  keepsEnds?: boolean;
  /** Hears of what could not be made sure of. */
  tell?: (line: string) => void;
};

/** The words for jobs that may have been sent: they end so, or are sent. */
export const DOUBTFUL = ["unknown", "send"] as const;
export type Doubtful = (typeof DOUBTFUL)[number];
/** The words for the caps of accounts after a loss: each counts as used up until its window is over, or goes by what is left of its count. */
export const LOST_CAPS = ["used_up", "counted"] as const;
export type LostCaps = (typeof LOST_CAPS)[number];

/** More workers are not listed. */
const MOST_WORKERS = 100;

/** `facts`: null of a worker of an earlier version. */
export type WorkerSeen = { name: string; lastSeenMs: number; facts: WorkerFacts | null };

export class KeyStates {
  readonly #scripts: RedisScripts;
  readonly #config: EngineConfig;
  readonly #claims: KeyClaims;
  readonly #onChanged: OnChanged;

  /** `onChanged` hears of each change that this process makes, once. */
  constructor(scripts: RedisScripts, config: EngineConfig, onChanged: OnChanged = () => undefined) {
    this.#onChanged = onChanged;
    this.#scripts = scripts;
    this.#config = config;
    this.#claims = new KeyClaims(scripts.client, config.keyId);
  }

  /**
   * Announces a worker, its API key and its bounds. Throws `key_conflict` when live workers use another key under this id or this key under another
   * id, `secrets_key_wrong` when LINKUP_SECRETS_KEY is not the one that wrote what is stored, with `strict` `configuration_invalid` when a live worker
   * has stricter settings.
   */
  async start({ worker, apiKey, secrets, fresh, strict = false, notes = [], keepsEnds = false, tell }: KeyStart): Promise<KeyState> {
    const config = this.#config;
    await this.checkSecrets(secrets);
    const fingerprint = await new Digests(this.#scripts, secrets).of("api-key", apiKey);
    const unseen = await this.#claims.claim(apiKey);
    if (unseen !== null) tell?.(unseen);
    const key = await this.#scripts.run(keyStartScript, {
      worker,
      fingerprint,
      fresh,
      canary: await secrets.sealCanary(),
      bounds: boundsOf(config),
      strict,
      notes: highestOf(notes),
      ...(keepsEnds ? { settledIn: "" } : {}),
      outcomeDays: config.outcomeDays,
    });
    if ("refused" in key) {
      if (key.refused === "looser") throw isLooser(looserSettings(boundsOf(config), key.stricter));
      throw new LinkupError(
        "key_conflict",
        `Workers with another LINKUP_API_KEY are running under LINKUP_KEY_ID=${config.keyId}. Stop them first, or give this key an id of its own`,
      );
    }
    await this.checkSecrets(secrets);
    return this.#read(key);
  }

  /** For a process that is no worker. Throws `configuration_invalid` when a live worker has stricter settings than it. */
  async checkStrict(): Promise<void> {
    const key = await this.#scripts.run(keyReadScript, {});
    const own = boundsOf(this.#config);
    const looser = "refused" in key ? [] : key.bounds.map((other) => looserSettings(own, other)).filter((text) => text !== "");
    if (looser[0] !== undefined) throw isLooser(looser[0]);
  }

  /** Throws `secrets_key_wrong` when what is stored was, or is being, sealed with a LINKUP_SECRETS_KEY that this process does not have. */
  async checkSecrets(secrets: Secrets): Promise<void> {
    const { client, keys } = this.#scripts;
    const canary = await client.hget(keys.state, CANARY_FIELD);
    if (canary) await secrets.checkCanary(canary);
    const sealer = await client.hget(keys.state, SEALER_FIELD);
    if (sealer) secrets.checkSealer(sealer);
  }

  /**
   * For a process that may come up before any worker: leaves the proof of its LINKUP_SECRETS_KEY where there is none, so that what it
   * encrypts can be opened by those that come later. Throws `secrets_key_wrong` when another key wrote what is stored.
   */
  async proveSecrets(secrets: Secrets): Promise<void> {
    await this.#scripts.client.hsetnx(this.#scripts.keys.state, CANARY_FIELD, await secrets.sealCanary());
    await this.checkSecrets(secrets);
  }

  /**
   * Says that the worker is alive, and what it sees Redis to be short of; to be repeated at least every 10 s. `shortageBefore`: for one worker among
   * all, which tells that it changed; null: it was well. `settledIn`: the line of the state in which all is settled that it settled lately; '' for none yet, left
   * out for a worker that keeps no ends.
   */
  async beat(
    worker: string,
    shortage: RedisShortage | null = null,
    { seen, settledIn }: { seen?: Seen | undefined; settledIn?: string | undefined } = {},
  ): Promise<KeyState & { shortageBefore?: RedisShortage | null }> {
    const key = await this.#scripts.run(keyBeatScript, { worker, bounds: boundsOf(this.#config), shortage, seen, settledIn });
    if ("refused" in key || key.shortageBefore === undefined) return this.#read(key);
    return { ...this.#read(key), shortageBefore: key.shortageBefore || null };
  }

  /** Redis's clock jumped against the caller's own: nothing leaves for one window. */
  async clockJumped(byMs: number): Promise<KeyState> {
    const { windowMs, marginMs } = boundsOf(this.#config);
    return this.#read(await this.#scripts.run(keyClockJumpedScript, { jumpMs: byMs, windowMs, marginMs }));
  }

  async leave(worker: string): Promise<void> {
    await this.#scripts.run(keyLeaveScript, { worker });
  }

  /** The stop switch: no call leaves after it, until `resume`. `caller`: who asks, for those who are told. */
  async pause(caller?: string): Promise<KeyState> {
    return this.#read(await this.#scripts.run(keyPauseScript, this.#byHand(caller)));
  }

  /** Opens a stopped or cooling key. */
  async resume(caller?: string): Promise<KeyState> {
    return this.#read(await this.#scripts.run(keyResumeScript, this.#byHand(caller)));
  }

  /**
   * Ends a lost state, by the word of a person on what was handed over until now: `unknown`, it may have been sent and ends so; `send`, it is sent. Nothing leaves
   * for one window. `caps` says what becomes of the caps and gaps of accounts; `counted` may also be said after the restore, as long as they count as used up. Throws
   * `conflict` where nothing is lost.
   */
  async restore(
    doubtful: Doubtful,
    { caps = "used_up", caller }: { caps?: LostCaps; caller?: string | undefined } = {},
  ): Promise<KeyState> {
    const { windowMs, marginMs } = boundsOf(this.#config);
    const name = `restore-${randomUUID()}`;
    const restored = await this.#scripts.run(keyRestoreScript, {
      name,
      isSent: doubtful === "send",
      isCounted: caps === "counted",
      windowMs,
      marginMs,
      ...this.#byHand(caller),
    });
    if (!("refused" in restored)) return this.#read(restored);
    // The step may have been repeated over a connection that broke after it.
    const key = await this.read();
    if (key.seen.line.startsWith(name)) return key;
    throw new LinkupError("conflict", "Nothing is to be restored: the state in Redis is not older than any worker or note knows it");
  }

  /** Takes the brake off an operation; null when it has none. Its jobs go on, few at once until one succeeds. */
  async releaseBrake(operation: string, caller?: string): Promise<KeyState | null> {
    const { brakes } = await this.read();
    if (!brakes.some((brake) => brake.operation === operation)) return null;
    return this.#read(await this.#scripts.run(keyReleaseScript, { operation, ...this.#byHand(caller) }));
  }

  async read(): Promise<KeyState> {
    return this.#read(await this.#scripts.run(keyReadScript, {}));
  }

  /** Notes what people know a worker by. */
  async noteWorker(name: string, facts: WorkerFacts): Promise<void> {
    await noteWorkerFacts(this.#scripts, name, facts);
  }

  /** Workers that beat lately, the latest first, each with the moment of its last beat, ms, and what people know it by. */
  async workers(): Promise<WorkerSeen[]> {
    const flat = await this.#scripts.client.zrange(this.#scripts.keys.workers, 0, String(MOST_WORKERS - 1), "REV", "WITHSCORES");
    const workers: { name: string; lastSeenMs: number }[] = [];
    for (let at = 0; at < flat.length; at += 2) workers.push({ name: flat[at] ?? "", lastSeenMs: Number(flat[at + 1]) });
    const facts = await readWorkerFacts(
      this.#scripts,
      workers.map(({ name }) => name),
    );
    return workers.map((worker, at) => ({ ...worker, facts: facts[at] ?? null }));
  }

  /** Gives the API key free for another id: only where no worker works with it any more, nor did within the last window. */
  async release(apiKey: string): Promise<void> {
    await this.#claims.release(apiKey);
  }

  #byHand(caller: string | undefined): { caller?: string; outcomeDays: number } {
    return { ...(caller === undefined ? {} : { caller }), outcomeDays: this.#config.outcomeDays };
  }

  #read(key: StoredKey): KeyState {
    if ("refused" in key) throw new Error("only a start is refused");
    if (key.changed.length > 0) this.#onChanged(key.changed);
    const { state, reason, now: nowMs } = key;
    // While the key is stopped its probe is the only one, and by hand there is none.
    const nextProbe = (nextProbeMs: number) =>
      state !== "stopped" ? nextProbeMs : reason === "by_hand" ? null : Math.max(nextProbeMs, key.nextProbe);
    const counts = {
      nowMs,
      rateLimit: key.limit || this.#config.rateLimit,
      rateWindowMs: key.window || this.#config.rateWindowMs,
      clockMs: key.clock,
      seen: { line: key.line, marks: key.marks, beats: key.beats },
      lost: key.lost === 0 ? null : { sinceMs: key.lost, marks: key.lostMarks },
      clockJump: key.clockJumpedAt === 0 ? null : { byMs: key.clockJump, atMs: key.clockJumpedAt },
      transit: key.transit === 0 ? null : { ms: key.transit, answersUntilMs: key.answersUntil > nowMs ? key.answersUntil : null },
      slotsBusy: key.slots,
      meanHoldMs: key.hold,
      workers: key.workers,
      differences: settingDifferences(
        {
          limit: key.limit || null,
          windowMs: key.window || null,
          transitMs: key.transit || null,
          accountMax: key.accountMax || null,
          dayCredits: key.dayCredits || null,
          careful: key.careful || null,
          gapDays: key.gapDays || null,
        },
        key.bounds,
      ),
      openGrants: key.open,
      unpublished: key.outbox,
      rests: key.rests,
      brakes: key.brakes.map((brake) => ({ ...brake, nextProbeMs: nextProbe(brake.nextProbeMs) })),
    };
    if (key.lost !== 0) return { state: "stopped", reason: "state_lost", untilMs: null, ...counts };
    if (state === "stopped") return { state, reason, untilMs: null, ...counts };
    if (key.closedUntil > nowMs) return { state: "cooling", reason: "fresh_state", untilMs: key.closedUntil, ...counts };
    if (state === "cooling" && (key.until > nowMs || reason === "server_errors")) return { state, reason, untilMs: key.until, ...counts };
    return { state: "open", reason: "", untilMs: null, ...counts };
  }
}

function isLooser(settings: string): LinkupError {
  return new LinkupError(
    "configuration_invalid",
    `A worker with stricter settings is running: ${settings}. Give all processes the same, or set LINKUP_STRICT=0: then the stricter settings hold`,
  );
}
