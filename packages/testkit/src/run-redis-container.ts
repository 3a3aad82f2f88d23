/** A Redis in a container, for machines with Docker and nothing else. The image is loaded only when it is needed. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { LinkupError } from "@linkup-queue/contracts";
import type { TestRedis } from "./acquire-redis.ts";
import { freePort } from "./free-port.ts";
import { serverArguments } from "./run-redis-server.ts";

const run = promisify(execFile);
const IMAGE = "redis:7.4-alpine";

/** Starts a Redis container on a free port of 127.0.0.1. @throws LinkupError `redis_unreachable` when the engine can't. */
export async function runRedisContainer(options: { durable: boolean; args: readonly string[] }): Promise<TestRedis> {
  const { GenericContainer, Wait } = await import("testcontainers");
  // A fixed port outlives a restart of the container, as a private server's does.
  const port = await freePort();
  try {
    const container = await new GenericContainer(IMAGE)
      .withExposedPorts({ container: 6379, host: port })
      .withCommand(["redis-server", ...serverArguments(options)])
      .withWaitStrategy(Wait.forLogMessage(/Ready to accept connections/))
      .start();
    return {
      url: `redis://${container.getHost()}:${port}`,
      port,
      origin: `container ${IMAGE} on port ${port}`,
      pid: null,
      stop: async () => void (await container.stop({ remove: true })),
      kill: async () => void (await run("docker", ["kill", "--signal", "KILL", container.getId()])),
      restart: async () => container.restart(),
    };
  } catch (thrown) {
    throw new LinkupError("redis_unreachable", `Docker is there but could not run ${IMAGE}; try: docker pull ${IMAGE}`, { cause: thrown });
  }
}
