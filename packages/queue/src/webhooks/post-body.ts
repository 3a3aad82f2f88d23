/** The body of a post to a webhook, made from what is kept of its outcome or event at that moment. It reads only. */
import { outcomeIdOfTelling } from "../job/job-ref.ts";
import { readOutcome } from "../ledger/outcome-store.ts";
import type { RedisScripts } from "../redis/scripts.ts";
import { changeBody } from "./change-body.ts";
import { outcomeBody } from "./webhook-definition.ts";

/** JSON; null when its data is kept no longer, or was erased. */
export async function readPostBody(scripts: RedisScripts, item: string): Promise<string | null> {
  const { client, keys } = scripts;
  if (!item.startsWith("o-")) {
    const text = await client.get(keys.event(item));
    if (text === null || item.startsWith("e-")) return text;
    return JSON.stringify(await changeBody(text, (person) => client.get(keys.address(person))));
  }
  const outcomeId = outcomeIdOfTelling(item);
  const outcome = await readOutcome(scripts, outcomeId);
  if (outcome === null) return null;
  return JSON.stringify(outcomeBody(outcome, item === outcomeId ? outcome.finishedAt : (outcome.resolved?.at ?? outcome.finishedAt)));
}
