/**
 * Encryption at rest for credentials, tokens and codes (JWE, AES-256-GCM): each text bound to its owner and its purpose, each purpose under a key
 * of its own. The one home of the JOSE library. Nothing decrypted here may reach a log, an error or Redis.
 */
import { hkdfSync } from "node:crypto";
import { LinkupError } from "@linkup-queue/contracts";
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from "jose";

/** The purpose of a text. */
export type SealPurpose = "credentials" | "token" | "code" | "webhook" | "canary" | "digests" | "people";
/** Where a sealed text belongs: opened anywhere else it is refused. `owner`: an account's or a webhook's id; the key id for what is the key's. */
export type SealPlace = { purpose: SealPurpose; owner: string };

const ALGORITHMS = { alg: "dir", enc: "A256GCM" } as const;
const DECRYPT = { keyManagementAlgorithms: [ALGORITHMS.alg], contentEncryptionAlgorithms: [ALGORITHMS.enc] };
/** The form of what is sealed. Before it was named, a text was sealed with the key itself and bound to nothing. */
const FORM = 2;
const CACHE_ENTRIES = 2_000;
const CANARY = "linkup-queue";

type MasterKey = { bytes: Uint8Array; id: string; subkeys: Map<string, Uint8Array> };

function masterKey(bytes: Uint8Array, setting: string): MasterKey {
  if (bytes.length !== 32) throw new LinkupError("configuration_invalid", `${setting} must be 32 bytes in base64`);
  return { bytes, id: Buffer.from(derive(bytes, "id")).toString("base64url").slice(0, 8), subkeys: new Map() };
}

function derive(bytes: Uint8Array, use: string): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", bytes, new Uint8Array(), `linkup-queue/${use}`, 32));
}

function subkey(key: MasterKey, purpose: SealPurpose): Uint8Array {
  const found = key.subkeys.get(purpose) ?? derive(key.bytes, `seal/${purpose}`);
  key.subkeys.set(purpose, found);
  return found;
}

export class Secrets {
  readonly #keys: readonly [MasterKey, ...MasterKey[]];
  readonly #opened = new Map<string, string>();

  /** `key` is 32 bytes (LINKUP_SECRETS_KEY); `old` only opens what another process sealed with it (LINKUP_SECRETS_KEY_OLD). */
  constructor(key: Uint8Array, old: Uint8Array | null = null) {
    this.#keys = [masterKey(key, "LINKUP_SECRETS_KEY"), ...(old === null ? [] : [masterKey(old, "LINKUP_SECRETS_KEY_OLD")])];
  }

  /** Whether a former key is there to open what it sealed. */
  get isRotating(): boolean {
    return this.#keys.length > 1;
  }

  /** Names the key and the form that texts are sealed with now; nothing leads back from it. */
  get sealedAs(): string {
    return `${FORM}:${this.#keys[0].id}`;
  }

  /** Names the key that texts are sealed with now. */
  get keyId(): string {
    return this.#keys[0].id;
  }

  /** Encrypts a text for one place; each call gives another result. */
  async seal(text: string, { purpose, owner }: SealPlace): Promise<string> {
    const [key] = this.#keys;
    const header = { ...ALGORITHMS, v: FORM, kid: key.id, for: purpose, of: owner };
    return await new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader(header).encrypt(subkey(key, purpose));
  }

  /**
   * Decrypts what `seal` made for this place, or a version before it for any. Throws `secrets_key_wrong` when it was made with another key or
   * for another place, or was altered.
   */
  async open(sealed: string, place: SealPlace): Promise<string> {
    const cacheKey = `${place.purpose}\n${place.owner}\n${sealed}`;
    const known = this.#opened.get(cacheKey);
    if (known !== undefined) return known;
    const text = await this.#decrypt(sealed, place);
    if (this.#opened.size >= CACHE_ENTRIES) this.#opened.delete(this.#opened.keys().next().value ?? "");
    this.#opened.set(cacheKey, text);
    return text;
  }

  /** Whether a sealed text is of another key or form than those made now. */
  isStale(sealed: string): boolean {
    const { v, kid } = headerOf(sealed);
    return v !== FORM || kid !== this.#keys[0].id;
  }

  /** The bytes of the key that a text was sealed with by a version that bound it to nothing; null for another text. */
  async formerKeyOf(sealed: string): Promise<Uint8Array | null> {
    if (headerOf(sealed)["v"] !== undefined) return null;
    for (const { bytes } of this.#keys) if ((await decrypted(sealed, bytes)) !== null) return bytes;
    throw wrongKey();
  }

  /** A sealed constant: the first process leaves one in Redis, the later ones prove with it that they hold the same key. */
  async sealCanary(): Promise<string> {
    return await this.seal(CANARY, { purpose: "canary", owner: "" });
  }

  /** Throws `secrets_key_wrong` unless this key, by its name, is one of ours: everything is sealed anew with it. */
  checkSealer(keyId: string): void {
    if (!this.#keys.some(({ id }) => id === keyId)) throw wrongKey();
  }

  /** Throws `secrets_key_wrong` unless the canary opens. */
  async checkCanary(sealed: string): Promise<void> {
    await this.open(sealed, { purpose: "canary", owner: "" });
  }

  async #decrypt(sealed: string, { purpose, owner }: SealPlace): Promise<string> {
    const header = headerOf(sealed);
    if (header["v"] === undefined) {
      for (const { bytes } of this.#keys) {
        const text = await decrypted(sealed, bytes);
        if (text !== null) return text;
      }
      throw wrongKey();
    }
    const key = this.#keys.find(({ id }) => id === header["kid"]);
    // The header is authenticated with the text: what it says of its place is what it was sealed for.
    const isHere = header["v"] === FORM && header["for"] === purpose && header["of"] === owner;
    const text = key === undefined || !isHere ? null : await decrypted(sealed, subkey(key, purpose));
    if (text === null) throw key === undefined ? wrongKey() : wrongPlace();
    return text;
  }
}

function headerOf(sealed: string): Readonly<Record<string, unknown>> {
  try {
    return decodeProtectedHeader(sealed);
  } catch {
    return {};
  }
}

async function decrypted(sealed: string, key: Uint8Array): Promise<string | null> {
  try {
    const { plaintext } = await compactDecrypt(sealed, key, DECRYPT);
    return new TextDecoder().decode(plaintext);
  } catch {
    return null;
  }
}

function wrongKey(): LinkupError {
  return new LinkupError(
    "secrets_key_wrong",
    "LINKUP_SECRETS_KEY does not open what is stored in Redis: it is another key than the one that wrote it. Set the former key as LINKUP_SECRETS_KEY_OLD, or register the accounts anew under another LINKUP_KEY_ID",
  );
}

function wrongPlace(): LinkupError {
  return new LinkupError(
    "secrets_key_wrong",
    "A secret that is stored in Redis was altered, or put there from another account or another place than it was sealed for. Register the account anew, and find out who wrote it",
  );
}
