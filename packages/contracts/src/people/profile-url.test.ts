/** Promises of a member's canonical address: one form, whatever the spelling, and no surprises from hostile text. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { LinkupError } from "../outcome/error.ts";
import { canonicalProfileUrl, canonicalRecipient } from "./profile-url.ts";

const JANE = "https://www.linkedin.com/in/jane-doe";
const PROFILE_ID = "ACoAAB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uVwXy";

function refusal(act: () => unknown): LinkupError {
  try {
    act();
  } catch (error) {
    if (error instanceof LinkupError) return error;
    throw error;
  }
  throw new Error("was not refused");
}

test.each([
  "https://www.linkedin.com/in/jane-doe",
  "https://www.linkedin.com/in/jane-doe/",
  "http://linkedin.com/in/jane-doe",
  "HTTPS://WWW.LINKEDIN.COM/IN/Jane-Doe",
  "www.linkedin.com/in/jane-doe",
  "linkedin.com/in/JANE-DOE",
  "//www.linkedin.com/in/jane-doe",
  "https://fr.linkedin.com/in/jane-doe",
  "https://m.linkedin.com/in/jane-doe",
  "https://www.linkedin.com/mwlite/in/jane-doe",
  "https://www.linkedin.com/in/jane-doe/en",
  "https://www.linkedin.com/in/jane-doe/fr-FR/",
  "https://www.linkedin.com/in/jane-doe/details/experience/",
  "https://www.linkedin.com/in/jane-doe?originalSubdomain=fr",
  "https://www.linkedin.com/in/jane-doe/?trk=x#about",
  "https://www.linkedin.com/in/jane-doe#",
  "https://www.linkedin.com/in/%6Aane%2Ddoe",
  "  https://www.linkedin.com/in/jane-doe\n",
  "https://www.linkedin.com/comm/in/jane-doe",
  "https://www.linkedin.com/comm/in/jane-doe?midToken=x&trk=eml",
  "https://www.linkedin.com/in/jane-doe,",
  "https://www.linkedin.com/in/jane-doe).",
  "https://www.linkedin.com/in/jane-doe/).",
  "https://www.linkedin.com/in/jane-doe%2C",
  "https://www.linkedin.com/in/jane-doe;",
  "https://www.linkedin.com/in/jane-doe/\u2026",
  "https://www.linkedin.com/in/jane-doe?trk=\u2026",
  "**https://www.linkedin.com/in/jane-doe**",
  "https://www.linkedin.com/in/jane-doe\u200b",
  "https://www.linkedin.com/in/jane-doe&trk=x",
  "https://www.linkedin.com/in/jane-doe&trk=public_profile&x=1",
  "<https://www.linkedin.com/in/jane-doe>",
  "(linkedin.com/in/jane-doe)",
  '"https://www.linkedin.com/in/jane-doe"',
  "\u201clinkedin.com/in/jane-doe\u201d.",
  "\ufefflinkedin.com/in/jane-doe",
])("the spelling %j leads to the one canonical form", (spelling) => {
  expect(canonicalProfileUrl(spelling)).toBe(JANE);
});

test("an accented id has one form, composed or decomposed, encoded or not, in either case", () => {
  const canonical = "https://www.linkedin.com/in/jos%C3%A9-garc%C3%ADa";
  for (const id of [
    "josé-garcía",
    "José-García".normalize("NFD"),
    "jos%C3%A9-garc%C3%ADa",
    "jos%c3%a9-garc%c3%ad%61",
    "JOS%C3%89-GARCI%CC%81A",
  ]) {
    expect(canonicalProfileUrl(`https://www.linkedin.com/in/${id}`)).toBe(canonical);
  }
});

test("a profile id in place of a public id keeps its case, which counts there", () => {
  expect(canonicalProfileUrl(`linkedin.com/in/${PROFILE_ID}/`)).toBe(`https://www.linkedin.com/in/${PROFILE_ID}`);
});

test.each([
  "",
  "jane-doe",
  "https://www.linkedin.com.evil.example/in/jane-doe",
  "https://evil-linkedin.com/in/jane-doe",
  "https://linkedin.co/in/jane-doe",
  "https://www.linkedin.com@evil.example/in/jane-doe",
  "https://user:pass@www.linkedin.com/in/jane-doe",
  "https://www.linkedin.com:8443/in/jane-doe",
  "https://www.linkedin.com./in/jane-doe",
  "https://www.lin\u212aedin.com/in/jane-doe",
  "https://www.l\u0456nkedin.com/in/jane-doe",
  "https://evil.example/?u=https://www.linkedin.com/in/jane-doe",
  "https://www.linkedin.com\\@evil.example/in/jane-doe",
  "ftp://www.linkedin.com/in/jane-doe",
  "javascript://www.linkedin.com/in/jane-doe",
  "https://www.linkedin.com/in/",
  "https://www.linkedin.com/in/..",
  "https://www.linkedin.com/in/%2e%2e/x",
  "https://www.linkedin.com/in/x/../../company/y",
  "https://www.linkedin.com/in/a%2Fb",
  "https://www.linkedin.com/in/a%00b",
  "https://www.linkedin.com/in/a%252Fb",
  "https://www.linkedin.com/in/jane%E2%80%8Bdoe",
  "https://www.linkedin.com/in/%E0%A4%A",
  "https://www.linkedin.com/in/jane doe",
  "https://www.linkedin.com/company/acme",
  "https://www.linkedin.com/sales/lead/ACwAAA,NAME_SEARCH",
])("%j is refused as invalid input", (text) => {
  expect(refusal(() => canonicalProfileUrl(text)).code).toBe("invalid_input");
});

test("an address or a public id beyond its bound is refused", () => {
  expect(canonicalProfileUrl(`linkedin.com/in/${"x".repeat(200)}`)).toHaveLength(228);
  expect(refusal(() => canonicalProfileUrl(`linkedin.com/in/${"x".repeat(201)}`)).message).toContain("200");
  expect(refusal(() => canonicalProfileUrl(`linkedin.com/in/x?${"y".repeat(3000)}`)).message).toContain("2048");
});

test.each([
  ["https://www.linkedin.com/pub/jane-doe/1/2/3", /\/in\/ address it leads to/],
  ["https://www.linkedin.com/profile/view?id=123", /\/in\/ address it leads to/],
  ["https://www.linkedin.com/sales/lead/ACwAAAabc,NAME_SEARCH,x", /Sales Navigator.*copy their LinkedIn address/],
  ["https://www.linkedin.com/sales/people/ACwAAAabc,NAME_SEARCH", /Sales Navigator/],
  ["https://www.linkedin.com/talent/profile/AEMAAA", /Recruiter/],
  ["linkedin.com/company/acme/about", /company or school/],
  ["https://lnkd.in/abc", /short lnkd\.in/],
  ["https://www.linkedin.com/in/ann, https://www.linkedin.com/in/bob", /several addresses/],
  ["https://www.linkedin.com/in/ann;https://www.linkedin.com/in/bob", /several addresses/],
  ["https://www.linkedin.com/in/ann,bob", /characters that no public id has/],
  ["https://www.linkedin.com/in/ann@acme", /characters that no public id has/],
  ["https://www.linkedin.com/in/jane-d\u2026", /cut off or masked: copy the whole one/],
  ["https://www.linkedin.com/in/jane-d%E2%80%A6", /cut off/],
  ["https://www.linkedin.com/in/jane-...", /cut off/],
  ["linkedin.com/in/jane-d [...]", /cut off/],
  ["linkedin.com/in/jane-d\u2026?trk=x", /cut off/],
  ["https://www.linkedin.com/in/jan****", /masked/],
  ["https://www.linkedin.com/in/{{slug}}", /placeholder that nobody filled/],
  ["https://www.linkedin.com/in/%7B%7Bslug%7D%7D/", /placeholder that nobody filled/],
  ["https://www.linkedin.com/in/{slug}?trk=x", /placeholder that nobody filled/],
  ["https://www.linkedin.com/in/[Public Id]", /such as https:/],
  ["https://www.linkedin.com/in/[slug]", /placeholder that nobody filled/],
  ["https://www.linkedin.com/in/<slug>", /placeholder that nobody filled/],
  ["https://www.linkedin.com/in/undefined", /names nobody/],
  ["https://www.linkedin.com/in/null/", /names nobody/],
  ["linkedin.com/in/NaN?trk=x", /names nobody/],
  ["https://www.linkedin.com/in/None", /names nobody/],
  ["https://www.linkedin.com/in/unavailable/", /names nobody/],
  ["https://www.linkedin.com/in/me/", /names nobody/],
  ["jane-doe", /such as https:/],
])("%j is refused with what to use in its place", (address, hint) => {
  expect(refusal(() => canonicalProfileUrl(address)).message).toMatch(hint);
});

test("a recipient may be a bare profile id or profile URN, which keep their case", () => {
  expect(canonicalRecipient(PROFILE_ID)).toBe(PROFILE_ID);
  expect(canonicalRecipient(`urn:li:fsd_profile:${PROFILE_ID}`)).toBe(PROFILE_ID);
  expect(canonicalRecipient("fr.linkedin.com/in/Jane-Doe/")).toBe(JANE);
  expect(refusal(() => canonicalRecipient("jane-doe")).code).toBe("invalid_input");
});

const publicId = fc.oneof(
  fc.stringMatching(/^[a-z0-9-]{1,60}$/),
  fc.stringMatching(/^[a-zàâçéèêëîïôûùüÿñæœ0-9-]{1,40}$/),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
);

function attempt(text: string): string | LinkupError {
  try {
    return canonicalProfileUrl(text);
  } catch (error) {
    if (error instanceof LinkupError) return error;
    throw error;
  }
}

test("the canonical form of a canonical form is itself", () => {
  fc.assert(
    fc.property(publicId, (id) => {
      const once = attempt(`https://www.linkedin.com/in/${encodeURIComponent(id)}`);
      if (typeof once === "string") expect(canonicalProfileUrl(once)).toBe(once);
    }),
    { numRuns: 1000 },
  );
});

test("spellings of one address agree", () => {
  const frame = fc.record({
    scheme: fc.constantFrom("https://", "http://", "", "//", "HTTPS://"),
    host: fc.constantFrom("www.linkedin.com", "linkedin.com", "fr.linkedin.com", "m.linkedin.com", "WWW.LinkedIn.com"),
    tail: fc.constantFrom("", "/", "/en", "/de-DE/", "?trk=a%20b", "/?x=1#top", "#about"),
    spelling: fc.constantFrom(
      (id: string) => id,
      (id: string) => id.toUpperCase(),
      (id: string) => encodeURIComponent(id),
      (id: string) => encodeURIComponent(id).toLowerCase(),
      (id: string) => id.normalize("NFD"),
      (id: string) => encodeURIComponent(id.normalize("NFD")),
    ),
  });
  const someone = fc
    .stringMatching(/^[a-zàâçéèêëîïôûùüÿñ0-9-]{1,40}$/)
    .filter((id) => typeof attempt(`linkedin.com/in/${id}`) === "string");
  fc.assert(
    fc.property(someone, frame, frame, (id, one, other) => {
      const [a, b] = [one, other].map(({ scheme, host, tail, spelling }) =>
        canonicalProfileUrl(`${scheme}${host}/in/${spelling(id)}${tail}`),
      );
      expect(a).toBe(b);
    }),
    { numRuns: 1000 },
  );
});

test("hostile text throws nothing but our own error, which never repeats it", () => {
  const hostile = fc.oneof(
    fc.string({ unit: "binary" }),
    fc
      .string({ unit: fc.constantFrom("%", "/", "\\", "\ud800", "\u202e", "i", "n", "?", "#", ".", ":", "@", "%C3", "\u0000", "İ", "ß") })
      .map((id) => `https://www.linkedin.com/in/${id}`),
    fc.webUrl(),
  );
  fc.assert(
    fc.property(hostile, (text) => {
      const result = attempt(`${text}SECRET`);
      if (typeof result === "string") {
        expect(result).toMatch(/^https:\/\/www\.linkedin\.com\/in\/[A-Za-z0-9%!'()*_.~-]+$/);
        expect(canonicalProfileUrl(result)).toBe(result);
      } else {
        expect(result.message).not.toContain("SECRET");
        expect(result.code).toBe("invalid_input");
      }
    }),
    { numRuns: 1000 },
  );
});
