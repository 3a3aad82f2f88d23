/** Recipients as they lie in Redis: chunks of lines, deflated. Unpacked by a schema. */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { RecipientId } from "@linkup-queue/contracts";
import { z } from "zod";

export const Recipient = z.object({
  /** Unique in its campaign: by default the profile's canonical address. */
  id: RecipientId,
  fields: z.record(z.string(), z.string()),
});
export type Recipient = { readonly id: string; readonly fields: Readonly<Record<string, string>> };

/** In the place of a recipient who was erased: its row is passed over, and counted. No recipient has this id. */
export const FORGOTTEN: Recipient = { id: "", fields: {} };

/** Whether a row is that of a recipient who was erased. */
export function isForgotten({ id }: Recipient): boolean {
  return id === FORGOTTEN.id;
}

/** About how much of memory a recipient takes, in characters. */
export function charactersOf({ id, fields }: Recipient): number {
  let characters = id.length;
  for (const name of Object.keys(fields)) characters += name.length + (fields[name]?.length ?? 0);
  return characters;
}

const FORM = 1;
const Line = z.tuple([z.string(), z.record(z.string(), z.string())]);

/** A chunk is small: a small window packs it as well, and a deflater takes a fifth of the memory. */
const DEFLATE = { level: 4, windowBits: 14, memLevel: 6, chunkSize: 8 * 1024 };

/** A chunk as bytes. */
export function packRecipients(recipients: readonly Recipient[]): Buffer {
  const text = recipients.map(({ id, fields }) => JSON.stringify([id, fields])).join("\n");
  return Buffer.concat([Buffer.from([FORM]), deflateRawSync(text, DEFLATE)]);
}

function unpack(packed: Buffer): Buffer {
  if (packed[0] !== FORM) throw new Error(`A chunk of recipients has form ${packed[0]}, which this version cannot read`);
  return inflateRawSync(packed.subarray(1));
}

/** How many recipients a chunk has, erased ones too, without reading them. Throws for what no version of ours wrote. */
export function countRecipients(packed: Buffer): number {
  const text = unpack(packed);
  let count = 1;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** The recipients of a chunk. Throws for what no version of ours wrote. */
export function unpackRecipients(packed: Buffer): Recipient[] {
  return unpack(packed)
    .toString("utf8")
    .split("\n")
    .map((line) => {
      const [id, fields] = Line.parse(JSON.parse(line));
      return { id, fields };
    });
}
