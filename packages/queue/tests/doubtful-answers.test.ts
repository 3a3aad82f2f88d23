/** Answers that make no sense: three running of an operation brake it as a refusal does, then the key; one alone is its job's own. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Rig, startRig } from "./rig.ts";

let rig: Rig;

beforeAll(async () => {
  rig = await startRig({ accountConcurrency: 5 });
});
afterAll(async () => await rig.close());
beforeEach(async () => {
  await rig.reset();
  await rig.open();
  for (const id of ["ada", "bob"]) await rig.account(id);
});

const send = async (operation: string, end: "ok" | "doubtful" | "not_found", accountId = "ada") =>
  await rig.call(await rig.job(accountId, { operation }), end);
const key = async () => {
  const { state, reason, brakes } = await rig.engine.keys.read();
  return `${state} ${reason} ${brakes.map(({ operation, cause }) => `${operation}:${cause}`).join()}`;
};

test("the third answer of an operation running that makes no sense brakes it, and its jobs wait, free", async () => {
  await send("message.send", "doubtful");
  await send("message.send", "doubtful", "bob");
  expect(await key()).toBe("open  ");
  await send("message.send", "doubtful");
  expect(await key()).toBe("open  message.send:unproven");
  expect(await rig.ask(await rig.job("ada", { operation: "message.send" }))).toEqual({ kind: "parked", why: "brake" });
  expect((await rig.ask(await rig.job("ada", { operation: "profile.scrape" }))).kind).toBe("granted");
});

test("a success between them begins the count anew, and another operation's does not", async () => {
  for (const end of ["doubtful", "doubtful", "ok", "doubtful", "doubtful"] as const) await send("message.send", end);
  expect(await key()).toBe("open  ");
  await send("profile.scrape", "ok");
  await send("message.send", "doubtful");
  expect(await key()).toBe("open  message.send:unproven");
});

test("a probe that is answered without sense keeps the brake, and one that works takes it off", async () => {
  for (let n = 0; n < 3; n++) await send("message.send", "doubtful");
  await rig.advance(1_000);
  await send("message.send", "doubtful");
  expect(await rig.ask(await rig.job("ada", { operation: "message.send" }))).toEqual({ kind: "parked", why: "brake" });
  await rig.advance(30_000);
  await send("message.send", "ok");
  expect(await key()).toBe("open  ");
});

test("a second operation that is braked so, with no success between, stops the key", async () => {
  for (const operation of ["message.send", "profile.scrape"]) for (let n = 0; n < 3; n++) await send(operation, "doubtful");
  expect(await key()).toBe("stopped service_refused message.send:unproven,profile.scrape:unproven");
});
