/** The steps of a campaign that is a sequence. */
import { z } from "zod";

/** Steps that a sequence has at most; the first is 1. */
export const MOST_STEPS = 10;
export const StepNumber = z.int().min(1).max(MOST_STEPS);
