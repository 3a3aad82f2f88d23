/** Ports of this machine for `linkup dev`. */
import { once } from "node:events";
import { createServer } from "node:net";

/** The preferred port when nobody listens on it, else any free one. */
export async function findPort(preferred: number): Promise<number> {
  for (const wanted of [preferred, 0]) {
    const server = createServer();
    server.listen(wanted, "127.0.0.1");
    const listening = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!listening) continue;
    const address = server.address();
    server.close();
    await once(server, "close");
    if (address !== null && typeof address === "object") return address.port;
  }
  throw new Error("the system gave no TCP port");
}
