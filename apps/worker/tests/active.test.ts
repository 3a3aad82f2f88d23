/** `active` is a job whose call is out. A job that a worker has in hand and that waits at the gate says what it waits for. */
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { message, type System, startSystem } from "./fixture.ts";

let system: System;
afterEach(async () => system.close());

test("with one place left in the window, the job whose call is out is active, and the one behind it waits for the window", async () => {
  const windowMs = 20_000;
  system = await startSystem({
    settings: { rateLimit: 2, rateWindowMs: windowMs, timeoutMs: 10_000 },
    scenario: { limit: null, latencyMs: 5_000 },
  });
  for (const id of ["ada", "bob"]) await system.engine.accounts.register(id, { loginToken: `token-of-${id}` });
  // A key that was never answered would let the first call go alone.
  await system.engine.scripts.client.hdel(system.engine.scripts.keys.state, "unproven");
  const [first = "", second = ""] = await system.add("messages", [message("ada", 1), message("bob", 2)]);
  const { views, pages } = system.engine.jobs;
  const shown = async (id: string) => {
    const [found] = await views.find(id, "messages");
    return found === undefined ? null : await views.withWait(found);
  };
  const inHand = async () => (await system.queue("messages").getActive()).map(({ id }) => id).sort();
  await waitFor(inHand, { what: "both jobs to be in the worker's hand", until: (seen) => seen.length === 2 });
  const out = await waitFor(async () => [await shown(first), await shown(second)], {
    what: "one call to be out",
    until: (seen) => seen.some((job) => job?.state === "active"),
  });
  const [calling, waiting] = out[0]?.state === "active" ? out : [out[1], out[0]];
  expect(calling).toMatchObject({ state: "active" });
  expect(calling).not.toHaveProperty("waitsFor");
  expect(waiting).toMatchObject({ state: "waiting", waitsFor: { reason: "window" } });
  const listed = async (state: "active" | "waiting") =>
    (await pages.read({ state }, { place: undefined, limit: 10 })).rows.map(({ jobId, waitsFor }) => [jobId, waitsFor?.reason]);
  expect(await listed("active")).toEqual([[calling?.jobId, undefined]]);
  expect(await listed("waiting")).toEqual([[waiting?.jobId, "window"]]);
});
