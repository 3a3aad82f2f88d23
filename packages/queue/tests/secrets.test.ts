/** Sealed secrets in Redis: moved ones are refused, all are sealed anew under another key, and what is found by its digest stays found. */
import { randomBytes } from "node:crypto";
import { acquireRedis, type TestRedis, testPrefix } from "@linkup-queue/testkit";
import { CompactEncrypt } from "jose";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connectRedis, createEngine, type Engine, type RedisClient, Secrets } from "../src/index.ts";
import { resealScript } from "../src/redis/lua/reseal.ts";
import { resealAll } from "../src/redis/reseal.ts";
import { type Rig, startRig } from "./rig.ts";
import { TEST_PRICES } from "./test-prices.ts";

let rig: Rig;
let redis: TestRedis;
let client: RedisClient;
const engines: Engine[] = [];
beforeAll(async () => {
  rig = await startRig();
  redis = await acquireRedis({ durable: false });
  client = await connectRedis({ kind: "single", url: redis.url });
});
afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  client.disconnect();
  await redis.stop();
  await rig.close();
});
let keyId = "";
beforeEach(() => {
  keyId = testPrefix("secrets");
});

function engineWith(key: Uint8Array, old: Uint8Array | null = null): Engine {
  const engine = createEngine({ client, config: { ...rig.engine.config, keyId }, secrets: new Secrets(key, old), prices: TEST_PRICES });
  engines.push(engine);
  return engine;
}

const login = (name: string) => ({ email: `${name}@example.com`, password: `password of ${name}` });
const recordOf = async ({ scripts }: Engine, id: string) => await client.hgetall(scripts.key(`account:${id}`));

test("a token, a password or a webhook's target that was put into another record is not opened there", async () => {
  const engine = engineWith(randomBytes(32));
  await engine.accounts.register("ada", { loginToken: "token-of-ada-0123456789" });
  await engine.accounts.register("bob", { loginToken: "token-of-bob-0123456789" });
  await engine.accounts.register("cyd", login("cyd"));
  await engine.accounts.register("dan", login("dan"));
  const { token = "" } = await recordOf(engine, "ada");
  await client.hset(engine.scripts.key("account:bob"), { token });
  expect(await engine.accounts.secretsOf(["ada", "bob"])).toEqual({ secrets: ["token-of-ada-0123456789"], unreadable: ["bob"] });
  const { credentials = "" } = await recordOf(engine, "cyd");
  await client.hset(engine.scripts.key("account:dan"), { credentials });
  await expect(engine.accounts.credentials("dan")).rejects.toMatchObject({ code: "secrets_key_wrong" });
  const secret = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
  await engine.webhooks.put("one", { url: "https://one.example/hook", secret });
  await engine.webhooks.put("two", { url: "https://two.example/hook", secret });
  const sealed = (await client.hget(engine.scripts.key("webhook:one"), "sealed")) ?? "";
  await client.hset(engine.scripts.key("webhook:two"), { sealed });
  await expect(engine.webhooks.read("two")).rejects.toMatchObject({ code: "secrets_key_wrong" });
  expect(await engine.webhooks.read("one")).toMatchObject({ url: "https://one.example/hook" });
});

