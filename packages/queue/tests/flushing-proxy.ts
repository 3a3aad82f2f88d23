/**
 * A TCP proxy to a Redis on 127.0.0.1 whose scripts are flushed again and again: once it is told to, it answers NOSCRIPT to the next script and to what
 * its client sends in its place, as Redis does to a script that is sent by its hash between two SCRIPT FLUSH. It changes no other byte.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type FlushingProxy = {
  port: number;
  /** The next script of any connection is answered so, and its repetition too. */
  flush(): void;
  close(): Promise<void>;
};

const SCRIPT = /\*\d+\r\n\$\d+\r\neval(?:sha)?\r\n/gi;
const NOSCRIPT = "-NOSCRIPT No matching script. Please use EVAL.\r\n";
/** By its hash, and as ioredis sends it again. */
const SENT = 2;

export async function startFlushingProxy(redisPort: number): Promise<FlushingProxy> {
  const sockets = new Set<Socket>();
  let refuses = 0;
  const server = createServer((client) => {
    const redis = connect(redisPort, "127.0.0.1");
    for (const socket of [client, redis]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        client.destroy();
        redis.destroy();
      });
    }
    client.on("data", (bytes) => {
      const scripts = refuses > 0 ? (bytes.toString("latin1").match(SCRIPT)?.length ?? 0) : 0;
      if (scripts === 0) return void redis.write(bytes);
      refuses -= 1;
      client.write(NOSCRIPT.repeat(scripts));
    });
    redis.on("data", (bytes) => void client.write(bytes));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    flush: () => {
      refuses = SENT;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
