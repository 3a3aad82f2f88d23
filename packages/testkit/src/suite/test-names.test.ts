/** Names of tests must be valid key ids and never collide. */
import { KeyId } from "@linkup-queue/contracts";
import fc from "fast-check";
import { expect, test } from "vitest";
import { testPrefix, testSecretsKey } from "./test-names.ts";

test("a prefix is a valid key id whatever its label, and never the same twice", () => {
  fc.assert(
    fc.property(fc.string(), (label) => {
      const prefix = testPrefix(label);
      expect(KeyId.parse(prefix)).toBe(prefix);
      expect(testPrefix(label)).not.toBe(prefix);
    }),
  );
});

test("a secrets key is 32 bytes of base64", () => {
  expect(Buffer.from(testSecretsKey(), "base64")).toHaveLength(32);
});
