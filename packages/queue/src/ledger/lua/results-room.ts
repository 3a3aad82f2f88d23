/** Room on the results queue; see results-room.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const resultsRoomScript = defineScript({
  name: "results_room",
  args: z.object({ name: z.string(), count: z.number(), max: z.number(), keepMs: z.number() }),
  keys: (keys) => [keys.resultsRoom],
  reply: z.tuple([z.number(), z.number()]).transform(([count, waiting]) => ({ count, waiting })),
});
