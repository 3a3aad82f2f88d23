/** Which Redis is chosen on machines with other things on their path than this one: the path holds stand-ins that answer `--version`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GenericContainer } from "testcontainers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findRedisSource } from "../src/redis/find-redis-server.ts";
import { publishOnLoopback } from "../src/redis/publish-on-loopback.ts";
import { pullRedisImage, REDIS_IMAGE } from "../src/redis/redis-image.ts";
import { putProgram } from "./put-program.ts";

const path = process.env["PATH"];
let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "path-"));
  process.env["PATH"] = folder;
});
afterEach(async () => {
  process.env["PATH"] = path;
  await rm(folder, { recursive: true, force: true });
});

const put = (name: string, script: string) => putProgram(folder, name, script);

test("a recent redis-server comes first", async () => {
  const server = await put("redis-server", "echo Redis server v=7.2.4 sha=0");
  await put("valkey-server", "echo Valkey server v=8.1.1 sha=0");
  await put("docker", "echo 28.0.1");
  expect(await findRedisSource()).toEqual({ server });
});

test("a recent valkey-server serves where redis-server is too old", async () => {
  await put("redis-server", "echo Redis server v=6.0.16 sha=0");
  const server = await put("valkey-server", "echo Valkey server v=8.1.1 sha=0");
  expect(await findRedisSource()).toEqual({ server });
});

test("Docker serves where there is no recent server", async () => {
  await put("redis-server", "echo Redis server v=6.0.16 sha=0");
  await put("docker", "echo 28.0.1");
  expect(await findRedisSource()).toBe("docker");
});

test("a docker command without an engine does not count", async () => {
  await put("docker", "echo Cannot connect to the Docker daemon >&2; exit 1");
  expect(await findRedisSource()).toBeNull();
});

test("a server that is too old, and nothing else, is told with its version", async () => {
  const file = await put("redis-server", "echo Redis server v=6.0.16 sha=0");
  await expect(findRedisSource()).rejects.toThrow(`${file} is version 6.0.16; version 7 or later is needed`);
});

test("an image that can't be pulled is told by its name, with what Docker says", async () => {
  await put("docker", 'if [ "$1" = pull ]; then echo "toomanyrequests: You have reached your pull rate limit" >&2; fi; exit 1');
  await expect(pullRedisImage()).rejects.toMatchObject({
    code: "redis_unreachable",
    message: `Docker could not pull the image ${REDIS_IMAGE}: toomanyrequests: You have reached your pull rate limit`,
  });
});

test("an image that is there is not pulled", async () => {
  await put("docker", '[ "$1" = image ]');
  await pullRedisImage();
});

test("containers publish their ports on 127.0.0.1 alone, those that testcontainers starts by itself too", () => {
  publishOnLoopback(GenericContainer);
  publishOnLoopback(GenericContainer);
  const container = new GenericContainer(REDIS_IMAGE).withExposedPorts({ container: 6379, host: 6391 }, 8080);
  expect(Reflect.get(container, "hostConfig")).toMatchObject({
    PortBindings: {
      "6379/tcp": [{ HostIp: "127.0.0.1", HostPort: "6391" }],
      "8080/tcp": [{ HostIp: "127.0.0.1", HostPort: "0" }],
    },
  });
});
