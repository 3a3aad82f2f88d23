/** A provider's text in the form that readers of its words match on. */

/** An explanation is short; of more than this nothing is looked at, as looking costs time. */
const MOST_CHARACTERS = 2_000;

/** The text in small letters, with single blanks in the place of `_`, without addresses of LinkedIn's. */
export function plainText(text: string): string {
  return text
    .slice(0, MOST_CHARACTERS)
    .toLowerCase()
    .replaceAll("’", "'")
    .replaceAll(/\S*linkedin\.com\S*/g, " ")
    .replaceAll(/[_\s]+/g, " ");
}

/** LinkUp's own word for an error of LinkedIn's, which says nothing of whose account it is. */
const LINKEDINS = /\blinkedin api(?: errors?)?\b/g;

/** The same without LinkUp's word for an error of LinkedIn's: an api that is named then is LinkUp's. */
export function withoutLinkedInApi(words: string): string {
  return words.replaceAll(LINKEDINS, " ");
}

/** Another member's account, as people name it: no account that calls. */
const ANOTHERS =
  /\b(?:(?:recipient|member|user|person|contact|target|invitee|addressee|prospect|lead|participant)(?:'s|s'|s)?|their|his|her) (?:\w+ )?(?:accounts?|profiles?)\b|\baccounts? (?:of|belonging to) (?:the |this |that |a )?(?:recipient|member|user|person|contact|target|prospect|lead)\b|\baccounts? (?:that |which )?you(?:'re| are)? (?:try\w*|want\w*|attempt\w*|wish\w*)\b/;

/** The account itself is out of touch with LinkedIn; no word of whom it knows. */
const ACCOUNT_NOT_CONNECTED =
  /\baccounts? (?:(?:is|was|has|been|are|currently) ){0,3}(?:not|no longer) connected\b(?! (?:to|with) (?!linkedin))/;

/** Whether the text says of the account itself that it is not connected. */
export function saysAccountNotConnected(words: string): boolean {
  return ACCOUNT_NOT_CONNECTED.test(words) && !namesAnothersAccount(words);
}

/** Whether the text names the account of another member. */
export function namesAnothersAccount(words: string): boolean {
  return ANOTHERS.test(words);
}
