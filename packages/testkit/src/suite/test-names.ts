/** Names and keys that keep test files apart in one Redis. Nothing here is fit for production. */
import { randomBytes } from "node:crypto";

/** A key id of its own (`[a-z0-9-]{1,40}`), so that test files can share one Redis; `label` helps to recognise it there. */
export function testPrefix(label = "test"): string {
  const name = label
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 20);
  return `${name}-${randomBytes(6).toString("hex")}`;
}

/** A fresh value for `LINKUP_SECRETS_KEY`: 32 random bytes as base64. */
export function testSecretsKey(): string {
  return randomBytes(32).toString("base64");
}
