/**
 * A browser's session: the token's name and an end, signed with a key that is made of LINKUP_SECRETS_KEY and the token's own secret. Every api
 * with the same settings accepts it; it ends by itself, and when the token is removed or gets another secret. Nothing is stored.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { ApiToken } from "@linkup-queue/contracts";
import { parseCookie, stringifySetCookie } from "cookie";
import type { Caller } from "../callers/authenticate.ts";
import { CONSOLE_PATH } from "./console-path.ts";

export type Session = {
  /** No other session has it, of the same token neither. */
  id: string;
  caller: Caller;
  endsAtMs: number;
  /** Handed into every form, and asked for by every change. */
  csrf: string;
};

export const SESSION_MS = 12 * 3_600_000;

export type SessionParts = { keyId: string; secretsKey: Uint8Array; tokens: readonly ApiToken[]; now?: () => number };

export class Sessions {
  readonly #parts: SessionParts;
  readonly #now: () => number;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    this.#now = parts.now ?? Date.now;
  }

  /** Cookies go by host and not by port: two keys' consoles on one machine keep apart. */
  get cookieName(): string {
    return `linkup-console-${this.#parts.keyId}`;
  }

  /** The Set-Cookie header that begins a session. */
  begin({ name }: Caller, { secure }: { secure: boolean }): string {
    const endsAtMs = this.#now() + SESSION_MS;
    const claim = Buffer.from(JSON.stringify({ name, endsAtMs, nonce: randomBytes(8).toString("base64url") })).toString("base64url");
    const token = this.#parts.tokens.find((one) => one.name === name);
    const value = token === undefined ? "" : `${claim}.${this.#sign(token, `session\n${claim}`)}`;
    return this.#cookie(value, { secure, maxAgeSeconds: SESSION_MS / 1_000 });
  }

  /** The Set-Cookie header that ends it in this browser. */
  end({ secure }: { secure: boolean }): string {
    return this.#cookie("", { secure, maxAgeSeconds: 0 });
  }

  /** The session in a Cookie header; null for none, one that is over, and one that was not made here. */
  read(header: string | undefined): Session | null {
    const value = header === undefined ? undefined : parseCookie(header)[this.cookieName];
    const [claim = "", signature = "", ...rest] = (value ?? "").split(".");
    if (rest.length > 0 || claim.length > 1_000) return null;
    const { name, endsAtMs } = claimIn(claim);
    const token = this.#parts.tokens.find((one) => one.name === name);
    if (token === undefined || !isSame(signature, this.#sign(token, `session\n${claim}`))) return null;
    if (endsAtMs <= this.#now()) return null;
    return { id: claim, caller: { name: token.name, role: token.role }, endsAtMs, csrf: this.#sign(token, `csrf\n${claim}`) };
  }

  #sign(token: ApiToken, text: string): string {
    const key = createHmac("sha256", this.#parts.secretsKey).update(`linkup console\n${token.name}\n${token.secret}`).digest();
    return createHmac("sha256", key).update(text).digest("base64url");
  }

  #cookie(value: string, { secure, maxAgeSeconds }: { secure: boolean; maxAgeSeconds: number }): string {
    return stringifySetCookie({
      name: this.cookieName,
      value,
      path: CONSOLE_PATH,
      httpOnly: true,
      sameSite: "strict",
      secure,
      maxAge: maxAgeSeconds,
    });
  }
}

/** Whether two signatures are the same, in constant time. */
export function isSame(given: string, right: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}

function claimIn(text: string): { name: string; endsAtMs: number } {
  try {
    const claim = JSON.parse(Buffer.from(text, "base64url").toString("utf8")) as { name?: unknown; endsAtMs?: unknown } | null;
    return { name: String(claim?.name ?? ""), endsAtMs: Number(claim?.endsAtMs ?? 0) };
  } catch {
    return { name: "", endsAtMs: 0 };
  }
}
