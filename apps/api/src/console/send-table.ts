/** Tables that somebody downloads from the console, a piece at a time, in the form of the HTTP api's exports. */
import type { Response } from "express";
import { ClientGone } from "../body/read-chunks.ts";
import { writeResults } from "../campaigns/campaign-results.ts";
import type { ApiContext } from "../http/api-context.ts";
import type { Answer } from "../http/route.ts";
import { archivedRows } from "./pages/archived-history.ts";
import { whoOf } from "./pages/people.ts";
import { historyRows } from "./pages/person-history.ts";

type Fields = Readonly<Record<string, string>>;
type Sending = { fields: Fields; response: Response; context: ApiContext };

/** All outcomes that are kept of one person, in Redis and in the archive; its file's name names nobody. Throws `invalid_input`, and what the route's first answer throws. */
export async function sendHistory(ask: (fields: Fields) => Promise<Answer>, { fields, response, context }: Sending): Promise<void> {
  const who = whoOf(fields);
  const { limits, stopping } = context;
  response.attachment("person.csv");
  // An archive that does not answer is told on a page, and not by half a file.
  if (who.key !== null) await context.archive?.reachesBackToMs();
  try {
    const rows = historyRows((more) => ask({ ...who.fields, ...more }), who.key === null ? none() : archivedRows(context, who.key));
    await writeResults(response, rows, { format: "csv", fields: [], missing: 0, silenceMs: limits.silenceMs, stopping });
  } catch (thrown) {
    // Half a table must not look like a whole one.
    if (!response.headersSent) throw thrown;
    if (!(thrown instanceof ClientGone)) context.trouble.see(thrown, "a person's history broke off");
    response.destroy();
  }
}

/** The archive is not asked by recipientId. */
async function* none(): AsyncGenerator<never> {}
