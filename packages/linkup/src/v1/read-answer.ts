/**
 * An answer's body, in the few words that the answer table matches on.
 * Nothing read here may reach a message or a log: bodies hold people's data and, after a log-in, a token.
 */
import { MAX_JSON_DEPTH } from "@linkup-queue/contracts";
import type { AnswerBody } from "../seam/provider.ts";
import {
  claimsSuccess,
  hasErrorCode,
  insideData,
  isMembers,
  MAX_TEXT_LENGTH,
  type Members,
  saysFailed,
  tellsError,
  textsOf,
  wordOf,
} from "./error-signs.ts";
import type { Proof } from "./proofs.ts";
import { proves } from "./proves.ts";

/**
 * `success`: the envelope says so and the operation's proof is there. `unproven`: the envelope says so and the proof is missing.
 * `error`: an error is told, whatever the shape. `odd`: another word for a status; `bare`: an object without one; the rest is no JSON object at all.
 */
export const BODY_SAYS = ["success", "unproven", "error", "odd", "bare", "empty", "unreadable", "too_large"] as const;
export type BodySays = (typeof BODY_SAYS)[number];

/** The facts of a body that the answer table asks for. */
export type BodyReading = {
  says: BodySays;
  /** Whether this is LinkUp's envelope: v1's `status` with one of its words [D, C], or v2's `success`. A gateway's or a framework's error is not. */
  enveloped: boolean;
  /** A success is claimed and an error is told beside it: a write may have been done. */
  contradicted: boolean;
  /** The provider's text, lower case, one sentence after the other; empty when there is none. */
  text: string;
  /** The words of it. */
  words: ReadonlySet<string>;
};

/** Words that LinkUp's envelope has in `status` [D, C]. */
const STATUS_WORDS = new Set(["success", "ok", "error", "failed", "failure"]);

/** Values that nest deeper are cut off: no answer is known to, and recursive readers come after us. */
const MAX_DEPTH = MAX_JSON_DEPTH;
/** Members whose value signs in as somebody. `li_at` is LinkedIn's session cookie, which is what a login_token holds [D]. */
const SECRET_MEMBERS = new Set(["login_token", "li_at", "password", "api_key", "x-api-key", "apikey"]);

/** Reads a body. `proof` is the operation's; null for a log-in or a verification, where a token decides. */
export function readAnswerBody(body: AnswerBody, proof: Proof | null): BodyReading {
  const silent = { enveloped: false, contradicted: false, text: "", words: new Set<string>() };
  if (body.state !== "json") return { says: body.state, ...silent };
  const members = membersOf(body);
  if (members === null) return { says: "unreadable", ...silent };
  const status = wordOf(members.status);
  const says = proof === null ? authSays(members, loginToken(body) !== null) : callSays(members, proof);
  const text = textIn(members);
  return {
    says,
    enveloped: typeof members.success === "boolean" || (status !== null && STATUS_WORDS.has(status)),
    contradicted: says === "error" && claimsSuccess(members),
    text,
    words: new Set(text.match(/[\p{L}\p{N}]+/gu) ?? []),
  };
}

function callSays(members: Members, proof: Proof): BodySays {
  const status = wordOf(members.status);
  if (tellsError(members)) return "error";
  // A `code` or a `detail` of a member's profile or a post is read only where the envelope does not vouch for it.
  if (status === "success") return proves(members.data, proof) ? "success" : "unproven";
  return otherSays(members, status);
}

/** A challenge says success without a token and a log-in may answer a token without a status: its presence decides [C, sign-in flow]. */
function authSays(members: Members, hasToken: boolean): BodySays {
  const status = wordOf(members.status);
  if (saysFailed(members) || hasErrorCode(members)) return "error";
  if (hasToken && (status === null || status === "success" || status === "ok")) return "success";
  if (tellsError(members)) return "error";
  return status === "success" ? "success" : otherSays(members, status);
}

function otherSays(members: Members, status: string | null): BodySays {
  if (insideData(members).some((inner) => typeof inner === "string" || tellsError(inner))) return "error";
  return status === null ? "bare" : "odd";
}

/** The texts sit in `message`, in the error members, or in `data` as text or beside members of these names [C]. */
function textIn(members: Members): string {
  // Under a success, `data` is a member's own: a profile that speaks of rate limits must not cool the key.
  const inside = wordOf(members.status) === "success" ? [] : insideData(members);
  const texts = [members, ...inside].flatMap((inner) => (typeof inner === "string" ? [inner.slice(0, MAX_TEXT_LENGTH)] : textsOf(inner)));
  return texts.join(". ").toLowerCase();
}

/** The output of a successful answer: its `data`, else its members without `status`; secret members left out at any depth. */
export function bodyOutput(body: AnswerBody): unknown {
  const members = membersOf(body);
  if (members === null) return null;
  if (members.data !== undefined && members.data !== null) return withoutSecrets(members.data, MAX_DEPTH);
  const { status: _status, ...rest } = members;
  return withoutSecrets(rest, MAX_DEPTH);
}

/** The login token in an answer to a log-in, or null. A secret: it goes to the account's encrypted record and nowhere else. */
export function loginToken(body: AnswerBody): string | null {
  const members = membersOf(body);
  const token = members?.login_token ?? (isMembers(members?.data) ? members.data.login_token : undefined);
  return typeof token === "string" && token !== "" ? token : null;
}

function membersOf(body: AnswerBody): Members | null {
  return body.state === "json" && isMembers(body.value) ? body.value : null;
}

function withoutSecrets(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return null;
  if (Array.isArray(value)) return value.map((inner) => withoutSecrets(inner, depth - 1));
  const kept = Object.entries(value).filter(([name]) => !SECRET_MEMBERS.has(name.toLowerCase()));
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutSecrets(inner, depth - 1)]));
}
