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
  for (const id of ["ada", "bob", "cyd"]) await rig.account(id);
});

type End = "ok" | "doubtful" | "not_found" | "refused_unclear" | "failed_unclear";
const send = async (operation: string, end: End, accountId = "ada") => await rig.call(await rig.job(accountId, { operation }), end);
const toOne = async (accountId: string) =>
  await rig.call(await rig.job(accountId, { operation: "message.send", target: "one" }), "failed_unclear");
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

test("refusals that don't say whose they are, of three people running over two accounts, brake that operation alone, whatever their words", async () => {
  await send("invitation.send", "refused_unclear");
  await send("invitation.send", "failed_unclear", "bob");
  expect(await key()).toBe("open  ");
  await send("invitation.send", "failed_unclear", "cyd");
  expect(await key()).toBe("open  invitation.send:action-failed");
  for (const account of ["ada", "bob", "cyd"]) {
    expect(await rig.ask(await rig.job(account, { operation: "invitation.send" }))).toEqual({ kind: "parked", why: "brake" });
  }
  for (const account of ["ada", "bob", "cyd"]) await send("message.send", "failed_unclear", account);
  expect(await key()).toBe("open  invitation.send:action-failed,message.send:action-failed");
  await rig.advance(1_000);
  await send("invitation.send", "ok");
  expect(await key()).toBe("open  message.send:action-failed");
});

test("of one account alone, of one person, or with a success between they brake nothing", async () => {
  for (let n = 0; n < 3; n++) await send("invitation.send", "refused_unclear");
  expect(await key()).toBe("open  ");
  for (const account of ["ada", "bob", "cyd"]) await toOne(account);
  expect(await key()).toBe("open  ");
  await send("message.send", "failed_unclear", "bob");
  await send("message.send", "ok", "cyd");
  for (const account of ["ada", "bob"]) await send("message.send", "failed_unclear", account);
  expect(await key()).toBe("open  ");
});

test("a refusal that brakes the operation makes no account rest; while others succeed between, it is the account's", async () => {
  const restsOf = async (id: string) => (await rig.engine.accounts.read(id))?.rests ?? [];
  for (const account of ["ada", "ada", "bob"]) await send("invitation.send", "refused_unclear", account);
  expect(await key()).toBe("open  invitation.send:forbidden");
  await rig.advance(1_000);
  await send("invitation.send", "refused_unclear", "ada");
  expect(await restsOf("ada")).toEqual([]);
  await rig.advance(60_000);
  await send("invitation.send", "ok", "cyd");
  expect(await key()).toBe("open  ");
  await send("invitation.send", "refused_unclear", "ada");
  expect(await restsOf("ada")).toMatchObject([{ scope: "invite", cause: "refused_in_a_row" }]);
});
