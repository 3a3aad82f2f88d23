/** Encryption at rest: the key, the place that a text belongs to, and a former key. */
import { randomBytes } from "node:crypto";
import { CompactEncrypt } from "jose";
import { expect, test } from "vitest";
import { type SealPlace, Secrets } from "./secrets.ts";

const secrets = () => new Secrets(randomBytes(32));
const ADA: SealPlace = { purpose: "token", owner: "ada" };

/** As versions sealed that bound a text to nothing. */
async function sealedBefore(key: Uint8Array, text: string): Promise<string> {
  return await new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(key);
}

async function refusalOf(opened: Promise<string>): Promise<unknown> {
  return await opened.then(
    () => null,
    (thrown: unknown) => thrown,
  );
}

test("a sealed text opens with its key, each time sealed differently, and shows nothing of itself", async () => {
  const mine = secrets();
  const sealed = await mine.seal("p4ssw0rd of ada", ADA);
  expect(await mine.open(sealed, ADA)).toBe("p4ssw0rd of ada");
  expect(await mine.seal("p4ssw0rd of ada", ADA)).not.toBe(sealed);
  const shown = [sealed, ...sealed.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"))].join("\n");
  expect(shown).not.toContain("p4ssw0rd");
});

test("a text opens at its own place alone: not for another account, not for another purpose, also right after it was opened there", async () => {
  const mine = secrets();
  const sealed = await mine.seal("token of ada", ADA);
  expect(await mine.open(sealed, ADA)).toBe("token of ada");
  for (const place of [
    { ...ADA, owner: "bob" },
    { ...ADA, purpose: "code" },
    { ...ADA, owner: "" },
  ] as const) {
    expect(await refusalOf(mine.open(sealed, place)), JSON.stringify(place)).toMatchObject({ code: "secrets_key_wrong" });
  }
  const [, ...rest] = sealed.split(".");
  const header = { alg: "dir", enc: "A256GCM" };
  const plain = [Buffer.from(JSON.stringify(header)).toString("base64url"), ...rest].join(".");
  const renamed = [Buffer.from(JSON.stringify({ ...header, v: 2, for: "token", of: "bob" })).toString("base64url"), ...rest].join(".");
  // Whoever takes the place out of a text has altered it.
  for (const text of [plain, renamed]) {
    expect(await refusalOf(mine.open(text, { ...ADA, owner: "bob" }))).toMatchObject({ code: "secrets_key_wrong" });
  }
});

test("another key, and an altered text, are refused without repeating anything of them", async () => {
  const sealed = await secrets().seal("p4ssw0rd", ADA);
  const altered = `${sealed.slice(0, -2)}${sealed.endsWith("AA") ? "BB" : "AA"}`;
  for (const text of [sealed, altered, "nonsense"]) {
    const error = await refusalOf(secrets().open(text, ADA));
    expect(error).toMatchObject({ code: "secrets_key_wrong" });
    expect(String(error)).not.toContain(text);
  }
});

test("a former key opens what it sealed, and nothing is sealed with it any more", async () => {
  const [first, second] = [randomBytes(32), randomBytes(32)];
  const before = await new Secrets(first).seal("p4ssw0rd", ADA);
  const rotating = new Secrets(second, first);
  expect(await rotating.open(before, ADA)).toBe("p4ssw0rd");
  expect([rotating.isStale(before), rotating.isRotating]).toEqual([true, true]);
  const after = await rotating.seal("p4ssw0rd", ADA);
  expect(rotating.isStale(after)).toBe(false);
  expect(await new Secrets(second).open(after, ADA)).toBe("p4ssw0rd");
  expect(await refusalOf(new Secrets(first).open(after, ADA))).toMatchObject({ code: "secrets_key_wrong" });
  // Whoever has the keys the other way round reads both, so that processes can be restarted one by one.
  expect(await new Secrets(first, second).open(after, ADA)).toBe("p4ssw0rd");
});

test("a text that a version before sealed, bound to nothing, opens with its key or as a former key's, and is to be sealed anew", async () => {
  const key = randomBytes(32);
  const sealed = await sealedBefore(key, "p4ssw0rd");
  for (const mine of [new Secrets(key), new Secrets(randomBytes(32), key)]) {
    expect(await mine.open(sealed, ADA)).toBe("p4ssw0rd");
    expect(mine.isStale(sealed)).toBe(true);
  }
  expect(await refusalOf(secrets().open(sealed, ADA))).toMatchObject({ code: "secrets_key_wrong" });
});

test("the canary tells whether two processes hold the same key", async () => {
  const key = randomBytes(32);
  const canary = await new Secrets(key).sealCanary();
  await new Secrets(key).checkCanary(canary);
  await new Secrets(randomBytes(32), key).checkCanary(canary);
  await expect(secrets().checkCanary(canary)).rejects.toMatchObject({ code: "secrets_key_wrong" });
});

test("a key of another length is refused by its setting's name", () => {
  expect(() => new Secrets(randomBytes(16))).toThrow("LINKUP_SECRETS_KEY");
  expect(() => new Secrets(randomBytes(32), randomBytes(31))).toThrow("LINKUP_SECRETS_KEY_OLD");
});
