/** The look after a job was put away; see confirm-park.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const confirmParkScript = defineScript({
  name: "confirm_park",
  args: z.object({ digest: z.string() }),
  keys: (keys, { digest }) => [keys.job(digest)],
  reply: z.enum(["parked", "released", "gone"]),
});
