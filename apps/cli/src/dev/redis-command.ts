/** How `linkup dev` starts its Redis: on this machine alone, keeping every write in its own folder, as the product asks for. */
import { REDIS_IMAGE, type RedisSource } from "@linkup-queue/testkit";

type Place = { port: number; folder: string };

/** The command for a server of this machine, or a container where there is only Docker. */
export function redisCommand(source: RedisSource, { port, folder }: Place): { command: string; args: string[] } {
  if (source !== "docker") return { command: source.server, args: serverArguments({ port, bind: "127.0.0.1", folder }) };
  const published = [
    "-p",
    `127.0.0.1:${port}:6379`,
    "-v",
    `${folder}:/data`,
    "--user",
    `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`,
  ];
  const server = serverArguments({ port: 6379, bind: "0.0.0.0", folder: "/data" });
  return { command: "docker", args: ["run", "--rm", "--name", `linkup-dev-${port}`, ...published, REDIS_IMAGE, "redis-server", ...server] };
}

function serverArguments({ port, bind, folder }: Place & { bind: string }): string[] {
  const settings = {
    port: String(port),
    bind,
    // The port is published on 127.0.0.1 alone; inside its container the server listens for that.
    "protected-mode": "no",
    dir: folder,
    appendonly: "yes",
    appendfsync: "always",
    "maxmemory-policy": "noeviction",
    save: "",
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}
