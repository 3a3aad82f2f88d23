/** The recipients of a campaign that were not put into a queue, to stdout: as lines that can be imported again. */
import type { Engine, UnsentPlace } from "@linkup-queue/queue";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { findCampaign } from "./find-campaign.ts";
import { writeToStdout } from "./write-results.ts";

const PAGE = 1_000;

/** Writes them; `isOne`: as one JSON array. Throws LinkupError `not_found`. */
export async function writeUnsent(io: ConsoleIo, engine: Engine, { id, isOne }: { id: string; isOne: boolean }): Promise<null> {
  const campaign = await findCampaign(engine, id);
  const { campaigns } = engine;
  async function* chunks() {
    let after: UnsentPlace | undefined;
    let count = 0;
    if (isOne) yield "[";
    do {
      const { items, next } = await campaigns.unsent(campaign, { after, limit: PAGE });
      const lines = items.map(({ id: recipientId, accountId, fields }) => {
        if (!isOne) return `${JSON.stringify({ recipientId, fields })}\n`;
        count += 1;
        return `${count === 1 ? "\n" : ",\n"}${JSON.stringify({ recipientId, accountId, fields })}`;
      });
      yield lines.join("");
      after = next ?? undefined;
    } while (after !== undefined);
    if (isOne) yield "\n]\n";
  }
  await writeToStdout(io, chunks());
  return null;
}
