/** Invitations that nobody answered are taken back after so many days. */
import { z } from "zod";

const LEAST_DAYS = 7;
const MOST_DAYS = 180;
const bound = `must be a whole number from ${LEAST_DAYS} to ${MOST_DAYS}`;

/** A week at least, as most who accept do within one; LinkedIn itself lets invitations end after half a year. */
export const AutoWithdrawAfterDays = z.int(bound).min(LEAST_DAYS, bound).max(MOST_DAYS, bound);
