/** Tables that somebody downloads from the console, a piece at a time, in the form of the HTTP api's exports. */
import type { Response } from "express";
import { writeResults } from "../campaigns/campaign-results.ts";
import type { ApiContext } from "../http/api-context.ts";
import type { Answer } from "../http/route.ts";
import { archivedRows } from "./pages/archived-history.ts";
import { whoOf } from "./pages/people.ts";
import { historyRows } from "./pages/person-history.ts";
import { sendWhole } from "./send-whole.ts";

type Fields = Readonly<Record<string, string>>;
type Sending = { fields: Fields; response: Response; context: ApiContext };

/** All outcomes that are kept of one person, in Redis and in the archive; its file's name names nobody. Throws `invalid_input`, and what the route's first answer throws. */
export async function sendHistory(ask: (fields: Fields) => Promise<Answer>, { fields, response, context }: Sending): Promise<void> {
  const who = whoOf(fields);
  const { limits, stopping } = context;
  response.attachment("person.csv");
  // An archive that does not answer is told on a page, and not by half a file.
  if (who.key !== null) await context.archive?.reachesBackToMs();
  const rows = historyRows((more) => ask({ ...who.fields, ...more }), who.key === null ? none() : archivedRows(context, who.key));
  const write = () => writeResults(response, rows, { format: "csv", fields: [], missing: 0, silenceMs: limits.silenceMs, stopping });
  await sendWhole(response, write, { trouble: context.trouble, message: "a person's history broke off" });
}

/** The archive is not asked by recipientId. */
async function* none(): AsyncGenerator<never> {}
