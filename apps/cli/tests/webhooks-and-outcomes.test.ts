/** Webhooks, kept outcomes and erasure at the command line. */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { waitFor } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { type CliSystem, startCliSystem } from "./system.ts";

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=";
let system: CliSystem;
beforeAll(async () => {
  system = await startCliSystem({ env: { LINKUP_WEBHOOK_ALLOW_PRIVATE: "1" } });
  await system.activeAccounts(["acc-1"]);
});
afterAll(async () => await system.close());

const message = (person: string) => [
  "enqueue",
  "message.send",
  "--account",
  "acc-1",
  "--input",
  JSON.stringify({ linkedin_url: `https://www.linkedin.com/in/${person}`, message_text: `Hello ${person}` }),
];

test("a webhook is put, listed, shown, tested and removed; its secret comes on stdin and never out", async () => {
  const posts: { type: string }[] = [];
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => {
      text += String(part);
    });
    request.on("end", () => {
      posts.push(JSON.parse(text) as { type: string });
      response.end();
    });
  });
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;

  const put = await system.linkup(["webhook", "put", "crm", "--url", url, "--status", "failed", "--secret-stdin"], `${SECRET}\n`);
  expect(put).toMatchObject({ status: 0 });
  const shown = (await system.linkup(["webhook", "show", "crm", "--json"])).json();
  expect(shown).toMatchObject({ id: "crm", url, statuses: ["failed"], state: "ok", waiting: 0 });
  const tested = (await system.linkup(["webhook", "test", "crm", "--json"])).json() as { messageId: string };
  expect(tested.messageId).toMatch(/^e-test-/);
  await waitFor(() => posts.length, { what: "the test's post", until: (count) => count > 0 });
  expect(posts.map(({ type }) => type)).toEqual(["webhook.test"]);
  const listed = await system.linkup(["webhook", "list"]);
  expect(listed.stdout).toContain(`crm\tok\t0\t0\t${url}`);
  expect([put.stdout, listed.stdout, JSON.stringify(shown)].join()).not.toContain("whsec_");
  expect(await system.linkup(["webhook", "redrive", "crm"])).toMatchObject({ status: 0, stdout: "0 dead letters are posted again.\n" });
  expect(await system.linkup(["webhook", "remove", "crm", "--yes"])).toMatchObject({ status: 0 });
  expect((await system.linkup(["webhook", "show", "crm"])).status).toBe(5);
});

test("a webhook that is wrong is refused in the words of the command line", async () => {
  const put = (url: string, secret: string) => system.linkup(["webhook", "put", "crm", "--url", url, "--secret-stdin"], `${secret}\n`);
  expect((await put("ftp://crm.example", SECRET)).stderr).toContain("--url");
  expect((await put("https://crm.example", "s3cret")).stderr).toMatch(/whsec_/);
  expect((await system.linkup(["webhook", "put", "crm", "--url", "https://crm.example"])).stderr).toContain("--secret-stdin");
  expect((await system.linkup(["webhook", "put", "a b", "--url", "https://crm.example"])).status).toBe(2);
  expect((await system.linkup(["webhook", "list"])).stdout).toContain("There are no webhooks");
});

test("outcomes are written as lines, filtered, to stdout or into a file; a forgotten person is in none", async () => {
  for (const person of ["ann", "ben"]) expect((await system.linkup(message(person))).status).toBe(0);
  const outcomes = async (...more: string[]) =>
    (await system.linkup(["outcomes", ...more])).stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as object]));
  await waitFor(() => outcomes(), { what: "two outcomes", until: (found) => found.length === 2 });
  expect(await outcomes("--status", "succeeded", "--account", "acc-1", "--operation", "message.send")).toHaveLength(2);
  expect(await outcomes("--status", "failed")).toEqual([]);
  const file = join(system.folder.path, "outcomes.ndjson");
  expect((await system.linkup(["outcomes", "--out", file])).stdout).toContain("2 outcomes are in");
  expect(readFileSync(file, "utf8").trim().split("\n")).toHaveLength(2);
  const forgotten = await system.linkup(["forget", "linkedin.com/in/Ann", "--yes", "--json"]);
  expect(forgotten).toMatchObject({ status: 0 });
  expect(forgotten.json()).toMatchObject({ jobs: { inFlight: 0 } });
  expect(JSON.stringify(await outcomes())).not.toContain("/in/ann");
  expect((await system.linkup(["forget", "linkedin.com/in/ann", "--yes"])).status).toBe(0);
  expect((await system.linkup(["forget", "nobody at all", "--yes"])).status).toBe(4);
});

test("the version is that of the package", async () => {
  expect(await system.linkup(["--version"])).toMatchObject({ status: 0, stdout: `${manifest.version}\n` });
});
