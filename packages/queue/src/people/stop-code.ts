/** Why a job may not reach its person: codes of outcomes. */
export const STOP_CODES = ["suppressed", "replied"] as const;
export type StopCode = (typeof STOP_CODES)[number];
