/**
 * A TCP proxy between one worker and its Redis that stands still at one exact step: when a command that matches goes by, either before Redis
 * sees it or after Redis has done it and before the worker hears of it. It changes no byte.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export type Step = {
  /** The pattern that the command's bytes must match, as they go to Redis. */
  command: RegExp;
  /** `before`: Redis never gets it. `after`: Redis did it, and its answer is kept back. */
  side: "before" | "after";
};

export type StepProxy = {
  port: number;
  /** Settles when the step was reached; from then on nothing goes through in either direction. */
  reached: Promise<void>;
  close(): Promise<void>;
};

/** Starts a proxy to a Redis on 127.0.0.1. */
export async function startStepProxy(redisPort: number, { command, side }: Step): Promise<StepProxy> {
  const sockets = new Set<Socket>();
  const reached = Promise.withResolvers<void>();
  let still = false;
  const server = createServer((worker) => {
    const redis = connect(redisPort, "127.0.0.1");
    for (const socket of [worker, redis]) {
      sockets.add(socket);
      // The worker is killed on purpose.
      socket.on("error", () => undefined);
      socket.on("close", () => {
        sockets.delete(socket);
        worker.destroy();
        redis.destroy();
      });
    }
    // A large command may come in chunks.
    let tail = "";
    let awaited = false;
    worker.on("data", (bytes) => {
      if (still) return;
      tail = (tail + bytes.toString("latin1")).slice(-20_000);
      if (!awaited && command.test(tail)) {
        if (side === "before") {
          still = true;
          reached.resolve();
          return;
        }
        awaited = true;
      }
      redis.write(bytes);
    });
    redis.on("data", (bytes) => {
      if (awaited) {
        still = true;
        reached.resolve();
      }
      if (!still) worker.write(bytes);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    reached: reached.promise,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}
