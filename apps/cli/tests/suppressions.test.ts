/** The list of people who are not to be contacted at the command line; what one Redis exports another takes. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliSystem, startCliSystem } from "./system.ts";

let system: CliSystem;
let other: CliSystem;
beforeAll(async () => {
  [system, other] = await Promise.all([startCliSystem({ worker: false }), startCliSystem({ worker: false })]);
  // Of one installation, whose Redis is lost.
  other.env["LINKUP_SECRETS_KEY"] = system.env["LINKUP_SECRETS_KEY"] ?? "";
});
afterAll(async () => {
  await system.close();
  await other.close();
});

const ADA = "https://www.linkedin.com/in/ada-lovelace";

test("people are added, listed, looked up and removed", async () => {
  const added = await system.linkup(["suppressions", "add", ADA, "linkedin.com/in/bob", "--reason", "objected"]);
  expect(added).toMatchObject({ status: 0, stdout: "2 added, 0 changed, 0 as they were. 0 waiting jobs ended.\n" });
  const listed = (await system.linkup(["suppressions", "list", "--json"])).json() as { items: { person: string }[] };
  expect(listed.items).toHaveLength(2);
  const text = (await system.linkup(["suppressions", "list", "linkedin.com/in/Bob"])).stdout;
  expect(text).toMatch(/^person\tscope\treason\tuntil\tsince\n[\w.]{16}\tall\tobjected\tno end\t\d{4}-/);
  const [person = ""] = text.split("\n")[1]?.split("\t") ?? [];
  expect(await system.linkup(["suppressions", "remove", person])).toMatchObject({ status: 0, stdout: "1 entries are off the list.\n" });
  expect((await system.linkup(["suppressions", "remove", "linkedin.com/in/bob"])).status).not.toBe(0);
  const audited = (await system.engine.audit.read({ limit: 2 })).map(({ what, target }) => [what, target]);
  expect(audited).toEqual([
    ["linkup suppressions remove", ""],
    ["linkup suppressions add", ""],
  ]);
});

test("an exported list names nobody, and is imported where the secrets key is at hand", async () => {
  await system.linkup(["suppressions", "add", ADA, "--reason", "objected", "--scope", "account:acc-1"]);
  const file = join(system.folder.path, "list.ndjson");
  expect(await system.linkup(["suppressions", "export", "--out", file])).toMatchObject({ status: 0 });
  const text = readFileSync(file, "utf8");
  expect(text).not.toContain("lovelace");
  expect((await system.linkup(["suppressions", "export"])).stdout).toBe(text);
  expect((await other.linkup(["suppressions", "import", file, "--json"])).json()).toMatchObject({ added: 2, same: 0, rejectedCount: 0 });
  expect((await other.linkup(["suppressions", "import", "-", "--json"], text)).json()).toMatchObject({ added: 0, same: 2 });
  expect((await other.linkup(["suppressions", "list", ADA])).stdout).toContain("\tobjected\t");
});

test("an exported list of another secret is refused, and a wrong row is told", async () => {
  const file = join(system.folder.path, "list.ndjson");
  await other.engine.scripts.client.flushall();
  await other.linkup(["suppressions", "add", "linkedin.com/in/carol"]);
  expect(await other.linkup(["suppressions", "import", file])).toMatchObject({ status: 6 });
  const run = await system.linkup(
    ["suppressions", "import", "-", "--format", "csv", "--reason", "old list"],
    `url,note\n${ADA},x\nnobody,y\n`,
  );
  expect(run.stdout).toContain("row 3, line 3: url: names nobody");
  expect(run.stdout).toContain("0 added, 1 changed, 0 as they were.");
});
