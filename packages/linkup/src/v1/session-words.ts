/**
 * Whether an answer's text says that the account's session with LinkedIn is over, so that a log-in helps.
 * It reads; nothing of the text leaves it. A place in a list is no session, and an input's missing token is no dead one.
 */
import { namesAnothersAccount, plainText, saysAccountNotConnected, withoutLinkedInApi } from "./plain-text.ts";

/** Places in a list and the like, which are called tokens, too. */
const OTHER_TOKEN = /\b(?:page|paging|pagination|cursor|next|continuation|sync|csrf|api)[ -]?tokens?\b|\bcursors?\b/g;
const SESSION = /\b(?:sessions?|cookies?|li at|log ?in tokens?|linkedin tokens?|access tokens?|auth\w* tokens?)\b/;
const TOKEN = /\btokens?\b/;
const DEAD = /\b(?:invalid\w*|expire[ds]?|revoked|not valid|no longer (?:valid|active)|terminated|logged out|signed out|has ended)\b/;

/** Words that say so of the session beside which they stand, and of many another thing that is farther off. */
const OVER =
  "(?:timed[ -]?out|time[ -]?out|expir(?:y|ing|ation)|ended|over|closed|lost|killed|destroyed|dropped|cleared|inactive|dead|stale|outdated|rejected|refused|unauthori[sz]ed|unauthenticated|not (?:found|active|accepted|recogni[sz]ed|authori[sz]ed|authenticated|logged in)|no longer \\w+|(?:does|did)(?: not|n't) exist)";
const SESSION_OVER = new RegExp(
  [
    `\\b(?:sessions?|cookies?|li at)(?: (?:has|have|had|is|was|were|been|got|being|already|probably|may have|seems|to))*[ :-]+${OVER}\\b`,
    "\\b(?:no|not a|bad|wrong|stale|dead|lost|unknown|outdated|rejected) (?:(?:active|valid|live|current|open|linkedin|user) ){0,2}(?:sessions?|cookies?)\\b",
  ].join("|"),
);

const IN = "(?:log|sign)[ -]?(?:back[ -])?in(?:to)?\\b(?! (?:tokens?|credentials?|e-?mails?|codes?))";
const SIGNED = "(?:log|sign)(?:g?ed|ning)?[ -]?";
/** The same without a session's name: what a person is told whose session is over. */
const SIGN_IN_ANEW = new RegExp(
  [
    `\\b${SIGNED}out\\b`,
    `(?:\\bnot|n't|\\bno longer)(?: \\w+)? ${SIGNED}in\\b`,
    `\\b(?:please|kindly|must|need|needs|needed|have|has|required?|ask(?:s|ed)|should)(?: (?:to|first|be|you|now|the user))* (?:re-?)?(?:${IN}|${SIGNED}in\\b)`,
    `\\b${IN}(?: \\w+){0,4} (?:again|anew|once more|first|to continue|to proceed)\\b`,
    "\\b(?:log|sign)[ -]?in (?:is |was )?(?:required|needed|necessary)\\b",
    "\\bre-?(?:log(?:g?ed)?[ -]?in|login|authenticat\\w+|authori[sz](?:e|ation))\\b",
    "\\bre-?connect\\w* (?:to )?(?:(?:your|the|this|its|my) )?(?:linkedin(?: account)?|accounts?|session)\\b|\\baccounts? (?:\\w+ ){0,4}reconnect\\w*",
    "\\baccounts? (?:(?:is|was|has|been|got|currently|now) ){0,3}(?:disconnected|inactive|unauthenticated|not authenticated)\\b",
    "\\blinkedin (?:authentication|authorization|log[ -]?in|sign[ -]?in|credentials?) (?:(?:is|are|was|has|have) )?(?:failed|required|expired|lost|invalid|no longer \\w+)\\b",
    "\\bnot authenticated (?:with|at|on|to) linkedin\\b",
    "\\b(?:log|sign)[ -]?in (?:has |attempt )?failed\\b|\\b(?:could not|couldn't|cannot|can't|unable to|failed to) (?:log|sign)[ -]?in\\b(?! tokens?)",
    "\\bplease re-?connect\\b(?! (?:with|to) (?!linkedin))",
    "\\bauth[ -]?wall\\b|\\bredirect\\w* to (?:the |a |linkedin )*(?:log|sign)[ -]?in\\b",
  ].join("|"),
);
/** The provider's own account is signed in to by other means. */
const PROVIDERS = /\b(?:linkup|api|subscription|credits?|billing|invoices?|payments?|plan|dashboard)\b/;
/** Who calls too much is not helped by a log-in, which is one more call. */
const RATE = /\brate[ -]limit|\btoo many (?:\w+ )?requests\b/;

function saysSessionOver(words: string): boolean {
  if (SESSION_OVER.test(words)) return true;
  if (saysAccountNotConnected(words)) return true;
  return SIGN_IN_ANEW.test(words) && !PROVIDERS.test(withoutLinkedInApi(words)) && !namesAnothersAccount(words);
}

function spoken(text: string): string {
  return plainText(text).replaceAll(OTHER_TOKEN, " ");
}

/** Whether the text says of a session, a cookie or a login token that it is dead, or asks for a new log-in. */
export function saysSessionDead(text: string): boolean {
  const words = spoken(text);
  if (RATE.test(words)) return false;
  return (SESSION.test(words) && DEAD.test(words)) || saysSessionOver(words);
}

/** The same of any token that is no place in a list: for answers whose status is about signing in. */
export function saysTokenDead(text: string): boolean {
  const words = spoken(text);
  return (TOKEN.test(words) && DEAD.test(words) && !RATE.test(words)) || saysSessionDead(text);
}
