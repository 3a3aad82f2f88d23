/**
 * Outcomes on their way to the archive: read in the order they were settled by the one process that has the lease, and dropped once they
 * are kept. An outcome that was not reported as done comes again, to whoever archives then. Nothing here knows a database.
 */
import { z } from "zod";
import { type StoredOutcome, unpackStored } from "../ledger/outcome-store.ts";
import { type Confirmed, unconfirmed } from "../redis/confirmer.ts";
import type { EngineConfig } from "../redis/engine-config.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { archiveDoneScript, archiveLeaveScript, archiveOpenScript, archiveTakeScript } from "./lua/archive.ts";

/** Outcomes are handed over and kept for the archive for this long after anybody archived last, ms. */
export const ARCHIVE_PATIENCE_MS = 30 * 86_400_000;

export type ArchiveEntry = {
  /** Its place in the stream. */
  entryId: string;
  outcomeId: string;
  /** Null: its data is gone. */
  stored: StoredOutcome | null;
};

export type ArchiveLease = { ours: boolean; waiting: number; oldestMs: number | null };

const Rows = z.array(z.tuple([z.string(), z.tuple([z.literal("o"), z.string()])]));

export class ArchiveStream {
  readonly #scripts: RedisScripts;
  readonly #config: EngineConfig;
  readonly #owner: string;
  readonly #confirmed: Confirmed;

  constructor(engine: { scripts: RedisScripts; config: EngineConfig; confirmed?: Confirmed }, owner: string) {
    this.#confirmed = engine.confirmed ?? unconfirmed;
    this.#scripts = engine.scripts;
    this.#config = engine.config;
    this.#owner = owner;
  }

  /** From now on every settled outcome is handed over. */
  async open(): Promise<void> {
    await this.#scripts.run(archiveOpenScript, { keepMs: ARCHIVE_PATIENCE_MS });
  }

  /** Takes or keeps the lease for `leaseMs`, and tells how much waits since when. */
  async take(leaseMs: number): Promise<ArchiveLease> {
    return await this.#scripts.run(archiveTakeScript, { owner: this.#owner, leaseMs, keepMs: ARCHIVE_PATIENCE_MS });
  }

  /** The first outcomes in the stream, with their data. An archive is given nothing that a failover may take back. */
  async read(limit: number): Promise<ArchiveEntry[]> {
    return await this.#confirmed(
      () => this.#read(limit),
      (entries) => entries.length === 0,
    );
  }

  async #read(limit: number): Promise<ArchiveEntry[]> {
    const { client } = this.#scripts;
    const rows = Rows.parse(await client.xrange(this.#scripts.keys.toArchive, "-", "+", "COUNT", limit));
    if (rows.length === 0) return [];
    const packed = await client.mgetBuffer(rows.map(([, [, outcomeId]]) => this.#scripts.keys.outcome(outcomeId)));
    return rows.map(([entryId, [, outcomeId]], at) => {
      const one = packed[at];
      return { entryId, outcomeId, stored: one === null || one === undefined ? null : unpackStored(one) };
    });
  }

  /** Drops entries that the archive has. False when another process has the lease: it will read them again. */
  async done(entries: readonly ArchiveEntry[]): Promise<boolean> {
    const { outcomeDays } = this.#config;
    const pairs = entries.map(({ entryId, outcomeId }): [string, string] => [entryId, outcomeId]);
    return (await this.#scripts.run(archiveDoneScript, { owner: this.#owner, entries: pairs, outcomeDays })) === pairs.length;
  }

  /** Gives the lease up, so that another process need not wait for its end. */
  async leave(): Promise<void> {
    await this.#scripts.run(archiveLeaveScript, { owner: this.#owner });
  }
}

/** Whether outcomes are being handed to an archive by anybody. */
export async function isArchiving(scripts: RedisScripts): Promise<boolean> {
  return (await scripts.client.exists(scripts.keys.archiving)) === 1;
}

/** How outcomes get to the archive: whether they are handed over at all, whether a process takes them, and what waits since when (ms). */
export type ArchiveState = { archiving: boolean; taken: boolean; waiting: number; oldestMs: number | null };

export async function readArchiveState({ client, keys }: RedisScripts): Promise<ArchiveState> {
  const [archiving, taken, waiting, first] = await Promise.all([
    client.exists(keys.archiving),
    client.exists(keys.archiver),
    client.xlen(keys.toArchive),
    client.xrange(keys.toArchive, "-", "+", "COUNT", 1),
  ]);
  const oldest = first[0]?.[0].split("-")[0];
  return { archiving: archiving === 1, taken: taken === 1, waiting, oldestMs: oldest === undefined ? null : Number(oldest) };
}
