/** Answers of LinkUp's that mean something of their own for one operation: the outcome says so, and nobody else pays for it. */
import { waitFor } from "@linkup-queue/testkit";
import { afterEach, expect, test } from "vitest";
import { expectAgreement } from "./expect-agreement.ts";
import { message, type NewJob, type System, startSystem } from "./fixture.ts";

let system: System;
afterEach(() => system.close());

const accept = (accountId: string, number: number): NewJob => ({
  name: "invitation.accept",
  data: { accountId, input: { shared_secret: `s${number}`, entity_urn: `urn:li:fsd_invitation:${number}` } },
});
const NOT_FOUND = { status: 404, operation: "invitation.accept", message: "Not found" } as const;

test("accepting where the path is not known brakes that operation alone, however many accounts meet it, and all is done once it is", async () => {
  const accounts = ["ada", "bob", "cyd"];
  system = await startSystem({
    scenario: { acceptAnyInvitation: true, failEvery: { n: 1, status: 404, message: "Not found" }, faultOperations: ["invitation.accept"] },
    probeEveryMs: 3_000,
  });
  await system.activeAccounts(accounts);
  await system.add(
    "network",
    accounts.flatMap((account, at) => [accept(account, at), accept(account, 10 + at)]),
  );
  await waitFor(async () => (await system.engine.keys.read()).brakes.length === 1, { what: "the brake" });
  await system.add(
    "messages",
    accounts.map((account, at) => message(account, at)),
  );
  await system.outcomesArrive(3);
  expect(system.outcomes.map(({ operation, status }) => [operation, status])).toEqual(Array(3).fill(["message.send", "succeeded"]));
  expect(await system.engine.keys.read()).toMatchObject({
    state: "open",
    brakes: [{ operation: "invitation.accept", cause: "accept-path-gone" }],
  });
  system.sandbox.scenario({ failEvery: null });
  await system.outcomesArrive(9);
  expect(system.outcomes.slice(3).every(({ operation, status }) => operation === "invitation.accept" && status === "succeeded")).toBe(true);
  await expectAgreement(system);
});

test("an invitation that is answered 404 while others are accepted ends and tells of both paths; one that LinkUp says is gone ends at once", async () => {
  // The second is accepted between the two tries of the first.
  const accepted = { status: 200, operation: "invitation.accept" } as const;
  const gone = { ...NOT_FOUND, message: "Invitation not found" };
  system = await startSystem({ scenario: { acceptAnyInvitation: true, next: [NOT_FOUND, accepted, NOT_FOUND, gone] }, probeEveryMs: 600 });
  await system.activeAccounts(["ada"]);
  await system.add("network", [accept("ada", 1), accept("ada", 2)]);
  await system.outcomesArrive(2);
  await system.add("network", [accept("ada", 3)]);
  const [first, second, third] = await system.outcomesArrive(3);
  expect([first?.status, first?.calls]).toEqual(["succeeded", 1]);
  const told = { status: "failed", code: "not_found", message: expect.stringMatching(/accept-invitation,.*accept-invitations/) };
  expect(second).toMatchObject({ ...told, calls: 2 });
  expect(third).toMatchObject({ ...told, calls: 1 });
  expect(await system.engine.keys.read()).toMatchObject({ state: "open", brakes: [] });
});

test("a message to somebody who is no connection says so, in whichever member and under whichever status LinkUp tells it", async () => {
  const bodies = [
    { status: 400, body: { status: "error", data: "Invalid parameter" } },
    { status: 200, body: { status: "error", message: "Invalid parameter" } },
  ];
  system = await startSystem({ scenario: { next: bodies.map((one) => ({ ...one, operation: "message.send" })) } });
  await system.activeAccounts(["ada"]);
  await system.add("messages", [message("ada", 1), message("ada", 2), message("ada", 3)]);
  const outcomes = await system.outcomesArrive(3);
  const told = {
    status: "failed",
    code: "invalid_request",
    message: expect.stringContaining("no connection"),
    credits: { charged: 1, uncertain: 0 },
  };
  expect(outcomes.slice(0, 2)).toEqual([expect.objectContaining(told), expect.objectContaining(told)]);
  expect(outcomes[2]).toMatchObject({ status: "succeeded" });
});
