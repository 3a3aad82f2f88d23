/** Finds and replaces text that names a person, batch by batch: each is replaced only as it was read, so that nothing else gets lost. */
import { Cluster } from "ioredis";
import type { RedisScripts } from "../redis/scripts.ts";
import {
  forgetAsksScript,
  forgetChunkScript,
  forgetEntryScript,
  forgetJobScript,
  forgetOutcomeScript,
  forgetRowsScript,
} from "./lua/forget-text.ts";

export type TextPlace =
  | { event: "chunk"; campaign: string; account: string; chunk: number }
  | { event: "rows"; campaign: string; field: string }
  | { event: "outcome"; outcomeId: string }
  | { event: "job"; queue: string; id: string }
  | { event: "asks"; account: string }
  | { event: "entry"; digest: string };

/** `changed`: it is not what was read; read it again. */
export async function replaceText(
  scripts: RedisScripts,
  place: TextPlace,
  { was, becomes }: { was: Buffer | string; becomes: Buffer | string },
): Promise<"done" | "changed" | "gone"> {
  const blobs = [was, becomes];
  switch (place.event) {
    case "chunk":
      return await scripts.run(forgetChunkScript, { campaign: place.campaign, account: place.account, chunk: place.chunk }, blobs);
    case "rows":
      return await scripts.run(forgetRowsScript, { campaign: place.campaign, field: place.field }, blobs);
    case "outcome":
      return await scripts.run(forgetOutcomeScript, { outcomeId: place.outcomeId }, blobs);
    case "job":
      return await scripts.run(forgetJobScript, { queue: place.queue, id: place.id }, blobs);
    case "asks":
      return await scripts.run(forgetAsksScript, { account: place.account }, blobs);
    case "entry":
      return await scripts.run(forgetEntryScript, { digest: place.digest }, blobs);
  }
}

/** Keys looked at between two turns of Redis's loop. */
const KEYS_AT_ONCE = 500;

/** All of our keys, a batch at a time, each that is there from beginning to end at least once. Redis serves others in between. */
export async function* scanKeys(scripts: RedisScripts): AsyncGenerator<string[]> {
  const { client, tag } = scripts;
  for (const node of client instanceof Cluster ? client.nodes("master") : [client]) {
    let cursor = "0";
    do {
      const [next, keys] = await node.scan(cursor, "MATCH", `${tag}:*`, "COUNT", KEYS_AT_ONCE);
      cursor = next;
      if (keys.length > 0) yield keys;
    } while (cursor !== "0");
  }
}
