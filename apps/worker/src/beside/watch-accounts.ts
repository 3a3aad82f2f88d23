/** Adds the reads of inboxes and of invitations that are due. No call is made here: the reads are jobs, and what they find is taken where their calls end. */
import { setTimeout as sleep } from "node:timers/promises";
import type { TroubleTeller } from "@linkup-queue/contracts";
import type { Engine } from "@linkup-queue/queue";

const INBOXES_EVERY_MS = 1_000;
/** A reading of invitations has a few steps a day. */
const INVITATIONS_EVERY_MS = 5_000;

type Parts = { engine: Engine; trouble: TroubleTeller; random: () => number };

/** Begins to look at the line of inboxes that are due. The function that it answers ends that, and waits for a look that is under way. */
export function startInboxWatch({ engine, trouble, random }: Parts): () => Promise<void> {
  return repeat(INBOXES_EVERY_MS, async () => {
    await engine.people.inboxes
      .addDue(random)
      .catch((error: unknown) => trouble.see(error, "trouble with the reading of inboxes; it goes on"));
  });
}

/** The same of the invitations of accounts whose policy bounds them. */
export function startInvitationWatch({ engine, trouble, random }: Parts): () => Promise<void> {
  return repeat(INVITATIONS_EVERY_MS, async () => {
    await engine.people.invitations
      .addDue(random)
      .catch((error: unknown) => trouble.see(error, "trouble with the reading of invitations; it goes on"));
  });
}

function repeat(everyMs: number, look: () => Promise<void>): () => Promise<void> {
  const stopped = new AbortController();
  const looks = (async () => {
    while (!stopped.signal.aborted) {
      await look();
      await sleep(everyMs, undefined, { ref: false, signal: stopped.signal }).catch(() => undefined);
    }
  })();
  return async () => {
    stopped.abort();
    await looks;
  };
}
