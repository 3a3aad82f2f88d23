/** The troubles of bad days: answers and lists, each an example of a kind, the same for both systems. */
import type { Fault } from "@linkup-queue/sandbox";

const said = (status: number, message: string): Fault => ({ status, body: { status: "error", message } });

/** A session that is over, in LinkUp's and LinkedIn's words, under any status. */
export const DEAD_SESSIONS: readonly Fault[] = [
  said(401, "Session cookie revoked"),
  said(400, "Invalid cookie"),
  said(404, "Invalid Cookie"),
  said(422, "Cookie has expired"),
];

/** LinkedIn has had enough of one member's invitations. */
export const MEMBER_LIMITS: readonly Fault[] = [
  said(429, "CUSTOM_INVITE_LIMIT_REACHED"),
  said(400, "weekly invitation limit reached"),
  said(403, "This member is temporarily restricted"),
];

/** The service as a whole refuses. */
export const SERVICE_GONE: readonly Fault[] = [
  { status: 404, body: { detail: "Not Found" } },
  said(410, "V1 is no longer available"),
  said(403, "V1 API is deprecated, use V2"),
  { status: 405, body: "<html>Method Not Allowed</html>" },
];

/** The service answers every call with an error that says nothing, under a status that tells as little. */
export const NONSENSE: readonly Fault[] = [
  { ...said(200, "LinkedIn API error occurred"), when: "before" },
  { ...said(200, "Zut"), when: "before" },
  said(400, "Zut"),
  { status: 502, body: "<html>Bad Gateway</html>" },
];

/** HTTP 200 without the proof that anything was done; nothing was. */
export const NO_PROOF: readonly Fault[] = [
  { status: 400, message: "Invalid LinkedIn URL format" },
  { error: "Session expired" },
  { errors: ["Required fields are missing"] },
  { detail: "Not Found" },
  { code: 429, message: "API Rate limit exceeded" },
  { statusCode: 403, error: "LinkedIn token expired" },
  { success: "false" },
  { data: { status: "error", message: "Error while sending message" } },
].map((body) => ({ status: 200, when: "before" as const, body }));

const address = (name: string) => `https://www.linkedin.com/in/${name}`;

/** Lists as people have them. `people` are the recipients of their rows: nobody else may be written to. */
export const LISTS: readonly { text: string; people: readonly string[] }[] = [
  // A person who is named inside a cell of somebody else's row.
  {
    text: `linkedin_url,first_name\n${address("ann")},"introduced by\n${address("never-asked")}, VP Sales\n(Paris)",\n${address("bob")},Bob\n`,
    people: ["ann", "bob"],
  },
  // A note of 250 lines, with an address on each tenth.
  {
    text: `linkedin_url,first_name,notes\n${address("cat")},Cat,"${Array.from({ length: 250 }, (_none, n) => (n % 10 === 0 ? `${address(`inner-${n}`)},x,y` : `line ${n}`)).join("\n")}"\n${address("dan")},Dan,\n`,
    people: ["cat", "dan"],
  },
  // The words that a spreadsheet writes where it found nothing.
  {
    text: `linkedin_url,first_name\n${["#N/A", "#REF!", "null", "undefined"].map((name, n) => `${address(`eve-${n}`)},${name}`).join("\n")}\n`,
    people: ["eve-0", "eve-1", "eve-2", "eve-3"],
  },
];

/** Texts in the notation of other tools, or of none. */
export const TEXTS: readonly string[] = [
  "Hello {first_name}",
  "Hello {{{first_name}}}",
  "Hello %FIRSTNAME%",
  "{Hi|Hello} {{first_name|there}}",
  'Hello {{first_name|default:"there"}}',
  "Hello #firstName#",
];

/** Addresses as they are copied out of mails and browsers, and whose profile is meant. */
export const ADDRESSES: readonly { copied: string; person: string }[] = [
  { copied: `${address("copied-0")},`, person: "copied-0" },
  { copied: `${address("copied-1")}).`, person: "copied-1" },
  { copied: `${address("copied-2")}&trk=x`, person: "copied-2" },
  { copied: "https://www.linkedin.com/sales/lead/ACwAAAabc,NAME_SEARCH,x", person: "copied-3" },
  { copied: "https://www.linkedin.com/comm/in/copied-4", person: "copied-4" },
];
