/**
 * Whether an answer's text speaks of LinkUp's own service (a version that is retired, a path that is gone) or of the thing a job asked for.
 * "V1 is no longer available" is the first, "this post is no longer available" the second. It reads; nothing of the text leaves it.
 */
/** Names of the service, beside the words that say that it ended. */
const SERVICE = /\b(?:apis?|versions?|endpoints?|routes?)\b/;
const NUMBERED = /\bv\d+\b/;
const ENDED =
  /\b(?:deprecat\w+|retired?|sunset\w*|discontinued|decommission\w*|obsolete|end[ -]of[ -](?:life|support)|eol|shut ?down|phased out|switched off|turned off|no longer|unsupported|not supported|removed|replaced)\b/;
const TO_NEXT = /\b(?:use|upgrade|migrate|switch|move)\b.*\b(?:v2|version 2)\b/;
const NO_ROUTE =
  /\b(?:endpoints?|routes?|methods?)\b.*\b(?:not found|not allowed|not implemented|does not exist|doesn't exist|unknown)\b|\b(?:no|unknown|invalid) (?:such )?(?:endpoint|route|api version|version)\b|\bcannot (?:post |get )?endpoint\b/;

/** Objects of jobs, and the parts of an input. */
const THING =
  /\b(?:posts?|profiles?|jobs?|messages?|members?|persons?|people|users?|recipients?|contacts?|compan(?:y|ies)|organi[sz]ations?|schools?|pages?|groups?|invitations?|conversations?|comments?|reactions?|connections?|accounts?|content|articles?|media|files?|links?|urls?|cookies?|tokens?|sessions?|credits?|keys?|parameters?|fields?|values?|filters?|formats?)\b/;
const THINGS_API = new RegExp(`${THING.source} (?=(?:apis?|endpoints?|routes?)\\b)`, "g");
const GONE =
  /\b(?:not found|no longer|not exist|doesn't exist|unavailable|not available|deleted|removed|invalid|could not|couldn't|cannot|unable)\b/;

/** An explanation is short; of more than this nothing is looked at, as looking costs time. */
const MOST_CHARACTERS = 2_000;

/** The text's clauses, in which an address of LinkedIn's stands as a profile and any other path as an endpoint. */
function clauses(text: string): string[] {
  const plain = text
    .slice(0, MOST_CHARACTERS)
    .toLowerCase()
    .replaceAll("’", "'")
    .replaceAll(/\S*linkedin\.com\S*/g, " profile ")
    .replaceAll(/(?<=^|[\s"'(:])(?:https?:\/)?\/\S+/g, (path) => ` endpoint ${path.includes("/v2") ? "v2 " : ""}`)
    .replaceAll(/[_/]/g, " ");
  return plain.split(/[.!?;:\n]+/).map((clause) => clause.replaceAll(/\s+/g, " ").replaceAll(THINGS_API, ""));
}

/** Whether the text says that the service's version, or the path that was called, is not there any more. */
export function saysServiceEnded(text: string): boolean {
  return clauses(text).some((clause) => {
    if (TO_NEXT.test(clause) || NO_ROUTE.test(clause)) return true;
    if (!ENDED.test(clause)) return false;
    return NUMBERED.test(clause) || (SERVICE.test(clause) && !THING.test(clause));
  });
}

/** Whether the text says of a thing that jobs ask for that it is not to be had. */
export function saysThingIsGone(text: string): boolean {
  return clauses(text).some((clause) => THING.test(clause) && GONE.test(clause) && !SERVICE.test(clause) && !NUMBERED.test(clause));
}
