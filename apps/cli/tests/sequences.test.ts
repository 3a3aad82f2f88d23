/** Sequences at the command line: made from a file of steps, shown by step, edited, and run to their end. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliSystem, startCliSystem } from "./system.ts";

let system: CliSystem;
beforeAll(async () => {
  system = await startCliSystem();
  await system.activeAccounts(["ada"]);
});
afterAll(() => system?.close());

function file(name: string, content: unknown): string {
  writeFileSync(join(system.folder.path, name), JSON.stringify(content));
  return name;
}

const to = { linkedin_url: "{{linkedin_url}}" };
const LOOK = { operation: "profile.scrape", input: to };
const OWN = { operation: "profile.me", input: {} };

test("a sequence is made from a file of steps, takes more of them, and is shown by step once it ran", async () => {
  const create = (...more: string[]) => system.linkup(["campaign", "create", "Spring", "--id", "spring", "--account", "ada", ...more]);
  expect(await create()).toMatchObject({ status: 4, stderr: expect.stringContaining("--operation: is required, unless there are steps") });
  const refused = await create("--steps", file("no-steps.json", [OWN, { ...OWN, onlyIf: "accepted" }]));
  expect(refused).toMatchObject({ status: 4, stderr: expect.stringContaining("--steps 1 onlyIf: needs somebody to look at") });
  expect(await create("--steps", file("steps.json", [LOOK, LOOK]))).toMatchObject({ status: 0, stderr: "" });
  const edited = await system.linkup(["campaign", "edit", "spring", "--steps", file("more.json", [LOOK, LOOK, LOOK]), "--json"]);
  expect(edited.json()).toMatchObject({ steps: [LOOK, LOOK, LOOK] });
  const list = `${JSON.stringify({ linkedin_url: "https://www.linkedin.com/in/p-1" })}\n`;
  expect(await system.linkup(["campaign", "import", "spring", "-"], list)).toMatchObject({ status: 0 });
  expect(await system.linkup(["campaign", "start", "spring"])).toMatchObject({ status: 0 });
  await waitFor(() => system.engine.campaigns.read("spring"), { what: "its end", until: (campaign) => campaign?.state === "ended" });
  const { stdout } = await system.linkup(["campaign", "status", "spring"]);
  expect(stdout).toMatch(/By step[\s\S]*1\s+profile\.scrape\s+0\s+1[\s\S]*3\s+profile\.scrape\s+0\s+1/);
});
