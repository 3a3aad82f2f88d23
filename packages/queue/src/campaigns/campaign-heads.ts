/** Campaigns that are not over, each in a few fields: for looks at all of them. Texts, which may be large, are not read. */
import { z } from "zod";
import type { RedisScripts } from "../redis/scripts.ts";

const FIELDS = [
  "state",
  "why",
  "stalled",
  "changedAt",
  "accepted",
  "fed",
  "ended",
  "maxCredits",
  "price",
  "charged",
  "uncertain",
  "held",
] as const;
const number = z.coerce.number().catch(0);
const Head = z.object({
  state: z.enum(["draft", "scheduled", "running", "paused"]),
  why: z.string().catch(""),
  /** The cause that stands in its way; empty while it moves. */
  stalled: z.string().catch(""),
  changedAt: number,
  accepted: number,
  fed: number,
  ended: number,
  /** Null: no bound. */
  maxCredits: z.union([z.literal("").transform(() => null), z.null(), z.coerce.number()]),
  price: number,
  charged: number,
  uncertain: number,
  held: number,
});
export type CampaignHead = z.infer<typeof Head> & { id: string };

const BATCH = 500;

/** All campaigns that are not over. */
export async function readCampaignHeads(scripts: RedisScripts): Promise<CampaignHead[]> {
  const heads: CampaignHead[] = [];
  for (let afterId: string | undefined; ; ) {
    const ids = await scripts.namesAfter(scripts.keys.campaigns, afterId, BATCH);
    const pipeline = scripts.client.pipeline();
    for (const id of ids) pipeline.hmget(scripts.keys.campaign(id), ...FIELDS);
    const replies = ids.length === 0 ? [] : ((await pipeline.exec()) ?? []);
    for (const [at, [, values]] of replies.entries()) {
      const fields = values as (string | null)[];
      const head = Head.safeParse(Object.fromEntries(FIELDS.map((field, index) => [field, fields[index] ?? null])));
      if (head.success) heads.push({ id: ids[at] ?? "", ...head.data });
    }
    afterId = ids.at(-1);
    if (ids.length < BATCH) return heads;
  }
}
