/**
 * One canonical form for the address of a LinkedIn member, so that one person is one recipient however the address was spelled.
 * It looks at the text alone: it never calls LinkedIn, and no error of it repeats the text.
 */
import { LinkupError } from "../outcome/error.ts";

/** The longest address of any kind that is accepted, in characters. */
export const MAX_ADDRESS_LENGTH = 2048;
const MAX_PUBLIC_ID_LENGTH = 200;

/** linkedin.com itself, `www.`, mobile `m.` and two-letter country subdomains. No URL parser: it would map look-alikes to this host. */
export const LINKEDIN_HOST = String.raw`(?:(?:www|m|[a-z]{2})\.)?linkedin\.com`;

const PROFILE = new RegExp(
  String.raw`^(?:(?:https?:)?//)?${LINKEDIN_HOST}/(?:(?:mwlite|comm)/)?in/([^/?#\s\\]+)(?:/[\w/-]*)?(?:[?#].*)?$`,
  "i",
);

/** Addresses that lead to a person and say no public id. */
const ELSEWHERE: readonly (readonly [RegExp, string])[] = [
  [
    onLinkedIn("(?:pub|profile/view)"),
    "an old /pub/ or /profile/view address can't be used: open it in a browser and take the /in/ address it leads to",
  ],
  [
    onLinkedIn("sales"),
    "an address of Sales Navigator can't be used: open the person there and copy their LinkedIn address, linkedin.com/in/...",
  ],
  [
    onLinkedIn("(?:talent|recruiter|hire)"),
    "an address of Recruiter can't be used: open the person's public profile there and copy its address, linkedin.com/in/...",
  ],
  [onLinkedIn("(?:company|school|showcase)"), "is the page of a company or school; a person's address is linkedin.com/in/..."],
  [
    /^(?:https?:\/\/)?lnkd\.in\//i,
    "a short lnkd.in address can't be used: open it in a browser and take the linkedin.com/in/ address it leads to",
  ],
];

function onLinkedIn(path: string): RegExp {
  return new RegExp(`^(?:(?:https?:)?//)?${LINKEDIN_HOST}/${path}(?:[/?]|$)`, "i");
}

/** Signs that sentences, lists and mails put around an address, and copying leaves at its ends. No public id begins or ends so. */
const AROUND = /[\s\p{Zs}<>()[\]{}"'“”„‘’‚«»‹›,;:.!?*|…\u200b\u200e\u200f\u2060\ufeff\u00ad]/u;

function trimAround(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && AROUND.test(text.charAt(from))) from += 1;
  while (to > from && AROUND.test(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

/** Signs behind a public id that stand for its rest, as in a shortened or a masked address: the rest of it is another person's. */
const CUT_OFF = /\/in\/[^/?#]*?(?:…|%E2%80%A6|\.{2})/i;
const MASKED = /\/in\/[^/?#]*?\*/i;

/** A query whose beginning was lost. */
const LOST_QUERY = /&[\w.-]+=.*$/s;

/** A member's id inside LinkedIn, as in `urn:li:fsd_profile:<id>`. It also works in place of a public id, and its case counts there. */
const PROFILE_ID = /^A[A-Z][A-Za-z]AA[A-Za-z0-9_-]{10,95}$/;
const PROFILE_URN = /^(?:urn:li:(?:fsd_profile|fs_profile|fs_miniProfile):)?(A[A-Za-z0-9_-]+)$/;

/** Zero-width joiners (200c, 200d) are part of some scripts and of emoji; other invisible characters are copying accidents or tricks. */
const UNFIT = /[\p{Cc}\p{Cs}\p{Zs}\p{Zl}\p{Zp}/\\?#%,;:!"()[\]{}<>|^`*=@$&“”„«»‹›…]|(?!\u200c|\u200d)\p{Cf}/u;

function invalid(what: string): LinkupError {
  return new LinkupError("invalid_input", what);
}

/** A placeholder that nobody filled, as `/in/{{slug}}`: what it is called is another person's public id. */
const UNFILLED = /^[\s\u200b]*[{[<]/;
/** Words for no value that programs put behind `/in/`, and pages of LinkedIn's that are nobody's. A person with such an id is reached by their profile id. */
const NOBODY: ReadonlySet<string> = new Set(["null", "undefined", "nan", "none", "nil", "na", "n-a", "unavailable", "me"]);

/** The public id in one spelling: percent-decoded, lower case (a vanity name has none), NFC, encoded again. */
function canonicalPublicId(raw: string): string {
  let id: string;
  try {
    id = decodeURIComponent(raw);
  } catch {
    throw invalid("the public id of the profile address is not valid percent-encoding");
  }
  if (UNFILLED.test(id)) throw invalid("the profile address holds a placeholder that nobody filled, in place of a public id");
  id = trimAround(id.replace(LOST_QUERY, ""));
  if (!PROFILE_ID.test(id)) id = id.toLowerCase().normalize("NFC");
  if (id === "" || UNFIT.test(id)) throw invalid("the public id of the profile address holds characters that no public id has");
  if (NOBODY.has(id))
    throw invalid("the profile address names nobody: a program's word for no value, or a page of LinkedIn's, stands behind /in/");
  if (id.length > MAX_PUBLIC_ID_LENGTH)
    throw invalid(`the public id of the profile address is longer than ${MAX_PUBLIC_ID_LENGTH} characters`);
  return encodeURIComponent(id);
}

/**
 * A member's address as `https://www.linkedin.com/in/<public id>`, the same for every spelling: scheme, `www.`, country and mobile hosts,
 * letter case, percent-encoding, query, fragment, locale and sub-pages make no difference, nor does what a sentence or a mail puts around it.
 * Idempotent. Addresses that hold no public id (`/pub/`, Sales Navigator, short ones), or part of one, are refused with what to use in their place.
 * @throws LinkupError `invalid_input`; its message never holds the text.
 */
export function canonicalProfileUrl(text: string): string {
  if (text.length > MAX_ADDRESS_LENGTH) throw invalid(`the profile address is longer than ${MAX_ADDRESS_LENGTH} characters`);
  const trimmed = trimAround(text);
  const publicId = PROFILE.exec(trimmed)?.[1];
  // Stars before it as well are there to print it bold.
  if (CUT_OFF.test(text) || (MASKED.test(text) && !text.trimStart().startsWith("*")))
    throw invalid("the profile address is cut off or masked: copy the whole one, linkedin.com/in/...");
  if (publicId !== undefined) return `https://www.linkedin.com/in/${canonicalPublicId(publicId)}`;
  if ((trimmed.match(/linkedin\.com\/(?:\w+\/)?in\//gi)?.length ?? 0) > 1) throw invalid("holds several addresses; a recipient has one");
  const hint = ELSEWHERE.find(([address]) => address.test(trimmed));
  if (hint !== undefined) throw invalid(hint[1]);
  throw invalid("must be the address of a LinkedIn profile, such as https://www.linkedin.com/in/jane-doe");
}

/**
 * As `canonicalProfileUrl`, and a bare profile id or profile URN becomes the bare id: `message.send` takes that too.
 * @throws LinkupError `invalid_input`; its message never holds the text.
 */
export function canonicalRecipient(text: string): string {
  const id = PROFILE_URN.exec(text.trim())?.[1];
  if (id !== undefined && PROFILE_ID.test(id)) return id;
  return canonicalProfileUrl(text);
}
