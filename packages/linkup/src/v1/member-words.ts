/**
 * Whether an answer's text speaks of the member: a session that is dead, a limit of LinkedIn's, a restriction, or a recipient who is refused.
 * It reads; nothing of the text leaves it.
 */
/** An explanation is short; of more than this nothing is looked at, as looking costs time. */
const MOST_CHARACTERS = 2_000;

function plain(text: string): string {
  return text
    .slice(0, MOST_CHARACTERS)
    .toLowerCase()
    .replaceAll("’", "'")
    .replaceAll(/\S*linkedin\.com\S*/g, " ")
    .replaceAll(/[_\s]+/g, " ");
}

/** Places in a list and the like, which are called tokens, too. */
const OTHER_TOKEN = /\b(?:page|paging|pagination|cursor|next|continuation|sync|csrf|api)[ -]?tokens?\b|\bcursors?\b/g;
const SESSION = /\b(?:sessions?|cookies?|li at|log ?in tokens?|linkedin tokens?|access tokens?|auth\w* tokens?)\b/;
const TOKEN = /\btokens?\b/;
const DEAD = /\b(?:invalid\w*|expire[ds]?|revoked|not valid|no longer (?:valid|active)|terminated|logged out|signed out|has ended)\b/;

/** Whether the text says of a session, a cookie or a login token that it is dead. */
export function saysSessionDead(text: string): boolean {
  const words = plain(text).replaceAll(OTHER_TOKEN, " ");
  return SESSION.test(words) && DEAD.test(words);
}

/** The same of any token that is no place in a list: for answers whose status is about signing in. */
export function saysTokenDead(text: string): boolean {
  const words = plain(text).replaceAll(OTHER_TOKEN, " ");
  return (SESSION.test(words) || TOKEN.test(words)) && DEAD.test(words);
}

/** Bounds of an input are called limits, too. */
const LENGTH = /\b(?:characters?|chars|length|long|size|total results|page)\b/;
const LIMIT = /\b(?:limits?|limited|quota|too many|out of|maximum|max|exceeded|reached)\b/;
const INVITATIONS = /\b(?:invit\w*|connection requests?)\b/;
const WEEK = /\b(?:week|weekly)\b/;
const NOTE = /\b(?:notes?|custom (?:invit\w*|messages?)|personali[sz]ed (?:invit\w*|messages?|notes?))\b/;
const FUSE = /\bfuse limit\b/;

/** Whether the text speaks of LinkedIn's limit of notes that go with invitations. */
export function saysNoteLimit(text: string): boolean {
  const words = plain(text);
  return NOTE.test(words) && LIMIT.test(words) && !LENGTH.test(words);
}

/** Whether the text speaks of a limit of a week. */
export function saysWeeklyLimit(text: string): boolean {
  const words = plain(text);
  return WEEK.test(words) && LIMIT.test(words) && !LENGTH.test(words);
}

/** Whether the text speaks of LinkedIn's limit of invitations. */
export function saysInvitationLimit(text: string): boolean {
  const words = plain(text);
  return FUSE.test(words) || (INVITATIONS.test(words) && LIMIT.test(words) && !LENGTH.test(words));
}

const OWN_ACCOUNT =
  /\b(?:your (?:linkedin )?(?:account|profile)|linkedin account|account restricted|account (?:has been|is|was|got)(?: \w+)? restricted)\b/;
const RESTRICTED = /\b(?:restrict\w*|suspended|locked|blocked|banned|disabled|limited|under review)\b/;
const CHALLENGE = /\b(?:checkpoint|captcha|security challenge|challenge (?:required|needed|url)|verify (?:your identity|it's you))\b/;
/** The account with the provider is no member's. */
const PROVIDERS = /\b(?:linkup|api|subscription|credits?|billing|plan)\b/;

/** Whether the text says of the account that calls, not of the person called, that LinkedIn restricts it. */
export function saysAccountRestricted(text: string): boolean {
  const words = plain(text);
  if (PROVIDERS.test(words)) return false;
  return CHALLENGE.test(words) || (OWN_ACCOUNT.test(words) && RESTRICTED.test(words));
}

const ALREADY =
  /\balready (?:been )?(?:invited|connected|sent|pending|a connection|exists)\b|\b(?:invitation|invite|request)\b.*\b(?:already|is pending|still pending)\b|\balready\b.*\b(?:invitation|invite|connection request)\b/;
const RESEND =
  /\b(?:can ?not|can't|cant|unable to) (?:re-?send|send again|re-?invite)\b|\bresend yet\b|\brecently (?:withdrawn|withdrew|invited)\b/;
const BLOCKED =
  /\b(?:recipient|member|user|person|profile|contact)\b.*\b(?:blocked|unreachable|can(?:not|'t) be (?:reached|invited|messaged|contacted))\b|\bblocked (?:recipient|member|user|you|by)\b/;
const NO_CONNECTION =
  /\bno connection with\b|\bnot (?:a )?(?:1st|first)[ -]degree\b|\bnot (?:yet )?(?:connected|a connection)\b|\b(?:recipient|member|user|person) (?:does|do)(?: not|n't) accept\b/;

/** Whether the text refuses this recipient: invited already, not to be invited again yet, blocked, or no connection. */
export function saysRecipientRefused(text: string): boolean {
  const words = plain(text);
  if (OWN_ACCOUNT.test(words) || LENGTH.test(words)) return false;
  return ALREADY.test(words) || RESEND.test(words) || BLOCKED.test(words) || NO_CONNECTION.test(words);
}
