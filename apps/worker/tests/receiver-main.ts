/** The receiver of docs/webhooks.md, as a process of its own; it is shown there word for word. */
import { createServer } from "node:http";
import { Webhook } from "standardwebhooks";

const webhook = new Webhook(process.env["WEBHOOK_SECRET"] ?? "");
// Yours is a table with a unique column: this one forgets when the process ends.
const done = new Set<string>();

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  try {
    // The text as it came: a body that was parsed and written again has another signature.
    const event = webhook.verify(Buffer.concat(chunks).toString("utf8"), request.headers as Record<string, string>);
    const id = String(request.headers["webhook-id"]);
    if (!done.has(id)) {
      console.log(JSON.stringify({ id, event }));
      done.add(id);
    }
    // Only now: what is not answered 2xx comes again.
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end();
  }
});
server.listen(Number(process.env["PORT"] ?? 8080), "127.0.0.1", () => {
  console.log(JSON.stringify({ msg: "ready", address: server.address() }));
});
