/** Outcomes as they lie in Redis: packed small, unpacked by a schema. */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { LinkupError, Outcome } from "@linkup-queue/contracts";
import { z } from "zod";
import type { KeptBeside } from "../job/job-subjects.ts";
import type { RedisScripts } from "../redis/scripts.ts";

/** The first byte of a packed outcome. A new dictionary or form needs a new number; old ones stay readable as long as outcomes are kept. */
const FORM = 1;
/** Deflate finds these phrases without their being stored. Part of form 1: never edit it. */
const DICTIONARY = Buffer.from(
  '"redriveOf":null,"enqueuedAt":"2026-"startedAt":"2026-"finishedAt":"2026-,"status":"unknown","code":"timed_out"interrupted"bad_response"' +
    '"status":"failed","code":"invalid_input"invalid_request"server_error"token_expired"cancelled"expired"account_unavailable"' +
    '"queue":"posts"profiles"network"messages","jobId":"operation":"profile.scrape"invitation.send"message.send","accountId":"acc-' +
    '"campaignId":null,"recipientId":null,"status":"succeeded","code":null,"message":"Done","httpStatus":200,"output":{"message":"' +
    '},"calls":1,"credits":{"charged":1,"uncertain":0},{"v":1,"outcomeId":"o-',
);

/** Nearly every outcome is shorter, in characters. */
const SMALL_TEXT = 4_096;
/** Deflate makes its state anew for each text, a quarter of a megabyte by default. This is a tenth, and its window holds dictionary and text. */
const SMALL_DEFLATE = { windowBits: 13, memLevel: 5, chunkSize: 2_048 };

export type StoredOutcome = { outcome: Outcome } & KeptBeside;

const Beside = z.object({ about: z.array(z.string()).default([]), fields: z.record(z.string(), z.string()).optional() });

/** An outcome as bytes: about a third of its JSON. */
export function packOutcome(outcome: Outcome, { about, fields }: KeptBeside = { about: [] }): Buffer {
  const beside = { ...(about.length === 0 ? {} : { about }), fields };
  // Nearly no outcome has a step, or a read's or a person's word, and a reader takes one that is left out for none.
  const words = { step: outcome.step ?? undefined, reconciled: outcome.reconciled ?? undefined, resolved: outcome.resolved ?? undefined };
  const text = JSON.stringify({ ...outcome, ...words, ...beside });
  const size = text.length <= SMALL_TEXT ? SMALL_DEFLATE : {};
  return Buffer.concat([Buffer.from([FORM]), deflateRawSync(text, { dictionary: DICTIONARY, level: 6, ...size })]);
}

/** The outcome in the bytes. Throws `internal_error` for what no version of ours wrote. */
export function unpackOutcome(packed: Buffer): Outcome {
  return unpackStored(packed).outcome;
}

/** As `unpackOutcome`, with what is kept beside it. */
export function unpackStored(packed: Buffer): StoredOutcome {
  if (packed[0] !== FORM) throw new LinkupError("internal_error", `A stored outcome has form ${packed[0]}, which this version cannot read`);
  const value: unknown = JSON.parse(inflateRawSync(packed.subarray(1), { dictionary: DICTIONARY }).toString("utf8"));
  return { outcome: Outcome.parse(value), ...Beside.parse(value) };
}

/** A kept outcome, or null when there is none (any more). */
export async function readOutcome(scripts: RedisScripts, outcomeId: string): Promise<Outcome | null> {
  return (await readStored(scripts, outcomeId))?.outcome ?? null;
}

/** Kept outcomes, null for those that are not kept (any more). */
export async function readOutcomes(scripts: RedisScripts, outcomeIds: readonly string[]): Promise<(Outcome | null)[]> {
  return (await readManyStored(scripts, outcomeIds)).map((one) => one?.outcome ?? null);
}

/** Kept outcomes with what is kept beside them, null for those that are not kept (any more). */
export async function readManyStored(scripts: RedisScripts, outcomeIds: readonly string[]): Promise<(StoredOutcome | null)[]> {
  if (outcomeIds.length === 0) return [];
  const packed = await scripts.client.mgetBuffer(outcomeIds.map((outcomeId) => scripts.keys.outcome(outcomeId)));
  return packed.map((one) => (one === null ? null : unpackStored(one)));
}

/** As `readOutcome`, with what is kept beside it. */
export async function readStored(scripts: RedisScripts, outcomeId: string): Promise<StoredOutcome | null> {
  const packed = await scripts.client.getBuffer(scripts.keys.outcome(outcomeId));
  return packed === null ? null : unpackStored(packed);
}

/** As many packed outcomes are in memory at once, together: they may be of any size, and a page by count alone would be of any, too. */
const MOST_PACKED_BYTES = 4 * 1_048_576;
/** The size assumed for an outcome that Redis keeps no longer: it is not known before it is read from elsewhere. */
const UNKNOWN_BYTES = 65_536;

/** Cuts a list into batches of at most `mostBytes` each, by the size of each member; one that is larger is a batch of its own. */
export function batchesByBytes(sizes: readonly number[], mostBytes: number): { from: number; to: number }[] {
  const batches: { from: number; to: number }[] = [];
  let from = 0;
  let bytes = 0;
  for (const [at, size] of sizes.entries()) {
    if (at > from && bytes + size > mostBytes) {
      batches.push({ from, to: at });
      from = at;
      bytes = 0;
    }
    bytes += size;
  }
  if (from < sizes.length) batches.push({ from, to: sizes.length });
  return batches;
}

/** Kept outcomes, batch by batch, each still packed; null for those that are not kept (any more). A batch is bounded in bytes. */
export async function* packedOutcomes(
  scripts: RedisScripts,
  outcomeIds: readonly string[],
): AsyncGenerator<{ outcomeId: string; packed: Buffer | null }[]> {
  if (outcomeIds.length === 0) return;
  const keys = outcomeIds.map((outcomeId) => scripts.keys.outcome(outcomeId));
  const asked = scripts.client.pipeline();
  for (const key of keys) asked.strlen(key);
  const lengths = (await asked.exec()) ?? [];
  const sizes = keys.map((_key, at) => Number(lengths[at]?.[1] ?? 0) || UNKNOWN_BYTES);
  for (const { from, to } of batchesByBytes(sizes, MOST_PACKED_BYTES)) {
    const packed = await scripts.client.mgetBuffer(keys.slice(from, to));
    yield outcomeIds.slice(from, to).map((outcomeId, at) => ({ outcomeId, packed: packed[at] ?? null }));
  }
}
