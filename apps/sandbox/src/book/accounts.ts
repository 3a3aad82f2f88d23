/** Log-ins, codes and tokens as LinkUp keeps them. Tokens stay in here: all else knows their owner's e-mail or a fingerprint. */
import { randomBytes } from "node:crypto";
import type { Scenario } from "../scenario/scenario.ts";
import { fingerprint } from "./fingerprint.ts";

export type LoginResult = { kind: "token"; token: string } | { kind: "code-asked" } | { kind: "bad-password" };
export type VerifyResult = { kind: "token"; token: string } | { kind: "no-session" } | { kind: "wrong-code" };

type Token = { owner: string; ordinal: number; bornMs: number; calls: number; dead: boolean };

export class Accounts {
  readonly #tokens = new Map<string, Token>();
  readonly #byOwner = new Map<string, Token[]>();
  readonly #asked = new Map<string, number>();

  /** The result of a log-in. A code that is asked for again replaces the session before. */
  logIn(email: string, nowMs: number, scenario: Scenario): LoginResult {
    const owner = ownerOf(email);
    if (scenario.badPassword.includes(owner)) return { kind: "bad-password" };
    if (!scenario.codeRequired.includes(owner)) return { kind: "token", token: this.#issue(owner, nowMs) };
    this.#asked.set(owner, nowMs);
    return { kind: "code-asked" };
  }

  /** The result of a verification; a wrong code leaves the session open, as the person may have mistyped. */
  verify(login: { email: string; code: string }, nowMs: number, scenario: Scenario): VerifyResult {
    const owner = ownerOf(login.email);
    const askedMs = this.#asked.get(owner);
    if (askedMs === undefined || nowMs - askedMs >= (scenario.codeLifetimeMs ?? Number.POSITIVE_INFINITY)) return { kind: "no-session" };
    if (login.code !== (scenario.accounts[owner]?.code ?? scenario.code)) return { kind: "wrong-code" };
    this.#asked.delete(owner);
    return { kind: "token", token: this.#issue(owner, nowMs) };
  }

  /** The e-mail behind a token, dead or alive; `token:<fingerprint>` for one that was not made here. */
  owner(token: string): string {
    return this.#tokens.get(token)?.owner ?? `token:${fingerprint(token)}`;
  }

  /** Counts one call of a token and says whether the token was alive for it. */
  spendCall(token: string, nowMs: number, scenario: Scenario): boolean {
    const known = this.#tokens.get(token) ?? (scenario.acceptAnyToken ? this.#keep(token, this.owner(token), nowMs) : undefined);
    if (known === undefined) return false;
    if (!known.dead) known.dead = hasDied(known, nowMs, scenario);
    if (!known.dead) known.calls += 1;
    return !known.dead;
  }

  /** The tokens of these accounts, or all, die now. */
  kill(owners: readonly string[] | "all"): void {
    const doomed = owners === "all" ? [...this.#byOwner.values()].flat() : owners.flatMap((owner) => this.#byOwner.get(owner) ?? []);
    for (const token of doomed) token.dead = true;
  }

  #issue(owner: string, nowMs: number): string {
    const token = `AQED${randomBytes(30).toString("base64url")}`;
    this.#keep(token, owner, nowMs);
    return token;
  }

  #keep(token: string, owner: string, nowMs: number): Token {
    const siblings = this.#byOwner.get(owner) ?? [];
    const kept: Token = { owner, ordinal: siblings.length + 1, bornMs: nowMs, calls: 0, dead: false };
    this.#tokens.set(token, kept);
    siblings.push(kept);
    this.#byOwner.set(owner, siblings);
    return kept;
  }
}

/** E-mails are compared without case and outer blanks. */
export function ownerOf(email: string): string {
  return email.trim().toLowerCase();
}

function hasDied(token: Token, nowMs: number, scenario: Scenario): boolean {
  const own = scenario.accounts[token.owner];
  const lifetimeMs = own?.tokenLifetimeMs === undefined ? scenario.tokenLifetimeMs : own.tokenLifetimeMs;
  const lifetimeCalls = own?.tokenLifetimeCalls === undefined ? scenario.tokenLifetimeCalls : own.tokenLifetimeCalls;
  const dieOnce = own?.dieOnce === undefined ? scenario.dieOnce : own.dieOnce;
  const outlived = lifetimeMs !== null && nowMs - token.bornMs >= lifetimeMs;
  const usedUp = lifetimeCalls !== null && token.calls >= lifetimeCalls;
  const firstUsedUp = dieOnce !== null && token.ordinal === 1 && token.calls >= dieOnce.afterCalls;
  return outlived || usedUp || firstUsedUp;
}
