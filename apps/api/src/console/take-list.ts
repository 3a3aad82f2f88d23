/** A list that a browser sends, as a file's bytes or pasted into a form: it goes the way of every list, through the HTTP api's own route. */
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { LinkupError } from "@linkup-queue/contracts";
import type { Actions, Doing } from "./do-action.ts";
import type { TakenList } from "./pages/import-list.ts";

const TABLE = "text/csv";

/** The result of the list's rows. Throws `unsupported_media_type`, and what the route throws. */
export async function takeList(actions: Actions, doing: Omit<Doing, "body">): Promise<TakenList> {
  const { request, fields } = doing;
  const pasted = fields["list"];
  const types = actions.routeOf("add-recipients").streams;
  if (pasted === undefined && request.is([...types]) === false) {
    throw new LinkupError("unsupported_media_type", `A list is sent as ${types.join(", ")}`);
  }
  const answer = await actions.run("add-recipients", pasted === undefined ? doing : { ...doing, body: bodyOf(pasted) });
  // A list of which a part was read is told with its error: what was taken stays taken.
  if (answer !== "streamed") return answer.body as TakenList;
  throw new LinkupError("interrupted", "The list was not read to its end");
}

/** A text as the body of a request of its own. */
function bodyOf(text: string): IncomingMessage {
  const type = text.trimStart().startsWith("{") ? "application/x-ndjson" : TABLE;
  const body = Readable.from([Buffer.from(text, "utf8")], { objectMode: false });
  return Object.assign(body, { headers: { "content-type": `${type}; charset=utf-8` } }) as unknown as IncomingMessage;
}
