/** Several `linkup dev` on one machine. */
import { join } from "node:path";
import { spawnProcess } from "@linkup-queue/testkit";
import { afterAll, expect, test } from "vitest";
import { MAIN, ownFolder } from "./run-cli.ts";

const folder = ownFolder();
afterAll(() => folder.remove());

type Addresses = { sandbox: string; api: string; redis: string };

test("several that start at the same moment take ports of their own, whoever found the same one free", async () => {
  const started = await Promise.all(
    ["one", "two", "three"].map((name) =>
      spawnProcess({
        args: [MAIN, "dev", "--json", "--data", join(folder.path, name)],
        cwd: folder.path,
        readyLine: (line) => line["ready"] === true,
        readyTimeoutMs: 100_000,
      }),
    ),
  );
  const addresses = started.map(({ ready }) => ready as unknown as Addresses);
  for (const name of ["sandbox", "api", "redis"] as const) expect(new Set(addresses.map((own) => own[name])).size).toBe(3);
  for (const dev of started) expect(await dev.kill("SIGINT")).toEqual({ code: 0, signal: null });
});
