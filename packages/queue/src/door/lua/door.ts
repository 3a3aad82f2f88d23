/** The door's knowledge of jobs; see door.lua. */
import { CallQueue } from "@linkup-queue/contracts";
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

/** Of a line of a batch; without an object it has no place among others of its target. */
const Line = z.object({
  held: z.boolean().optional(),
  first: z.string().optional(),
  ordinal: z.number().optional(),
  copy: z.number().optional(),
  content: z.string().optional(),
});
/** Queue, id, digest, fingerprint and line. */
const Row = z.tuple([CallQueue, z.string(), z.string(), z.string(), Line]);
export type DoorRow = z.infer<typeof Row>;

export const doorScript = defineScript({
  name: "door",
  args: z.object({ jobs: z.array(Row), ledgerDays: z.number() }),
  keys: (keys, { jobs }) => (jobs ?? []).map(([, , digest]) => keys.job(digest)),
  reply: z.array(
    z.union([
      z.tuple([z.enum(["new", "again", "duplicate", "conflict", "held"])]),
      z.tuple([z.literal("elsewhere"), z.coerce.number()]),
      z.tuple([z.literal("seen"), z.string(), z.string(), z.string(), z.string(), z.string(), z.string()]),
    ]),
  ),
});
