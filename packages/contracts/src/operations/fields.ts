/**
 * The fields that operations share, each with its bounds. A field's schema may normalise (a profile address), never guess;
 * its messages never repeat a value.
 */
import { z } from "zod";
import { MAX_JOB_BYTES } from "../input/bounds.ts";
import { countCharacters } from "../input/text-length.ts";
import { visibleText } from "../input/visible-text.ts";
import { LinkupError } from "../outcome/error.ts";
import { unknownFieldsMessage } from "../outcome/issues.ts";
import { canonicalProfileUrl, canonicalRecipient, LINKEDIN_HOST, MAX_ADDRESS_LENGTH } from "../people/profile-url.ts";

/** An operation's input: these fields and no others. */
export function inputObject<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === "unrecognized_keys" ? unknownFieldsMessage(issue.keys) : undefined),
  });
}

/** Text that is not blank, of at most `maxLength` characters. */
export function text(maxLength: number) {
  const message = `must be at most ${maxLength} characters`;
  return (
    z
      .string()
      // It counts code points, and is what the docs are told of.
      .max(maxLength, { error: message, abort: true })
      .refine((value) => countCharacters(value) <= maxLength, message)
      .refine((value) => visibleText(value) !== "", "must not be blank")
  );
}

/** An id, URN, cursor or other opaque text that the provider gave out: handed back as it is, so no blanks. */
export function opaque(maxLength: number) {
  return z
    .string()
    .max(maxLength, `must be at most ${maxLength} characters`)
    .regex(/^[^\s\p{Cc}]+$/u, "must be text without blanks, as the provider gave it");
}

function normalised(normalise: (value: string) => string) {
  return z
    .string()
    .max(MAX_ADDRESS_LENGTH, `must be at most ${MAX_ADDRESS_LENGTH} characters`)
    .transform((value, context) => {
      try {
        return normalise(value);
      } catch (error) {
        context.addIssue({ code: "custom", message: LinkupError.from(error).message });
        return z.NEVER;
      }
    });
}

// Without the `u` flag: with it, `i` would take the Kelvin sign for the k of linkedin.com.
const LINKEDIN_ADDRESS = new RegExp(`^https://${LINKEDIN_HOST}/[^/]`, "i");
const COMPANY_ADDRESS = new RegExp(`^https://${LINKEDIN_HOST}/(?:company|school|showcase|organization)/[^/?#]`, "i");
const BLANK_OR_CONTROL = /[\s\p{Cc}\\]/u;
const SLUG = /^[\p{L}\p{N}][\p{L}\p{N}._&'%-]{0,199}$/u;

function checked(accepts: (value: string) => boolean, message: string) {
  return z
    .string()
    .max(MAX_ADDRESS_LENGTH, `must be at most ${MAX_ADDRESS_LENGTH} characters`)
    .transform((value) => value.trim())
    .refine(accepts, message);
}

function isCompanyAddress(value: string): boolean {
  return COMPANY_ADDRESS.test(value) && !BLANK_OR_CONTROL.test(value);
}

function isLinkedinAddress(value: string): boolean {
  return LINKEDIN_ADDRESS.test(value) && !BLANK_OR_CONTROL.test(value);
}

/** A member's address; comes out canonical. */
export const ProfileAddress = normalised(canonicalProfileUrl).describe("address of a member's profile");
/** A member's address (comes out canonical) or bare profile id. */
export const Recipient = normalised(canonicalRecipient).describe("address of a member's profile, or a bare profile id");
/** A company page's https address on linkedin.com. */
export const CompanyAddress = checked(
  isCompanyAddress,
  "must be the https address of a LinkedIn company page, such as https://www.linkedin.com/company/acme",
).describe("https address of a company page");
/** Company or school addresses or slugs, several with ";". */
export const OrganisationList = checked(
  (value) => value.split(";").every((part) => isCompanyAddress(part.trim()) || SLUG.test(part.trim())),
  'must be https addresses of LinkedIn pages or their slugs, several joined with ";"',
).describe('address or slug; several with ";"');
/** Whose posts: a member's address (comes out canonical) or a company page's. */
export const AuthorAddress = normalised((value) => (isCompanyAddress(value.trim()) ? value.trim() : canonicalProfileUrl(value))).describe(
  "only posts of this member or company page",
);
/** A post's https address on linkedin.com. */
export const PostAddress = checked(
  isLinkedinAddress,
  "must be the https address of a LinkedIn post, such as https://www.linkedin.com/feed/update/urn:li:activity:1",
).describe("https address of a post");
/** A post's address with its activity in it: `posts/comment` needs that (vendor node). */
export const ActivityAddress = checked(
  (value) => isLinkedinAddress(value) && /activity(?:[:-]|%3a)\d/i.test(value),
  "must be the https address of a LinkedIn post with its activity number in it, such as https://www.linkedin.com/feed/update/urn:li:activity:1",
).describe("https address of a post, with its activity number in it");
/** A direct address of a file on the web. */
export const MediaLink = checked((value) => {
  const url = URL.parse(value);
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") && url.username === "" && url.password === "";
}, "must be the http(s) address of a file, without a user name or password in it");

/** A file's content as text. Bounded by the job as a whole. */
export const FileContent = z.string().min(1, "must not be empty").max(MAX_JOB_BYTES, `must be at most ${MAX_JOB_BYTES} characters`);

function whole(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z.int(message).min(min, message).max(max, message);
}

/** A length of time in ms, at most a day. */
export const DurationMs = whole(1, 86_400_000);
/** A moment in ms since 1970, up to the year 2100. */
export const MomentMs = whole(0, 4_102_444_800_000);
export const TotalResults = whole(1, 1000).describe("rows wanted; the provider's default is 10");

/** Paging by a range of pages, which wins over `total_results` at the provider. */
export const PAGES = {
  start_page: whole(1, 1000).describe("first page; with it pages count, not total_results").optional(),
  end_page: whole(1, 1000).describe("last page").optional(),
};
export const TOTAL_OR_PAGES = { total_results: TotalResults.optional(), ...PAGES };

/** For `.refine`: the page range does not end before it starts (at page 1 when the start is left out). */
export function pagesInOrder(input: { start_page?: unknown; end_page?: unknown }): boolean {
  return typeof input.start_page !== "number" || typeof input.end_page !== "number" || input.end_page >= input.start_page;
}
export const PAGES_IN_ORDER = {
  path: ["end_page"],
  message: "must not be below start_page",
  // Also told when another field is wrong: every issue at once.
  when: isRecord,
};

/** Whether a check over several fields can be run although one of them may be wrong. */
export function isRecord(payload: { value: unknown }): boolean {
  return typeof payload.value === "object" && payload.value !== null;
}
