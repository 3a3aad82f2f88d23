/**
 * What an answer's body says, in the few words that the answer table matches on.
 * Nothing read here may reach a message or a log: bodies hold people's data and, after a log-in, a token.
 */
import { MAX_JSON_DEPTH, parseExactJson } from "@linkup-queue/contracts";

/** A body as it came off the wire. Too large is kept apart from unreadable for the person who reads the message. */
export type AnswerBody = { state: "json"; value: unknown } | { state: "empty" } | { state: "unreadable" } | { state: "too_large" };

/**
 * `success` and `error` are the envelope's `status` [D]; `bare` is an object without one (webhook calls answer so [D]);
 * `odd` is an envelope with another word in it; the rest is no JSON object at all.
 */
export const BODY_SAYS = ["success", "error", "bare", "odd", "empty", "unreadable", "too_large"] as const;
export type BodySays = (typeof BODY_SAYS)[number];

type Members = Readonly<Record<string, unknown>>;

/** What nests deeper is cut off: no answer is known to, and recursive readers come after us. */
const MAX_DEPTH = MAX_JSON_DEPTH;
/** Members whose value signs in as somebody. `li_at` is LinkedIn's session cookie, which is what a login_token holds [D]. */
const SECRET_MEMBERS = new Set(["login_token", "li_at", "password", "api_key", "x-api-key", "apikey"]);

/** The body that these bytes are: JSON with exact integers, nothing, or not to be read. Never throws. */
export function parseAnswerBody(bytes: Uint8Array): AnswerBody {
  if (bytes.byteLength === 0) return { state: "empty" };
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (text.trim() === "") return { state: "empty" };
    return { state: "json", value: parseExactJson(text) };
  } catch {
    return { state: "unreadable" };
  }
}

/** Which word of BODY_SAYS fits. */
export function bodySays(body: AnswerBody): BodySays {
  if (body.state !== "json") return body.state;
  const members = membersOf(body);
  if (members === null) return "unreadable";
  // `success: false` is v2's envelope [D]; a gateway that mixes them must not turn an error into a success.
  if (members.status === false || members.success === false) return "error";
  if (typeof members.status !== "string") return loginToken(body) === null ? "bare" : "success";
  const status = members.status.trim().toLowerCase();
  if (status === "success" || status === "ok") return "success";
  return status === "error" || status === "failed" || status === "failure" ? "error" : "odd";
}

/** The words of the provider's text, lower case; empty when there is none. The text sits in `message`, or in `data` [C]. */
export function bodyWords(body: AnswerBody): ReadonlySet<string> {
  const members = membersOf(body);
  if (members === null) return new Set();
  const nested = isMembers(members.error) ? members.error.message : members.error;
  const texts = [members.message, members.data, nested, members.detail].filter((text) => typeof text === "string");
  return new Set(
    texts
      .join(" ")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [],
  );
}

/** What a producer gets of a successful answer: its `data`, else its members without `status`; secret members left out at any depth. */
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

function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function withoutSecrets(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return null;
  if (Array.isArray(value)) return value.map((inner) => withoutSecrets(inner, depth - 1));
  const kept = Object.entries(value).filter(([name]) => !SECRET_MEMBERS.has(name.toLowerCase()));
  return Object.fromEntries(kept.map(([name, inner]) => [name, withoutSecrets(inner, depth - 1)]));
}
