/** A campaign's changes by a person; see campaign.lua and campaign-stop.lua. */
import { z } from "zod";
import type { Keys } from "../../redis/keys.ts";
import { defineScript } from "../../redis/script.ts";
import { CampaignDeal } from "../campaign-deal.ts";

/** The result, or why nothing was done; and the campaign's state then, of `missing` the accounts, of `first` with how many it was started. */
const reply = z.tuple([z.enum(["created", "edited", "done", "unchanged", "conflict", "unknown", "moved", "missing", "first"]), z.string()]);
const id = z.object({ campaign: z.string() });
const definition = id.extend({
  /** JSON. */
  definition: z.string(),
  weight: z.number(),
  price: z.number().optional(),
  maxCredits: z.number().optional(),
  startAt: z.number().optional(),
  expiresAt: z.number().optional(),
  handover: z.boolean().optional(),
  /** Days within which nobody is written to twice. */
  gapDays: z.number().optional(),
  /** Whether a person's reply stops what was not sent to them. */
  stopOnReply: z.boolean().optional(),
  /** The scopes of its jobs, with commas between; of a sequence those of the first step. */
  scopes: z.string(),
  /** Of a sequence: a JSON list of each step's `operation`, `scopes`, `least` and `most` (ms after the step before), and `noReply`. */
  steps: z.string().optional(),
  /** Whether some step is only for people who have not answered. */
  stepOnReply: z.boolean().optional(),
});
const keys = (all: Keys, { campaign }: { campaign: string }) => [all.campaign(campaign)];

/** `accounts`: a JSON list. */
export const campaignCreateScript = defineScript({
  name: "campaign_create",
  args: definition.extend({ accounts: z.string() }),
  keys,
  reply,
});
/**
 * `shifts`: by how much the waits for each step are moved, ms. `rev`, `accepted`: of the campaign as it was when its recipients were checked against the new text; `deal`: of its recipients over `accounts`, where these
 * are others than before; `by`: who edits it, for its history.
 */
export const campaignEditScript = defineScript({
  name: "campaign_edit",
  args: definition.extend({
    accounts: z.string(),
    rev: z.number(),
    accepted: z.number(),
    /** Whether it was a draft: one that was started meanwhile may not do other things than it does. */
    draft: z.boolean().optional(),
    deal: CampaignDeal.optional(),
    shifts: z.array(z.number()).optional(),
    by: z.string().optional(),
  }),
  keys,
  reply,
});
/** `first`: with how many recipients; `rev`: of the text that was looked through. */
export const campaignStartScript = defineScript({
  name: "campaign_start",
  args: id.extend({ first: z.number().optional(), rev: z.number().optional() }),
  keys,
  reply,
});
export const campaignResumeScript = defineScript({
  name: "campaign_resume",
  args: id.extend({ first: z.number().optional() }),
  keys,
  reply,
});
export const campaignPauseScript = defineScript({ name: "campaign_pause", args: id, keys, reply });
export const campaignCancelScript = defineScript({ name: "campaign_cancel", args: id, keys, reply });
