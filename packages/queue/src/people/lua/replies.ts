/** Somebody answered; see replies.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

const at = z.coerce.number();

export const repliedScript = defineScript({
  name: "replied",
  args: z.object({
    /** Digests of one person, see `PeopleDigests`. */
    people: z.array(z.string()),
    /** Where the person is found, for those who are told of the reply. */
    address: z.string(),
    /** When they answered, ms; left out: now. A moment that lies ahead counts as now. */
    at: z.number().optional(),
    /** Names the secret that the digests were made with. */
    secretName: z.string(),
    /** That secret, sealed: kept where there is none. */
    sealed: z.string(),
    outcomeDays: z.number(),
  }),
  keys: (keys, { people }) => [
    ...people.map((person) => keys.answered(person.slice(0, 2))),
    keys.replies,
    ...people.slice(0, 1).map((person) => keys.address(person)),
  ],
  reply: z.tuple([z.enum(["noted", "known", "other"]), at, at.transform((flag) => flag === 1)]),
});
