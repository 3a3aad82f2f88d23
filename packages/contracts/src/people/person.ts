/**
 * Which members an outcome names, and the outcome without one of them: for the archive's index and for erasure. It knows people by their
 * canonical address alone, as a digest; in what outcomes say a bare profile id is not looked for. It never decides whether somebody is to be forgotten.
 */
import { hash } from "node:crypto";
import { LinkupError } from "../outcome/error.ts";
import type { Outcome } from "../outcome/outcome.ts";
import { canonicalRecipient } from "./profile-url.ts";

const ADDRESSES = /(?:https?:\/\/)?(?:[a-z]{1,3}\.)?linkedin\.com\/(?:(?:mwlite|comm)\/)?in\/[^\s"'<>()[\]{},;]+/gi;
/** LinkUp's names for a member's public id beside no address: `public_id` of a profile, `public_identifier` of a comment's author. */
const PUBLIC_ID_FIELD = /^public_?id(?:entifier)?$/i;
const ERASED = "What this said of a person was erased";

/** The digest that stands for a member, from any spelling of their address, or their bare profile id or URN. Throws `invalid_input`. */
export function personKey(address: string): string {
  const canonical = canonicalRecipient(address);
  // LinkedIn serves a member's page under the bare id, too.
  const url = canonical.startsWith("https:") ? canonical : `https://www.linkedin.com/in/${canonical}`;
  return hash("sha256", url, "base64url").slice(0, 22);
}

function keyOf(address: string): string | null {
  try {
    return personKey(address);
  } catch (error) {
    if (error instanceof LinkupError) return null;
    throw error;
  }
}

function peopleOfText(text: string, field: string): string[] {
  const addresses: string[] = [...(/\/in\//i.test(text) ? (text.match(ADDRESSES) ?? []) : [])];
  if (PUBLIC_ID_FIELD.test(field)) addresses.push(`https://www.linkedin.com/in/${encodeURIComponent(text.toWellFormed())}`);
  // In running text a sentence may end behind an address.
  return addresses.map((address) => keyOf(address.replace(/[.!?:]+$/, ""))).filter((key) => key !== null);
}

/** The people that a JSON value names, by their digests. */
export function peopleIn(value: unknown, field = ""): Set<string> {
  if (typeof value === "string") return new Set(peopleOfText(value, field));
  if (value === null || typeof value !== "object") return new Set();
  const parts = Array.isArray(value)
    ? value.map((part) => peopleIn(part, field))
    : Object.entries(value).map(([name, part]) => peopleIn(part, name));
  return new Set(parts.flatMap((part) => [...part]));
}

/** The people that an outcome names; `about` are those whom its job was about, should the outcome itself not say so. */
export function peopleOf(outcome: Outcome, about: readonly string[] = []): Set<string> {
  const { recipientId, message, output } = outcome;
  return new Set([...about, ...peopleIn([recipientId, message, output])]);
}

/** A value without the list entries that name the person. Null when more than lists names them. */
function pruned(value: unknown, person: string): unknown {
  const without = (part: unknown, field: string): unknown => {
    if (part === null || typeof part !== "object") return part;
    if (!Array.isArray(part)) return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, without(inner, name)]));
    return part.map((inner) => without(inner, field)).filter((inner) => !peopleIn(inner, field).has(person));
  };
  const rest = without(value, "");
  return peopleIn(rest).has(person) ? null : rest;
}

/**
 * The outcome without a person: of one that is about them the recipient and all output go, of one that lists them among others their
 * entries. Null when it does not name them. The job's cost and end stay.
 */
export function withoutPerson(outcome: Outcome, person: string, about: readonly string[] = []): Outcome | null {
  if (!peopleOf(outcome, about).has(person)) return null;
  const { recipientId, message, output } = outcome;
  const itsOwn = about.includes(person) || peopleIn(recipientId).has(person);
  return {
    ...outcome,
    recipientId: itsOwn ? null : recipientId,
    output: itsOwn ? null : pruned(output, person),
    message: itsOwn || peopleIn(message).has(person) ? ERASED : message,
  };
}
