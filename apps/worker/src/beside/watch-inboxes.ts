/** Adds the reads of watched inboxes that are due. No call is made here: the reads are jobs, and what they find is taken where their calls end. */
import { setTimeout as sleep } from "node:timers/promises";
import type { TroubleTeller } from "@linkup-queue/contracts";
import type { Engine } from "@linkup-queue/queue";

const EVERY_MS = 1_000;

type Parts = { engine: Engine; trouble: TroubleTeller; random: () => number };

/** Begins to look at the line of those that are due. The function that it answers ends that, and waits for a look that is under way. */
export function startInboxWatch({ engine, trouble, random }: Parts): () => Promise<void> {
  const stopped = new AbortController();
  const looks = (async () => {
    while (!stopped.signal.aborted) {
      await engine.people.inboxes
        .addDue(random)
        .catch((error: unknown) => trouble.see(error, "trouble with the reading of inboxes; it goes on"));
      await sleep(EVERY_MS, undefined, { ref: false, signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return async () => {
    stopped.abort();
    await looks;
  };
}