test("everything is sealed anew under another key, and what is found by its digest is found as before", async () => {
  const [first, second] = [randomBytes(32), randomBytes(32)];
  const before = engineWith(first);
  await before.keys.proveSecrets(before.secrets);
  const started = { worker: "w", apiKey: "an-api-key-0123456789", fresh: true };
  await before.keys.start({ ...started, secrets: before.secrets });
  await before.accounts.register("ada", login("ada"));
  await before.accounts.register("bob", { loginToken: "token-of-bob-0123456789" });
  await before.webhooks.put("one", { url: "https://one.example/hook", secret: `whsec_${Buffer.alloc(32, 5).toString("base64")}` });

  // Both ways round at once, as while processes are restarted one by one.
  const [rotating, notYet] = [engineWith(second, first), engineWith(first, second)];
  await rotating.keys.checkSecrets(rotating.secrets);
  expect(await resealAll(rotating.scripts, rotating.secrets)).toEqual({ resealed: 5, left: 0 });
  expect(await resealAll(rotating.scripts, rotating.secrets)).toEqual({ resealed: 0, left: 0 });
  expect(await notYet.accounts.credentials("ada")).toMatchObject(login("ada"));
  await notYet.keys.checkSecrets(notYet.secrets);

  const after = engineWith(second);
  await after.keys.checkSecrets(after.secrets);
  expect(await after.accounts.credentials("ada")).toMatchObject(login("ada"));
  expect((await after.accounts.secretsOf(["bob"])).secrets).toEqual(["token-of-bob-0123456789"]);
  expect(await after.webhooks.read("one")).toMatchObject({ url: "https://one.example/hook" });
  // The e-mail is known, the same credentials ask for no second log-in, and the API key is the same one to workers of before.
  await expect(after.accounts.register("eve", login("ada"))).rejects.toMatchObject({ code: "conflict" });
  expect(await after.accounts.register("bob", { loginToken: "token-of-bob-0123456789" })).toBeNull();
  expect(await after.keys.start({ ...started, worker: "x", secrets: after.secrets })).toMatchObject({ workers: 2 });
  const alone = engineWith(first);
  await expect(alone.keys.checkSecrets(alone.secrets)).rejects.toMatchObject({ code: "secrets_key_wrong" });
});

test("a secret that a version before sealed and digested is opened, sealed for its place, and found as before, under its key and the next", async () => {
  const [first, second] = [randomBytes(32), randomBytes(32)];
  const engine = engineWith(first);
  const { scripts } = engine;
  await engine.accounts.register("ada", login("ada"));
  // As it was: one key for all, digests of it too.
  const sealed = async (text: string) =>
    await new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(first);
  const { createHmac } = await import("node:crypto");
  const print = createHmac("sha256", first).update("email\nada@example.com").digest("base64url");
  const old = (await recordOf(engine, "ada"))["emailPrint"] ?? "";
  await client.hdel(scripts.key("emails"), old);
  await client.hset(scripts.key("emails"), print, "ada");
  await client.hset(scripts.key("account:ada"), { credentials: await sealed(JSON.stringify(login("ada"))), emailPrint: print });
  await client.hdel(scripts.key("key"), "digests");
  await client.hset(scripts.key("key"), "keyCanary", await sealed("linkup-queue"));

  const now = engineWith(second, first);
  await expect(now.accounts.register("eve", login("ada"))).rejects.toMatchObject({ code: "conflict" });
  expect(await now.accounts.credentials("ada")).toMatchObject(login("ada"));
  expect(await resealAll(now.scripts, now.secrets)).toEqual({ resealed: 2, left: 0 });
  const after = engineWith(second);
  expect(await after.accounts.credentials("ada")).toMatchObject(login("ada"));
  await expect(after.accounts.register("eve", login("ada"))).rejects.toMatchObject({ code: "conflict" });
});

test("a secret that no key opens stays as it is, and a secret that changes while it is sealed anew is not put back", async () => {
  const [first, second] = [randomBytes(32), randomBytes(32)];
  const before = engineWith(first);
  await before.accounts.register("ada", { loginToken: "token-of-ada-0123456789" });
  await before.accounts.register("bob", { loginToken: "token-of-bob-0123456789" });
  await client.hset(before.scripts.key("account:bob"), { token: "garbage" });
  const rotating = engineWith(second, first);
  const was = (await recordOf(before, "ada"))["token"] ?? "";
  await rotating.accounts.register("ada", { loginToken: "another-token-0123456789" });
  const changed = await rotating.scripts.run(resealScript, { of: "account", id: "ada", field: "token", was, becomes: "stale" });
  expect(changed).toBe(0);
  expect(await resealAll(rotating.scripts, rotating.secrets)).toMatchObject({ left: 1 });
  expect((await rotating.accounts.secretsOf(["ada"])).secrets).toEqual(["another-token-0123456789"]);
});
