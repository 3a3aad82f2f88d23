/** Rows of a sequence that were fed: kept for its further steps, by their chunk. It changes nothing. */
import type { RedisScripts } from "../redis/scripts.ts";
import { readPackedChunks } from "./unsent.ts";

/** The name of a chunk among those that are done, as campaign-fed.lua writes it. */
export const rowsField = ({ chunk, account }: { chunk: number; account: string }): string => `${chunk}|${account}`;

/** A chunk of an account's share of which somebody was fed, packed; null where there is none. It is among the done ones, or the first that is not. */
export async function readFedChunk(scripts: RedisScripts, id: string, place: { chunk: number; account: string }): Promise<Buffer | null> {
  const readDone = () => scripts.client.hgetBuffer(scripts.keys.stepRows(id), rowsField(place));
  const done = await readDone();
  if (done !== null) return done;
  const { chunk, packed } = await readPackedChunks(scripts, id, { ...place, most: 1 });
  // It was done between the two looks.
  return chunk === place.chunk ? (packed[0] ?? null) : await readDone();
}
