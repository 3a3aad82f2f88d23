/** A campaign's recipients that were not put into a queue: read a chunk at a time, looked through, listed by the page. It changes nothing. */
import { fieldKey, fieldValue, type Issue } from "@linkup-queue/contracts";
import { z } from "zod";
import type { RedisScripts } from "../redis/scripts.ts";
import { isForgotten, type Recipient, unpackRecipients } from "./campaign-recipients.ts";
import type { Campaign } from "./campaign-record.ts";
import { inputsOf } from "./campaign-steps.ts";
import { templateFields } from "./campaign-template.ts";
import { campaignTextDoubts } from "./text-doubts.ts";

/** A read of Redis costs as much as many chunks do: so many come with one. */
const CHUNKS_AT_ONCE = 32;

/** An account's chunk by its number, counted from the first ever. */
type ChunkPlace = { account: string; chunk: number };
/** Chunks of an account's share that follow each other, packed. `from`: how many rows of the first one were put into a queue. */
export type PackedChunks = { chunk: number; from: number; packed: readonly Buffer[] };
/** An unpacked chunk of an account's share. */
type Chunk = ChunkPlace & { from: number; recipients: readonly Recipient[] };

async function cursorOf(scripts: RedisScripts, id: string, account: string): Promise<{ chunk: number; at: number }> {
  const [chunk, at] = await scripts.client.hmget(scripts.keys.campaign(id), `chunk:${account}`, `at:${account}`);
  return { chunk: Number(chunk) || 0, at: Number(at) || 0 };
}

/** Up to `most` chunks from the named one on, none behind the last. Chunks that were fed meanwhile are passed over. */
export async function readPackedChunks(
  scripts: RedisScripts,
  id: string,
  { account, chunk, most }: ChunkPlace & { most: number },
): Promise<PackedChunks> {
  for (;;) {
    const before = await cursorOf(scripts, id, account);
    const wanted = Math.max(chunk, before.chunk);
    const start = wanted - before.chunk;
    const packed = await scripts.client.lrangeBuffer(scripts.keys.todo(id, account), start, start + most - 1);
    const after = await cursorOf(scripts, id, account);
    if (after.chunk === before.chunk) return { chunk: wanted, from: wanted === after.chunk ? after.at : 0, packed };
  }
}

/** One chunk by its number; null behind the last. */
async function readChunk(scripts: RedisScripts, id: string, place: ChunkPlace): Promise<Chunk | null> {
  const { chunk, from, packed } = await readPackedChunks(scripts, id, { ...place, most: 1 });
  const [first] = packed;
  return first === undefined ? null : { account: place.account, chunk, from, recipients: unpackRecipients(first) };
}

/** The rows of an account's share that were not put into a queue yet, erased ones among them, a chunk at a time at flat memory. */
export async function* unsentRows(scripts: RedisScripts, id: string, account: string): AsyncGenerator<Recipient[]> {
  for (let chunk = 0; ; ) {
    const read = await readPackedChunks(scripts, id, { account, chunk, most: CHUNKS_AT_ONCE });
    for (const [index, packed] of read.packed.entries()) yield unpackRecipients(packed).slice(index === 0 ? read.from : 0);
    chunk = read.chunk + read.packed.length;
    if (read.packed.length < CHUNKS_AT_ONCE) return;
  }
}

/** The recipients that were not put into a queue yet, a chunk at a time at flat memory. */
export async function* unsentRecipients(scripts: RedisScripts, id: string, accounts: readonly string[]): AsyncGenerator<Recipient[]> {
  for (const account of accounts) {
    for await (const rows of unsentRows(scripts, id, account)) yield rows.filter((recipient) => !isForgotten(recipient));
  }
}

/** Which of these columns, by their keys, some recipient fills; null where that was not noted for all of them as they came. */
async function readNoted(scripts: RedisScripts, id: string, keys: readonly string[]): Promise<string[] | null> {
  const wanted = ["accepted", "noted", ...keys.map((key) => `has:${key}`)];
  const [accepted, noted, ...has] = await scripts.client.hmget(scripts.keys.campaign(id), ...wanted);
  if (Number(accepted ?? 0) === 0 || accepted !== noted) return null;
  return keys.filter((_key, at) => has[at] !== null);
}

/**
 * Parts of a text that are probably not meant to be sent as they stand: placeholders of another notation, and fields with a default that no recipient fills,
 * whose name may be misspelt. Columns that somebody fills are noted as recipients come; of a list that came in before they were, its recipients are looked
 * through until each field was found filled once.
 */
export async function campaignDoubts(scripts: RedisScripts, { id, definition }: Pick<Campaign, "id" | "definition">): Promise<Issue[]> {
  const doubts = campaignTextDoubts(definition);
  const open = new Map(
    [...templateFields(inputsOf(definition))].flatMap(([name, hasDefault]) => (hasDefault ? [[fieldKey(name), name] as const] : [])),
  );
  const noted = await readNoted(scripts, id, [...open.keys()]);
  if (noted !== null) for (const key of noted) open.delete(key);
  let seen = noted === null ? 0 : 1;
  if (open.size > 0 && noted === null) {
    for await (const recipients of unsentRecipients(scripts, id, definition.accountIds)) {
      seen += recipients.length;
      for (const { fields } of recipients) {
        // Most columns are none of these, and a name's key is known after its first row.
        for (const column of Object.keys(fields)) {
          const name = open.get(fieldKey(column));
          if (name !== undefined && fieldValue(fields, name)) open.delete(fieldKey(column));
        }
      }
      if (open.size === 0) break;
    }
  }
  if (seen === 0) return doubts;
  const message = "no recipient has a value for it: all would get the default. Is it called otherwise in the list?";
  return [...doubts, ...[...open.values()].map((name) => ({ path: name, message }))];
}

/** The place behind a recipient of a list of those who were not put into a queue. */
export const UnsentPlace = z.tuple([z.string(), z.int().min(0), z.int().min(0)]);
export type UnsentPlace = z.infer<typeof UnsentPlace>;
export type Unsent = Recipient & { accountId: string };
export type UnsentPage = { items: Unsent[]; next: UnsentPlace | null };

/** At most `limit` of them behind `after`, account by account in the order in which they came. Who was put into a queue meanwhile is passed over. */
export async function unsentPage(
  scripts: RedisScripts,
  { id, definition: { accountIds } }: Pick<Campaign, "id" | "definition">,
  { after, limit }: { after?: UnsentPlace | undefined; limit: number },
): Promise<UnsentPage> {
  const items: Unsent[] = [];
  const [account = accountIds[0] ?? "", fromChunk = 0, fromRow = 0] = after ?? [];
  for (const accountId of accountIds.slice(Math.max(0, accountIds.indexOf(account)))) {
    for (let chunk = accountId === account ? fromChunk : 0; ; chunk += 1) {
      const found = await readChunk(scripts, id, { account: accountId, chunk });
      if (found === null) break;
      const begin = accountId === account && found.chunk === fromChunk ? Math.max(fromRow, found.from) : found.from;
      for (const [at, recipient] of found.recipients.entries()) {
        if (at < begin || isForgotten(recipient)) continue;
        if (items.length === limit) return { items, next: [accountId, found.chunk, at] };
        items.push({ ...recipient, accountId });
      }
      chunk = found.chunk;
    }
  }
  return { items, next: null };
}
