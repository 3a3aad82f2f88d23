/**
 * Whether an answer's text speaks of the member: a limit of LinkedIn's, a restriction, or a recipient who is refused.
 * It reads; nothing of the text leaves it.
 */
import { namesAnothersAccount, plainText, saysAccountNotConnected, withoutLinkedInApi } from "./plain-text.ts";

/** Bounds of an input are called limits, too. */
const LENGTH = /\b(?:characters?|chars|length|long|size|total results|page)\b/;
const LIMIT = /\b(?:limits?|limited|quota|too many|out of|maximum|max|exceeded|reached)\b/;
const INVITATIONS = /\b(?:invit\w*|connection requests?)\b/;
const TOO_FAST = "too (?:fast|quickly|rapidly|often|frequently)";
/** Limits that are told without the word: too fast, none left, or no more for now. */
const FOR_NOW = new RegExp(
  [
    `\\b${TOO_FAST}\\b|\\bslow(?:ing)? down\\b`,
    "\\b(?:can(?:not|'t| not)|unable to|not (?:allowed|able|permitted) to|before) (?:\\w+ )?(?:send|sending|make|making) (?:any )?(?:more|further|additional|new)\\b",
    "\\b(?:no|0|zero) (?:more |remaining )?(?:\\w+ ){1,3}(?:left|remain\\w*|available)\\b|\\b(?:no more|no remaining|used (?:up )?all)\\b",
    "\\b(?:restricted|blocked|prevented|suspended|barred|stopped) from (?:\\w+ )?(?:sending|making|inviting|invitations?)\\b",
  ].join("|"),
);
/** They speak of one person then. */
const TO_ONE = /\b(?:to|with|for) (?:this|that|the|the same|one) (?:member|person|user|recipient|profile|contact|people)\b/;

function speaksOfLimit(words: string): boolean {
  return !LENGTH.test(words) && (LIMIT.test(words) || (FOR_NOW.test(words) && !TO_ONE.test(words)));
}

const WEEK = /\b(?:week|weekly)\b/;
const NOTE = /\b(?:notes?|custom (?:invit\w*|messages?)|personali[sz]ed (?:invit\w*|messages?|notes?))\b/;
const FUSE = /\bfuse limit\b/;

/** Whether the text speaks of LinkedIn's limit of notes that go with invitations. */
export function saysNoteLimit(text: string): boolean {
  const words = plainText(text);
  return NOTE.test(words) && speaksOfLimit(words);
}

/** LinkedIn's code and its page for members who have none left. */
const WEEK_USED_UP = /\b(?:connection limit reached|out of (?:\w+ )?invit\w*)\b/;

/** Whether the text speaks of a limit of a week, or of invitations that are used up, which come back after one. */
export function saysWeeklyLimit(text: string): boolean {
  const words = plainText(text);
  if (LENGTH.test(words)) return false;
  return WEEK_USED_UP.test(words) || (WEEK.test(words) && speaksOfLimit(words));
}

const PENDING = /\b(?:pending|outstanding|unanswered|sent) (?:\w+ )?(?:invit\w*|(?:connection )?requests?)\b|\bmax invitations? sent\b/;

/** Whether the text speaks of too many invitations that nobody answered. */
export function saysPendingLimit(text: string): boolean {
  const words = plainText(text);
  if (LENGTH.test(words)) return false;
  return /\bmax invitations? sent\b/.test(words) || (PENDING.test(words) && LIMIT.test(words) && !WEEK.test(words));
}

