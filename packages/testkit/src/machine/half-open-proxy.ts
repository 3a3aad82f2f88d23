/**
 * A TCP proxy to a server on 127.0.0.1 that can leave its connections half open, as a network or a NAT that forgot them does: nobody is told, and what is
 * sent on them is swallowed. Connections that are made later are whole.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type HalfOpenProxy = {
  port: number;
  /** From now on nothing goes through on the connections that there are, and none of them ends. Answers how many. */
  swallow(): number;
  close(): Promise<void>;
};

export async function startHalfOpenProxy(serverPort: number): Promise<HalfOpenProxy> {
  const whole = new Set<Socket>();
  const all = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(serverPort, "127.0.0.1");
    whole.add(client);
    for (const socket of [client, upstream]) {
      all.add(socket);
      // One side is destroyed where the other ended.
      socket.on("error", () => undefined);
      socket.on("close", () => {
        all.delete(socket);
        if (!whole.has(client)) return;
        client.destroy();
        upstream.destroy();
      });
    }
    client.on("close", () => whole.delete(client));
    client.on("data", (bytes) => whole.has(client) && upstream.write(bytes));
    upstream.on("data", (bytes) => whole.has(client) && client.write(bytes));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    swallow: () => {
      const count = whole.size;
      whole.clear();
      return count;
    },
    close: async () => {
      whole.clear();
      for (const socket of all) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
