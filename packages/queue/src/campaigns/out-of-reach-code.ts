/** Why a campaign would not write to somebody now: codes of outcomes. */
export const OUT_OF_REACH_CODES = ["suppressed", "replied", "contacted_recently"] as const;
export type OutOfReachCode = (typeof OUT_OF_REACH_CODES)[number];
