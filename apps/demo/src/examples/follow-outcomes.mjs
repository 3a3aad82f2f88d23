/** How a service that reads no queue follows outcomes: by HTTP, from where it was last. */
import { createClient } from "@linkup-queue/client";

/**
 * Hands over each outcome that came since, at least once: key on `outcomeId` where you store it. Answers the cursor to go on from.
 * @param {(outcome: import("@linkup-queue/client").Outcome) => void | Promise<void>} take
 * @param {{ apiUrl: string, secret: string, after?: string }} at `after`: the cursor of last time; without one from the oldest that is kept.
 */
export async function followOutcomes(take, { apiUrl, secret, after }) {
  const client = createClient({ url: apiUrl, token: secret });
  for (let cursor = after; ; ) {
    const { items, nextCursor, more } = await client.listOutcomes({ after: cursor, limit: 500 });
    for (const outcome of items) await take(outcome);
    cursor = nextCursor;
    if (!more) return cursor;
  }
}
