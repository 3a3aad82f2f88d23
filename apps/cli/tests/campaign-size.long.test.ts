/** A list of any size through the real command line. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProcess } from "./run-cli.ts";
import { type CliSystem, startCliSystem } from "./system.ts";

let system: CliSystem;
beforeAll(async () => {
  system = await startCliSystem();
});
afterAll(() => system?.close());

test("two hundred thousand recipients pass through a heap of 64 MB", async () => {
  await system.activeAccounts(["ada"]);
  const input = ["--input", "linkedin_url={{linkedin_url}}", "--input", "message=Hello {{first_name|there}}, about {{company}}"];
  const create = ["campaign", "create", "Vast", "--id", "vast", "--operation", "invitation.send", "--account", "ada", ...input];
  expect(await system.linkup(create)).toMatchObject({ status: 0, stderr: "" });
  const row = (n: number) => `https://www.linkedin.com/in/p-${n},Ann ${n},Acme,${"x".repeat(200)}`;
  const rows = Array.from({ length: 200_000 }, (_none, n) => row(n));
  writeFileSync(join(system.folder.path, "vast.csv"), `linkedin_url,First Name,company,note\n${rows.join("\n")}`);
  const env = { ...system.env, NODE_OPTIONS: "--max-old-space-size=64" };
  const run = await runProcess(["campaign", "import", "vast", "vast.csv", "--json"], { env, folder: system.folder.path });
  expect(run).toMatchObject({ status: 0, stderr: "" });
  expect(run.json()).toMatchObject({ accepted: 200_000, rejectedCount: 0 });
});
