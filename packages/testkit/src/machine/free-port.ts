/** Finds a TCP port on 127.0.0.1 that nobody listens on. It is not held: whoever binds it must cope with being late. */
import { once } from "node:events";
import { createServer } from "node:net";
import { LinkupError } from "@linkup-queue/contracts";

/** A port on 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new LinkupError("internal_error", "The system gave no TCP port");
  return address.port;
}
