/** Short names for secrets, so that the journal can tell keys and tokens apart without holding them. */
import { hash } from "node:crypto";

/** The first 12 hex digits of the SHA-256 of a key or token. */
export function fingerprint(secret: string): string {
  return hash("sha256", secret, "hex").slice(0, 12);
}
