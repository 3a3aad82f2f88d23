/** Why a campaign is in its state, or stands still, as a person is told it: for doctor, command line and console alike. */
import type { CAMPAIGN_REASONS, StallCause } from "./campaign-definition.ts";

type CampaignReason = Exclude<(typeof CAMPAIGN_REASONS)[number], "">;

const CAMPAIGN_WORDS: Readonly<Record<CampaignReason, string>> = {
  by_hand: "by a person",
  budget_exhausted: "its credits are used up",
  first_done: "the first of its list are done; resumed it goes on with the others",
  all_done: "all of its list have their outcome",
  expired: "its date passed",
};

const STALL_WORDS: Readonly<Record<StallCause, string>> = {
  accounts_away: "its accounts are away",
  accounts_resting: "LinkedIn limits its accounts; they go on when their rests are over",
  key_stopped: "the API key is stopped",
  day_budget: "the day's credits are used up",
  brake: "LinkUp itself refuses its operation",
};

const WORDS: Readonly<Record<string, string>> = { ...CAMPAIGN_WORDS, ...STALL_WORDS };

/** Empty for no reason; a word that a later version writes is told as it is. */
export function campaignWhy(why: string): string {
  return Object.hasOwn(WORDS, why) ? (WORDS[why] ?? why) : why.replaceAll("_", " ");
}
