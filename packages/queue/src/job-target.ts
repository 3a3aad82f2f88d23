/** What a call is about: the post, conversation or person that its input names, else its account. For telling refusals of one from those of all. */
import { hash } from "node:crypto";

/** Fields of inputs that name one object, the closest to the call first. */
const OBJECTS = ["comment_urn", "post_url", "conversation_id", "invitation_id", "entity_urn", "company_url", "linkedin_url"];

/**
 * A digest of the object that a checked input names, whichever account asks; of the account and the whole input when it names none.
 * Two jobs of one operation with the same digest would be refused for the same reason.
 */
export function jobTarget(accountId: string, input: Readonly<Record<string, unknown>>): string {
  const named = OBJECTS.find((field) => typeof input[field] === "string");
  const target = named === undefined ? [accountId, input] : [named, input[named]];
  return hash("sha256", JSON.stringify(target), "base64url").slice(0, 22);
}
