/** A client that sends recipients slowly enough to be struck in the middle of it, as over a thin line. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";

/** So many lines, then a pause, ms. */
const LINES_AT_ONCE = 20;
const PAUSE_MS = 30;

const Answer = z.object({ accepted: z.int(), duplicates: z.int() });

export type SlowUpload = {
  url: string;
  headers: Readonly<Record<string, string>>;
  lines: readonly string[];
  /** Lines that are in already: they go at once. */
  known: number;
};

/** Answers how many lines are in, new and known; null when the api was gone before it said so. */
export async function uploadSlowly({ url, headers, lines, known }: SlowUpload): Promise<number | null> {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
      if (from >= known) await sleep(PAUSE_MS);
      yield Buffer.from(`${lines.slice(from, from + LINES_AT_ONCE).join("\n")}\n`);
    }
  }
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/x-ndjson" },
      body: ReadableStream.from(chunks()),
      duplex: "half",
    } as RequestInit);
    if (!response.ok) return null;
    const { accepted, duplicates } = Answer.parse(await response.json());
    return accepted + duplicates;
  } catch {
    return null;
  }
}
