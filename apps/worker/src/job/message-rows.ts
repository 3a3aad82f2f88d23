/** Rows of messages: when each came, and who wrote it. Pure. Names are kept as digests. */
import { textDigest } from "@linkup-queue/queue";
import { z } from "zod";

/** A moment in ms since the epoch that is no count of seconds. */
const FIRST_MOMENT_MS = 1_000_000_000_000;

/** When a message came, ms since the epoch; as a number, or as the text of one. */
export const MOMENT = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,16}$/)
      .transform(Number),
  ])
  .pipe(z.number().min(FIRST_MOMENT_MS));

type Sender = {
  sender?: string | null | undefined;
  sender_info?: { first_name?: string | null | undefined; last_name?: string | null | undefined } | null | undefined;
};

/** A digest of the name that a message bears; null for none. */
export function nameOf({ sender, sender_info }: Sender): string | null {
  return nameDigest({ first: sender_info?.first_name, last: sender_info?.last_name }) ?? (sender == null ? null : digestOfName(sender));
}

type Name = { first?: string | null | undefined; last?: string | null | undefined };

/** A digest of a first and a last name; null for none. */
export function nameDigest({ first, last }: Name): string | null {
  const name = [first, last].filter((part) => part != null && part.trim() !== "").join(" ");
  return name === "" ? null : digestOfName(name);
}

/** A digest of a whole name; null for an empty one. */
export function digestOfName(name: string): string | null {
  return name.trim() === "" ? null : textDigest(name.toLowerCase());
}
