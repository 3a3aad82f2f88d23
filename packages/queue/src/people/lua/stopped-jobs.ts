/** Jobs that may not reach their person any more; see stopped-jobs.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";
import { STOP_CODES } from "../stop-code.ts";

export const stoppedJobsScript = defineScript({
  name: "stopped_jobs",
  args: z.object({
    jobs: z.array(
      z.object({
        /** Whom it is about: digests with commas between. */
        people: z.string(),
        /** Whom it reaches, as digests. */
        reached: z.string(),
        account: z.string(),
        campaign: z.string().optional(),
      }),
    ),
  }),
  keys: () => [],
  reply: z.array(z.enum([...STOP_CODES, ""]).transform((code) => (code === "" ? null : code))),
});
