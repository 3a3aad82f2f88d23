/** Jobs that were added, noted for the sweep; see note-accepted.lua. */
import { CallQueue } from "@linkup-queue/contracts";
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

/** Digest, queue, id, facts and whether it is new. */
const Row = z.tuple([z.string(), CallQueue, z.string(), z.string(), z.union([z.literal(0), z.literal(1)])]);

export const noteAcceptedScript = defineScript({
  name: "note_accepted",
  args: z.object({ jobs: z.array(Row) }),
  keys: (keys, { jobs }) => [keys.acceptedLooks, ...(jobs ?? []).map(([digest]) => keys.job(digest))],
  reply: z.literal("noted"),
});
