/**
 * To what a job is done: a person, a post or another object, the same however it was spelled. Lines of a batch are told apart by it, so two
 * objects may pass for one, and one must never pass for two. It looks at the text alone and throws nothing.
 */
import { CompanyAddress, PostAddress, Recipient } from "./fields.ts";

export type Target = {
  /** For people: "the person in `linkedin_url`". */
  what: string;
  /** From an input that need not be valid; null where it names none. */
  of: (input: Readonly<Record<string, unknown>>) => string | null;
};

/** Longest id that is read. */
const MAX_ID_LENGTH = 2_048;
/** The number of a post, in any of the forms in which addresses have it. Shorter numbers may be part of a title. */
const POST_NUMBER = /(activity|ugcpost|share)(?:[:-]|%3a)(\d{10,30})/i;
const COMPANY = /\/(company|school|showcase|organization)\/([^/?#]+)/i;

function personOf(value: unknown): string | null {
  const { data } = Recipient.safeParse(value);
  if (data === undefined) return null;
  // LinkedIn serves a member's page under the bare id, too.
  return data.startsWith("https:") ? data : `https://www.linkedin.com/in/${data}`;
}

function postOf(value: unknown): string | null {
  const { data } = PostAddress.safeParse(value);
  if (data === undefined) return null;
  const numbered = POST_NUMBER.exec(data);
  return numbered === null ? pathOf(data) : `${numbered[1]}:${numbered[2]}`.toLowerCase();
}

function companyOf(value: unknown): string | null {
  const { data } = CompanyAddress.safeParse(value);
  if (data === undefined) return null;
  const [, kind = "", slug = ""] = COMPANY.exec(data) ?? [];
  return `${kind}/${decoded(slug)}`.toLowerCase();
}

/** An address without what makes no other page of it: host, case, query, fragment, slashes at its end. */
function pathOf(address: string): string {
  const path = address.replace(/^https:\/\/[^/]*/i, "").replace(/[?#].*$/, "");
  return decoded(path).toLowerCase().replace(/\/+$/, "");
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function idOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" && value.length <= MAX_ID_LENGTH ? value : null;
}

const named = (what: string, field: string, read: (value: unknown) => string | null): Target => ({
  what: `the ${what} in \`${field}\``,
  of: (input) => read(input[field]),
});

export const PERSON = named("person", "linkedin_url", personOf);
export const POST = named("post", "post_url", postOf);
export const COMPANY_PAGE = named("company page", "company_url", companyOf);
export const COMMENT = named("comment", "comment_urn", idOf);
export const RECEIVED_INVITATION = named("invitation", "entity_urn", idOf);
export const SENT_INVITATION = named("invitation", "invitation_id", idOf);
export const CONVERSATION: Target = {
  what: "the person in `linkedin_url`, else the conversation in `conversation_id`",
  of: (input) => personOf(input["linkedin_url"]) ?? idOf(input["conversation_id"]),
};
