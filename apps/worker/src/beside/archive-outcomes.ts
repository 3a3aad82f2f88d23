/**
 * The archiver: settled outcomes, and the ledger's credits day by day, from Redis into the archive. One process archives at a time, by a
 * lease; whatever dies or is away, what is not kept yet comes again. It never holds up a call, and never drops what it could not keep.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Archive, openArchive } from "@linkup-queue/archive";
import { LinkupError, type TroubleTeller, type WorkerSettings } from "@linkup-queue/contracts";
import { ArchiveStream, type Engine, isArchiving } from "@linkup-queue/queue";
import type { Logger } from "pino";
import type { Metrics } from "../process/metrics.ts";

type ArchiverOptions = {
  engine: Engine;
  archive: Archive;
  worker: string;
  log: Logger;
  trouble: TroubleTeller;
  /** How long the lease outlives a process that died, ms. */
  leaseMs?: number;
  onWaiting?: (waiting: { count: number; oldestSeconds: number }) => void;
};

type Archiver = {
  /** Finishes the batch in hand and gives the lease up. The archive is its owner's to close. */
  stop(): Promise<void>;
};

const LEASE_MS = 5_000;
const IDLE_MS = 1_000;
const MOST_PAUSE_MS = 30_000;
const BATCH = 500;
const CREDITS_EVERY_MS = 60_000;
/** An archive that is away is told of this often, ms. */
const TELL_EVERY_MS = 60_000;
const DAY_MS = 86_400_000;
/** The ledger's counters are kept this long. */
const CREDIT_DAYS = 400;

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

type ArchivingParts = {
  settings: WorkerSettings;
  engine: Engine;
  log: Logger;
  trouble: TroubleTeller;
  worker: string;
  onWaiting: Metrics["archiveWaits"];
};

/** Begins to archive where ARCHIVE_URL is set. */
export async function openArchiving({ settings, engine, log, trouble, worker, onWaiting }: ArchivingParts): Promise<Archiver | null> {
  if (settings.archive === null) {
    if (await isArchiving(engine.scripts)) {
      log.warn("outcomes are handed to an archive, and this worker has no ARCHIVE_URL; one of them must have it, or they wait in Redis");
    }
    return null;
  }
  const archive = openArchive(settings.archive, { keyId: settings.keyId });
  const archiver = await startArchiver({ engine, archive, worker, log, trouble, onWaiting });
  return {
    stop: async () => {
      await archiver.stop();
      await archive.close();
    },
  };
}

/** Begins to archive. An archive that does not answer is no error here: outcomes wait for it in Redis, and that is told. */
async function startArchiver(options: ArchiverOptions): Promise<Archiver> {
  const stream = new ArchiveStream(options.engine, options.worker);
  // Before any job of this process ends.
  await stream.open();
  const stop = new AbortController();
  const running = new ArchiverLoop(options, stream, stop.signal).run();
  return {
    stop: async () => {
      stop.abort();
      await running;
      await stream.leave().catch((error: unknown) => options.log.warn({ err: error }, "the archive's lease was not given up; it runs out"));
    },
  };
}

class ArchiverLoop {
  readonly #options: ArchiverOptions;
  readonly #stream: ArchiveStream;
  readonly #signal: AbortSignal;
  readonly #leaseMs: number;
  #migrated = false;
  #creditsAtMs = 0;
  #failures = 0;
  #toldAtMs = 0;

  constructor(options: ArchiverOptions, stream: ArchiveStream, signal: AbortSignal) {
    this.#options = options;
    this.#stream = stream;
    this.#signal = signal;
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
  }

  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      const pauseMs = await this.#round().catch((error: unknown) => {
        this.#options.trouble.see(error, "trouble with Redis while archiving; it is tried again");
        return IDLE_MS;
      });
      if (pauseMs > 0) await sleep(pauseMs, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }

  /** One batch at most. Answers how long to rest, ms. */
  async #round(): Promise<number> {
    const lease = await this.#stream.take(this.#leaseMs);
    if (!lease.ours) return IDLE_MS;
    const oldestSeconds = lease.oldestMs === null ? 0 : Math.max(0, Math.round((Date.now() - lease.oldestMs) / 1_000));
    this.#options.onWaiting?.({ count: lease.waiting, oldestSeconds });
    const renewal = setInterval(() => {
      this.#stream.take(this.#leaseMs).catch(() => undefined);
    }, this.#leaseMs / 3);
    try {
      const kept = await this.#keep();
      if (this.#failures > 0) this.#options.log.info({ waiting: lease.waiting }, "the archive takes outcomes again");
      this.#failures = 0;
      return kept === BATCH ? 0 : IDLE_MS;
    } catch (error) {
      return this.#announceFailure(LinkupError.from(error), { waiting: lease.waiting, oldestSeconds });
    } finally {
      clearInterval(renewal);
    }
  }

  async #keep(): Promise<number> {
    const { archive, log } = this.#options;
    if (!this.#migrated) {
      await archive.migrate();
      this.#migrated = true;
    }
    const entries = await this.#stream.read(BATCH);
    const there = entries.flatMap(({ stored }) => (stored === null ? [] : [stored]));
    const gone = entries.filter(({ stored }) => stored === null).map(({ outcomeId }) => outcomeId);
    await archive.append(there);
    if (gone.length > 0) {
      log.error({ count: gone.length, outcomeIds: gone.slice(0, 20) }, "outcomes were gone from Redis before they could be archived");
    }
    if (entries.length > 0) await this.#stream.done(entries);
    await this.#keepCredits();
    return entries.length;
  }

  /** Days since the last one that is kept, and the day before it: a late answer counts for the day of its call. */
  async #keepCredits(): Promise<void> {
    const now = Date.now();
    if (now - this.#creditsAtMs < CREDITS_EVERY_MS) return;
    const { archive, engine } = this.#options;
    const last = await archive.lastCreditDay();
    const first = Math.max(last === null ? 0 : Date.parse(last), now - CREDIT_DAYS * DAY_MS);
    for (let ms = Math.min(first, now) - DAY_MS; ms < now + DAY_MS && dayOf(ms) <= dayOf(now); ms += DAY_MS) {
      await archive.keepCredits(dayOf(ms), await engine.credits.counters(dayOf(ms)));
    }
    this.#creditsAtMs = now;
  }

  #announceFailure(error: LinkupError, waiting: { waiting: number; oldestSeconds: number }): number {
    const { log } = this.#options;
    this.#failures += 1;
    const now = Date.now();
    if (this.#failures === 1 || now - this.#toldAtMs >= TELL_EVERY_MS) {
      this.#toldAtMs = now;
      const err = error.code === "internal_error" ? error.cause : undefined;
      log.error({ code: error.code, trouble: error.message, err, ...waiting }, "the archive takes no outcomes; they wait in Redis");
    }
    return Math.min(MOST_PAUSE_MS, IDLE_MS * 2 ** Math.min(5, this.#failures - 1));
  }
}