/** The member's own address; the recipient's is asked for in other words. */
const OWN_EMAIL =
  /\bprimary handle not confirmed\b|\bconfirm your (?:primary )?e-?mail\b|\byour (?:primary )?e-?mail (?:address )?(?:is |has )?(?:not|n't|un)[ -]?(?:been )?(?:confirmed|verified)\b/;

/** Whether LinkedIn asks this member to confirm an e-mail address before it takes more invitations. */
export function saysEmailUnconfirmed(text: string): boolean {
  return OWN_EMAIL.test(plainText(text));
}

const COMMERCIAL = /\bcommercial (?:use )?limit\b|\bmonthly (?:\w+ )?limit\b.*\bsearch\w*|\bmonthly (?:\w+ )?search\w* limit\b/;

/** Kinds of actions that LinkedIn counts. */
const ACTION =
  "(?:views?|viewing|visits?|search(?:es|ing)?|lookups?|messag(?:es?|ing)|in-?mails?|comments?|commenting|reactions?|likes?|follows?|posts?|posting|shar(?:es?|ing)|reposts?|withdrawals?|actions?|activit(?:y|ies)|profiles?)";
const HIT = "(?:exceeded|reached|hit|used up|exhausted)";
const ACTION_LIMIT = new RegExp(
  [
    `\\b${ACTION} (?:limits?|quotas?|allowance)\\b`,
    `\\b(?:limits?|quotas?|allowance|(?:maximum|max) (?:number|amount)) (?:of|for|on) (?:\\w+ ){0,3}${ACTION}\\b`,
    `\\b(?:too many|out of) (?:\\w+ ){0,2}${ACTION}\\b`,
    `\\b${ACTION} (?:\\w+ ){0,3}${TOO_FAST}\\b`,
  ].join("|"),
);
const SOME_LIMIT = new RegExp(
  [
    "\\b(?:daily|hourly|monthly|usage|use) (?:limits?|quotas?|allowance)\\b",
    `\\b(?:limits?|quotas?) (?:(?:has|have|is|was|were) (?:been )?)?${HIT}\\b`,
    `\\b${HIT} (?:the|your|a|an|its|this) (?:\\w+ ){0,2}(?:limits?|quotas?)\\b`,
    `\\byou(?:'re| are) (?:\\w+ )?(?:going|moving|acting|working|doing (?:this|that|it)) (?:\\w+ )?${TOO_FAST}\\b`,
  ].join("|"),
);
/** Bounds of an input or of a page, not of what a member may do. */
const BOUND =
  /\b(?:characters?|chars|words?|text|length|long|size|bytes|[km]b|total results|results?|rows|items|pages?|pagination|offset|parameters?|fields?|values?|between|integer|number of (?:pages|results)|filters?|keywords?|attachments?|files?|media|images?|hashtags?|mentions?|tags)\b/;
/** Limits of the key, which are told in other rows. */
const OF_THE_KEY = /\b(?:linkup|api|subscription|credits?|billing|plan|keys?|rates?|requests?|calls?|concurren\w+|seats?|trial)\b/;

function speaksOf(limit: RegExp, text: string): boolean {
  const words = withoutLinkedInApi(plainText(text));
  return limit.test(words) && !BOUND.test(words) && !OF_THE_KEY.test(words);
}

/** Whether the text speaks of the limit of a month that LinkedIn sets searches and views of profiles. */
export function saysCommercialLimit(text: string): boolean {
  return speaksOf(COMMERCIAL, text);
}

/** Whether the text speaks of a limit that LinkedIn sets this member for such actions, reads among them. */
export function saysActionLimit(text: string): boolean {
  return speaksOf(ACTION_LIMIT, text);
}

/** Whether the text speaks of a limit and does not say of what. A gateway's words for the key's are the same, so the status comes first. */
export function saysSomeLimit(text: string): boolean {
  return speaksOf(SOME_LIMIT, text);
}

/** Whether the text speaks of LinkedIn's limit of invitations. */
export function saysInvitationLimit(text: string): boolean {
  const words = plainText(text);
  return FUSE.test(words) || (INVITATIONS.test(words) && speaksOfLimit(words));
}

const RESTRICTED = "(?:restrict\\w*|suspended|locked|blocked|banned|disabled|limited|under review)";
const OWN = "(?:your (?:linkedin )?(?:account|profile)|linkedin account)";
/** Between the account and its restriction another member may stand, whose it is then. */
const BETWEEN =
  "(?: (?!members?\\b|users?\\b|recipients?\\b|persons?\\b|people\\b|contacts?\\b|profiles?\\b|their\\b|his\\b|her\\b)[\\w'-]+){0,6}?";
const OWN_ACCOUNT = new RegExp(`\\b${OWN}\\b`);
const OWN_RESTRICTED = new RegExp(
  [
    `\\b${OWN}\\b[:,]?${BETWEEN}[:,]? ${RESTRICTED}\\b`,
    `\\b${RESTRICTED}(?: (?:access|limits?|the|to|on|for|of|some|features))* ${OWN}\\b`,
    // An account of nobody's is the one that calls.
    "\\baccount(?: (?:has been|is|was|got|has))?(?: (?!temporarily\\b)\\w+)? restricted\\b|\\baccount[: -]*(?: \\w+){0,3} temporarily (?:restricted|limited|locked|suspended|blocked|disabled|banned)\\b",
    "\\baccount(?: (?:has been|is|was|got))? (?:locked|restricted|under review)\\b|\\brestriction (?:on|of) (?:the |this )?account\\b",
    "\\byour access to (?:linkedin|the account)(?: \\w+){0,3} (?:restricted|limited|suspended|blocked)\\b",
    "\\byou(?:'ve been|'re| have been| are| were) (?:temporarily )?restricted\\b(?! from)",
    "\\baccount restrictions?\\b|\\b(?:restricted|locked) (?:this|the) account\\b",
  ].join("|"),
);
/** Whoever blocked this account is its recipient. */
const BY_RECIPIENT =
  /\b(?:recipient|member|user|person|profile|contact|they|he|she)\b(?: \w+){0,2} (?:blocked|restricted|banned) (?:\w+ )?your (?:linkedin )?(?:account|profile)\b/;
const CHALLENGE =
  /\b(?:checkpoint|captcha|security (?:challenge|check|verification)|challenge (?:required|needed|url)|(?:verify|confirm) (?:your (?:identity|account|phone)|it's you)|(?:identity|account) verification|(?:unusual|suspicious|automated) activity)\b/;
/** LinkedIn's own status for one whom it takes for a program. */
const DENIED = /\b(?:http|status|code|error|linkedin)(?: code)?:? 999\b|\b999:? request denied\b/;
/** The account with the provider is no member's. */
const PROVIDERS = /\b(?:linkup|api|subscription|credits?|billing|plan)\b/;

/** Whether the text says of the account that calls, not of the person called, that LinkedIn restricts it. */
export function saysAccountRestricted(text: string): boolean {
  const words = plainText(text);
  if (PROVIDERS.test(withoutLinkedInApi(words))) return false;
  return CHALLENGE.test(words) || DENIED.test(words) || saysOwnRestricted(words);
}

function saysOwnRestricted(words: string): boolean {
  return OWN_RESTRICTED.test(words) && !BY_RECIPIENT.test(words) && !namesAnothersAccount(words);
}

const ALREADY =
  /\balready (?:been )?(?:invited|connected|sent|pending|a connection|exists)\b|\b(?:invitation|invite|request)\b.*\b(?:already|is pending|still pending)\b|\balready\b.*\b(?:invitation|invite|connection request)\b/;
const RESEND =
  /\b(?:can ?not|can't|cant|unable to) (?:re-?send|send again|re-?invite)\b|\bresend yet\b|\brecently (?:withdrawn|withdrew|invited)\b/;
const BLOCKED =
  /\b(?:recipient|member|user|person|profile|contact)\b.*\b(?:blocked|unreachable|can(?:not|'t) be (?:reached|invited|messaged|contacted))\b|\bblocked (?:recipient|member|user|you|by)\b/;
const NO_CONNECTION =
  /\bno connection with\b|\bnot (?:a )?(?:1st|first)[ -]degree\b|\bnot (?:yet )?(?:connected|a connection)\b|\b(?:recipient|member|user|person) (?:does|do)(?: not|n't) accept\b/;

/** A member may be either; a recipient is no account that calls. */
const RECIPIENT_RESTRICTED =
  /\b(?:recipient|invitee|addressee|target)(?:'s|s'|s)? (?:\w+ ){0,4}(?:restricted|suspended|locked|banned|disabled|limited)\b/;

/** Whether the text refuses this recipient: invited already, not to be invited again yet, blocked, or no connection. */
export function saysRecipientRefused(text: string): boolean {
  const words = plainText(text);
  if (LENGTH.test(words) || saysAccountNotConnected(words)) return false;
  if (BY_RECIPIENT.test(words) || RECIPIENT_RESTRICTED.test(words)) return true;
  if (OWN_ACCOUNT.test(words) && !namesAnothersAccount(words)) return false;
  return ALREADY.test(words) || RESEND.test(words) || BLOCKED.test(words) || NO_CONNECTION.test(words);
}
