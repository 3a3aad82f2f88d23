/** A Redis in a container, for machines with Docker and nothing else. The image is loaded only when it is needed. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { LinkupError } from "@linkup-queue/contracts";
import { freePort } from "../machine/free-port.ts";
import type { TestRedis } from "./acquire-redis.ts";
import { publishOnLoopback } from "./publish-on-loopback.ts";
import { pullRedisImage, REDIS_IMAGE } from "./redis-image.ts";
import { serverArguments } from "./run-redis-server.ts";

const run = promisify(execFile);

/** Starts a Redis container on a free port of 127.0.0.1. @throws LinkupError `redis_unreachable` when the engine can't. */
export async function runRedisContainer(options: { durable: boolean; args: readonly string[] }): Promise<TestRedis> {
  await pullRedisImage();
  const { GenericContainer, Wait } = await import("testcontainers");
  publishOnLoopback(GenericContainer);
  // A fixed port outlives a restart of the container, as a private server's does.
  const port = await freePort();
  try {
    const container = await new GenericContainer(REDIS_IMAGE)
      .withExposedPorts({ container: 6379, host: port })
      .withCommand(["redis-server", ...serverArguments(options)])
      .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
      .start();
    return {
      url: `redis://127.0.0.1:${port}`,
      port,
      origin: `container ${REDIS_IMAGE} on port ${port}`,
      pid: null,
      stop: async () => void (await container.stop({ remove: true })),
      kill: async () => void (await run("docker", ["kill", "--signal", "KILL", container.getId()])),
      restart: async () => container.restart(),
      keepData: () => Promise.reject(new LinkupError("redis_unsuitable", "The data of a container is not copied: ask for a server")),
    };
  } catch (thrown) {
    const why = thrown instanceof Error ? thrown.message.split("\n")[0] : "it does not say why";
    const message = `Docker could not run a container of ${REDIS_IMAGE}, or the one that testcontainers removes it with (testcontainers/ryuk): ${why}`;
    throw new LinkupError("redis_unreachable", message, { cause: thrown });
  }
}
