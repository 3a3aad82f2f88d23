/** Who calls: bearer tokens, compared in constant time. A secret is never kept in clear, logged or answered. */
import { createHash, timingSafeEqual } from "node:crypto";
import { API_ROLES, type ApiRole, type ApiToken, LinkupError } from "@linkup-queue/contracts";
import { FailedLogins } from "./failed-logins.ts";

export type Caller = { name: string; role: ApiRole };

export type Identified =
  | { known: true; caller: Caller }
  /** `retryAfterSeconds`: for a wrong secret, where too many of them came; null otherwise. */
  | { known: false; error: LinkupError; retryAfterSeconds: number | null };

/** Whether a role includes another. */
export function includesRole(role: ApiRole, needed: ApiRole): boolean {
  return API_ROLES.indexOf(role) >= API_ROLES.indexOf(needed);
}

const digest = (secret: string) => createHash("sha256").update(secret).digest();

export class Authentication {
  readonly #tokens: readonly { caller: Caller; digest: Buffer }[];
  readonly #failed: FailedLogins;

  constructor(tokens: readonly ApiToken[], failed: FailedLogins = new FailedLogins()) {
    this.#tokens = tokens.map(({ name, role, secret }) => ({ caller: { name, role }, digest: digest(secret) }));
    this.#failed = failed;
  }

  /** The caller behind an Authorization header. */
  byBearer(header: string | undefined, address: string): Identified {
    return this.#identify(/^Bearer +([\x21-\x7e]+) *$/i.exec(header ?? "")?.[1] ?? null, { address, name: null });
  }

  /** The caller behind HTTP Basic: the token's name as the user, its secret as the password. */
  byBasic(header: string | undefined, address: string): Identified {
    const encoded = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(header ?? "")?.[1];
    const [name = "", ...rest] = encoded === undefined ? [] : Buffer.from(encoded, "base64").toString("utf8").split(":");
    return this.#identify(encoded === undefined ? null : rest.join(":"), { address, name });
  }

  /** The caller behind a name and a secret that a person typed. */
  bySecret({ name, secret }: { name: string; secret: string }, address: string): Identified {
    return this.#identify(secret, { address, name });
  }

  #identify(secret: string | null, { address, name }: { address: string; name: string | null }): Identified {
    if (secret === null) return refused("Say who you are: Authorization: Bearer <secret of one of API_TOKENS>");
    const given = digest(secret);
    // Every token is compared, so that the time taken tells nothing about which one was near.
    let found: Caller | null = null;
    for (const token of this.#tokens) if (timingSafeEqual(token.digest, given)) found = token.caller;
    if (found !== null && name !== null && found.name !== name) found = null;
    if (found !== null) return { known: true, caller: found };
    const waitMs = this.#failed.waitMs(address);
    if (waitMs > 0) return tooMany(Math.ceil(waitMs / 1000));
    this.#failed.failed(address);
    return refused("This secret is not one of API_TOKENS");
  }
}

function refused(message: string): Identified {
  return { known: false, error: new LinkupError("unauthorized", message), retryAfterSeconds: null };
}

function tooMany(seconds: number): Identified {
  const error = new LinkupError(
    "too_many_requests",
    `This secret is not one of API_TOKENS, like many before it; try again in ${seconds} s`,
  );
  return { known: false, error, retryAfterSeconds: seconds };
}
