/**
 * Encryption at rest for credentials, tokens and codes (JWE, AES-256-GCM), and keyed fingerprints for what must only be compared.
 * The one home of the JOSE library. Nothing decrypted here may reach a log, an error or Redis.
 */
import { createHmac } from "node:crypto";
import { LinkupError } from "@linkup-queue/contracts";
import { CompactEncrypt, compactDecrypt } from "jose";

const HEADER = { alg: "dir", enc: "A256GCM" } as const;
const CACHE_ENTRIES = 2_000;
const CANARY = "linkup-queue";

export class Secrets {
  readonly #key: Uint8Array;
  readonly #opened = new Map<string, string>();

  /** `key` is 32 bytes (LINKUP_SECRETS_KEY). */
  constructor(key: Uint8Array) {
    if (key.length !== 32) throw new LinkupError("configuration_invalid", "LINKUP_SECRETS_KEY must be 32 bytes in base64");
    this.#key = key;
  }

  /** Encrypts a text; each call gives another result. */
  async seal(text: string): Promise<string> {
    return await new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader(HEADER).encrypt(this.#key);
  }

  /** Decrypts what `seal` made. Throws `secrets_key_wrong` when it was made with another key or altered. */
  async open(sealed: string): Promise<string> {
    const known = this.#opened.get(sealed);
    if (known !== undefined) return known;
    let text: string;
    try {
      const { plaintext } = await compactDecrypt(sealed, this.#key, {
        keyManagementAlgorithms: ["dir"],
        contentEncryptionAlgorithms: ["A256GCM"],
      });
      text = new TextDecoder().decode(plaintext);
    } catch {
      throw new LinkupError(
        "secrets_key_wrong",
        "LINKUP_SECRETS_KEY does not open what is stored in Redis: it is another key than the one that wrote it. Set the former key, or register the accounts anew under another LINKUP_KEY_ID",
      );
    }
    if (this.#opened.size >= CACHE_ENTRIES) this.#opened.delete(this.#opened.keys().next().value ?? "");
    this.#opened.set(sealed, text);
    return text;
  }

  /** A keyed fingerprint of a secret for one purpose: equal secrets give equal texts, and nothing leads back. */
  fingerprint(purpose: "api-key" | "email" | "credentials", text: string): string {
    return createHmac("sha256", this.#key).update(`${purpose}\n${text}`).digest("base64url");
  }

  /** A sealed constant: the first process leaves one in Redis, the later ones prove with it that they hold the same key. */
  async sealCanary(): Promise<string> {
    return await this.seal(CANARY);
  }

  /** Throws `secrets_key_wrong` unless the canary opens. */
  async checkCanary(sealed: string): Promise<void> {
    await this.open(sealed);
  }
}
