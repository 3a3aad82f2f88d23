/** The image of Redis for machines with Docker and nothing else: got by name, told by name when it can't be had. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { LinkupError } from "@linkup-queue/contracts";

const run = promisify(execFile);

export const REDIS_IMAGE = "redis:7.4-alpine";

/** Pulls the image unless it is there. @throws LinkupError `redis_unreachable` that names it and says what Docker said. */
export async function pullRedisImage(): Promise<void> {
  const isThere = await run("docker", ["image", "inspect", REDIS_IMAGE]).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  await run("docker", ["pull", "--quiet", REDIS_IMAGE]).catch((thrown: unknown) => {
    const said = typeof thrown === "object" && thrown !== null && "stderr" in thrown ? String(thrown.stderr).trim() : "";
    const why = said.split("\n").at(-1) || "it does not say why";
    throw new LinkupError("redis_unreachable", `Docker could not pull the image ${REDIS_IMAGE}: ${why}`, { cause: thrown });
  });
}
