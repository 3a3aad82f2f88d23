/** The scripts' words on campaigns: what may be fed now, and what happened. Read by a schema, since Lua's empty table is a list and an object. */
import { z } from "zod";
import { CAMPAIGN_STATES } from "../campaign-definition.ts";

/** Something that happened to a campaign: a new state, or `stalled` and `moving` again while it runs. */
export const CampaignEvent = z.object({
  seq: z.number(),
  campaign: z.string(),
  event: z.enum([...CAMPAIGN_STATES, "stalled", "moving"]),
  /** Of a stalled one: its `StallCause`. */
  why: z.string(),
  /** By Redis's clock, ms since the epoch. */
  at: z.number(),
});
export type CampaignEvent = z.infer<typeof CampaignEvent>;

const objects = <Value extends z.ZodType>(value: Value) =>
  z.preprocess((given) => (Array.isArray(given) ? {} : given), z.record(z.string(), value));
const lists = <Value extends z.ZodType>(value: Value) => z.preprocess((given) => (Array.isArray(given) ? given : []), z.array(value));

export const CampaignPlan = z.object({
  campaigns: lists(
    z.object({
      id: z.string(),
      definition: z.string(),
      /** Which of its definitions that is. */
      revision: z.number(),
      weight: z.number(),
      turn: z.number(),
      /** Another one when it was made anew under its id, or rows of it were erased. */
      edition: z.string(),
      todo: objects(z.object({ chunk: z.number(), at: z.number(), left: z.number(), base: z.number().optional() })),
      handsOver: z.boolean(),
      takers: lists(z.string()),
      followUps: lists(
        z.object({ account: z.string(), step: z.number(), waits: lists(z.object({ shard: z.string(), member: z.string() })) }),
      ),
    }),
  ),
  ahead: objects(z.number()),
  away: objects(z.string()),
  served: objects(z.number()),
  last: objects(z.string()),
  events: lists(CampaignEvent),
  turn: z.number(),
  /** Turns that may be dealt now. */
  most: z.number(),
  /** Whether there are campaigns behind this page. */
  more: z.boolean(),
  /** Whether there are resting ones that are due. */
  again: z.boolean(),
  /** Nothing changes by itself before, ms. */
  waitMs: z.number(),
});
export type CampaignPlan = z.infer<typeof CampaignPlan>;
