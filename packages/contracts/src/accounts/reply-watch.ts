/** The watch over an account's inbox: whoever wrote there answered. */
import { z } from "zod";

const LEAST_MINUTES = 5;
const MOST_MINUTES = 1_440;
const bound = `must be a whole number from ${LEAST_MINUTES} to ${MOST_MINUTES}`;

/** From one reading of the inbox to the next pass at most so many minutes, and half of them at least. */
export const ReplyWatch = z
  .strictObject({ everyMinutes: z.int(bound).min(LEAST_MINUTES, bound).max(MOST_MINUTES, bound) })
  .meta({ id: "ReplyWatch", example: { everyMinutes: 60 } });
export type ReplyWatch = z.infer<typeof ReplyWatch>;
