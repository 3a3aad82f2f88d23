/** The look after a job was put away; see confirm-park.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

export const confirmParkScript = defineScript({
  name: "confirm_park",
  args: z.object({ d: z.string() }),
  keys: (keys, { d }) => [keys.job(d)],
  reply: z.enum(["parked", "released", "gone"]),
});
