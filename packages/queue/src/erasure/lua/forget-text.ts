/** Text that names a person, replaced if it still is what was read; see forget-text.lua. */
import { z } from "zod";
import { defineScript } from "../../redis/script.ts";

/** `changed`: it is not what was read. */
const reply = z.enum(["done", "changed", "gone"]);

export const forgetChunkScript = defineScript({
  name: "forget_chunk",
  args: z.object({ campaign: z.string(), account: z.string(), chunk: z.number() }),
  keys: (keys, { campaign, account }) => [keys.campaign(campaign), keys.todo(campaign, account)],
  reply,
});
export const forgetRowsScript = defineScript({
  name: "forget_rows",
  args: z.object({ campaign: z.string(), field: z.string() }),
  keys: (keys, { campaign }) => [keys.campaign(campaign), keys.stepRows(campaign)],
  reply,
});
export const forgetOutcomeScript = defineScript({
  name: "forget_outcome",
  args: z.object({ outcomeId: z.string() }),
  keys: (keys, { outcomeId }) => [keys.outcome(outcomeId)],
  reply,
});
export const forgetJobScript = defineScript({
  name: "forget_job",
  args: z.object({ queue: z.string(), id: z.string() }),
  keys: () => [],
  reply,
});
export const forgetAsksScript = defineScript({
  name: "forget_asks",
  args: z.object({ account: z.string() }),
  keys: (keys, { account }) => [keys.watch(account)],
  reply,
});
export const forgetEntryScript = defineScript({
  name: "forget_entry",
  args: z.object({ digest: z.string() }),
  keys: (keys, { digest }) => [keys.job(digest)],
  reply,
});
