/** Replies at the command line. */
import { fromNow } from "@linkup-queue/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type CliSystem, startCliSystem } from "./system.ts";

let system: CliSystem;
beforeAll(async () => {
  system = await startCliSystem({ worker: false });
});
afterAll(async () => await system.close());

const PERSON = "linkedin.com/in/Ada-Lovelace";

test("a reply is told, is known when it is told again, and the audit list does not name the person", async () => {
  const campaign = ["campaign", "create", "Spring", "--id", "spring", "--operation", "message.send", "--account", "ada"];
  const input = ["--input", "linkedin_url={{url}}", "--input", "message_text=Hi", "--stop-on-reply", "--json"];
  expect((await system.linkup([...campaign, ...input])).json()).toMatchObject({ stopOnReply: true });
  const at = fromNow(-60_000).toISOString();
  expect(await system.linkup(["person", "replied", PERSON, "--at", at])).toMatchObject({
    status: 0,
    stdout: "The reply is known. 0 waiting jobs ended.\n",
  });
  expect((await system.linkup(["person", "replied", PERSON, "--at", at, "--json"])).json()).toMatchObject({
    isNews: false,
    repliedAt: at,
    jobs: { ended: 0, inFlight: 0 },
  });
  expect((await system.linkup(["person", "replied", PERSON])).stdout).toContain("The reply is known.");
  const audited = (await system.engine.audit.read({ limit: 3 })).map(({ what, target }) => [what, target]);
  expect(new Set(audited.map((one) => one.join()))).toEqual(new Set(["linkup person replied,"]));
});

test("a moment that lies ahead, or none at all, is refused with what it must be", async () => {
  for (const at of ["2999-01-01T00:00:00Z", "soon"]) {
    const run = await system.linkup(["person", "replied", PERSON, "--at", at]);
    expect(run.status).not.toBe(0);
    expect(run.stderr).toContain("It must");
  }
});
