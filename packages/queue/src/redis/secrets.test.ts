/** Encryption at rest and fingerprints. */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { Secrets } from "./secrets.ts";

const secrets = () => new Secrets(randomBytes(32));

test("what was sealed opens with its key, each time sealed differently, and shows nothing of itself", async () => {
  const mine = secrets();
  const sealed = await mine.seal("p4ssw0rd of ada");
  expect(await mine.open(sealed)).toBe("p4ssw0rd of ada");
  expect(await mine.seal("p4ssw0rd of ada")).not.toBe(sealed);
  const shown = [sealed, ...sealed.split(".").map((part) => Buffer.from(part, "base64url").toString("latin1"))].join("\n");
  expect(shown).not.toContain("p4ssw0rd");
});

test("another key, and an altered text, are refused without repeating anything of them", async () => {
  const sealed = await secrets().seal("p4ssw0rd");
  const altered = `${sealed.slice(0, -2)}${sealed.endsWith("AA") ? "BB" : "AA"}`;
  for (const text of [sealed, altered, "nonsense"]) {
    const error = await secrets()
      .open(text)
      .then(
        () => null,
        (thrown: unknown) => thrown,
      );
    expect(error).toMatchObject({ code: "secrets_key_wrong" });
    expect(String(error)).not.toContain(text);
  }
});

test("the canary tells whether two processes hold the same key", async () => {
  const key = randomBytes(32);
  const canary = await new Secrets(key).sealCanary();
  await new Secrets(key).checkCanary(canary);
  await expect(secrets().checkCanary(canary)).rejects.toMatchObject({ code: "secrets_key_wrong" });
});

test("fingerprints are equal for equal secrets of one purpose and key, and different otherwise", () => {
  const key = randomBytes(32);
  const mine = new Secrets(key);
  expect(new Secrets(key).fingerprint("email", "a@b.c")).toBe(mine.fingerprint("email", "a@b.c"));
  expect(mine.fingerprint("api-key", "a@b.c")).not.toBe(mine.fingerprint("email", "a@b.c"));
  expect(secrets().fingerprint("email", "a@b.c")).not.toBe(mine.fingerprint("email", "a@b.c"));
  expect(mine.fingerprint("email", "a@b.c")).not.toContain("a@b");
});

test("a key of another length is refused by its setting's name", () => {
  expect(() => new Secrets(randomBytes(16))).toThrow("LINKUP_SECRETS_KEY");
});
