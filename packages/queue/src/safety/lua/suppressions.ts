/** The list of people who are not to be contacted; see suppressions.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

const Entry = z.object({
  /** A digest, see `PeopleDigests`. */
  person: z.string(),
  /** `all`, `account:<id>` or `campaign:<id>`. */
  scope: z.string(),
  /** Until when, ms; 0: without an end. */
  till: z.number(),
  /** Since when, ms; left out: now. A known scope of a person keeps its own. */
  since: z.number().optional(),
  /** In one line; may be empty. */
  reason: z.string(),
});
export type SuppressEntry = z.infer<typeof Entry>;

export const suppressScript = defineScript({
  name: "suppress",
  args: z.object({
    entries: z.array(Entry),
    /** Names the secret that the digests were made with. */
    secretName: z.string(),
    /** That secret, sealed: kept where there is none. */
    sealed: z.string(),
  }),
  keys: (keys, { entries }) => entries.map(({ person }) => keys.suppressed(person.slice(0, 2))),
  reply: z.union([z.tuple([z.literal("other")]), z.array(z.enum(["added", "changed", "same"]))]),
});

export const unsuppressScript = defineScript({
  name: "unsuppress",
  args: z.object({ people: z.array(z.string()), scope: z.string().optional() }),
  keys: (keys, { people }) => people.map((person) => keys.suppressed(person.slice(0, 2))),
  reply: z.number(),
});

export const suppressionsScript = defineScript({
  name: "suppressions",
  args: z.object({ after: z.string(), limit: z.number() }),
  keys: () => [],
  reply: z
    .array(z.string())
    .transform((flat) => Array.from({ length: flat.length / 2 }, (_, at) => [String(flat[2 * at]), String(flat[2 * at + 1])] as const)),
});
