/** Ports of this machine for `linkup dev`. */
import { once } from "node:events";
import { createServer } from "node:net";

/** The preferred port when nobody listens on it, else any free one. It is not held: another process may take it meanwhile. */
export async function findPort(preferred: number): Promise<number> {
  const port = (await tryPort(preferred)) ?? (await tryPort(0));
  if (port === null) throw new Error("the system gave no TCP port");
  return port;
}

/** Whether somebody listens on this port of 127.0.0.1. */
export async function isTaken(port: number): Promise<boolean> {
  return (await tryPort(port)) === null;
}

/** Null for one that can't be listened on. */
async function tryPort(wanted: number): Promise<number | null> {
  const server = createServer();
  server.listen(wanted, "127.0.0.1");
  const listening = await once(server, "listening").then(
    () => true,
    () => false,
  );
  if (!listening) return null;
  const address = server.address();
  server.close();
  await once(server, "close");
  return address !== null && typeof address === "object" ? address.port : null;
}
