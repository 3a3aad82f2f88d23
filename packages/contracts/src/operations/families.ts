/**
 * Which kind of action an operation is to LinkedIn, as data: its limits, and so our rests and caps, go by families of operations. An
 * operation of no family (lists, lookups) is limited by itself.
 */
import { OPERATIONS, type OperationName } from "./catalogue.ts";
import { PERSON } from "./target.ts";

export const ACTION_FAMILIES = ["invite", "note", "message", "view", "search", "engage", "post", "withdraw", "write"] as const;
export type ActionFamily = (typeof ACTION_FAMILIES)[number];

type OwnFamily = Exclude<ActionFamily, "note" | "write">;

/** The family of each operation, `null` for what has none of its own. A write counts to `write`, too. */
export const FAMILY_OF_OPERATION: Record<OperationName, OwnFamily | null> = {
  "message.send": "message",
  "message.inbox": null,
  "message.conversation": null,
  "invitation.send": "invite",
  "invitation.accept": null,
  "invitation.withdraw": "withdraw",
  "invitation.status": null,
  "invitation.list": null,
  "invitation.sent": null,
  "connection.list": null,
  "recommendation.list": null,
  "profile.scrape": "view",
  "profile.me": null,
  "profile.contact": "view",
  "profile.search": "search",
  "company.info": null,
  "company.search": "search",
  "post.create": "post",
  "post.react": "engage",
  "post.comment": "engage",
  "post.answer-comment": "engage",
  "post.repost": "post",
  "post.time-spent": null,
  "post.reactions": null,
  "post.comments": null,
  "post.search": "search",
  "post.feed": null,
};

/** The field whose text is a note on LinkedIn, which has a limit of its own. */
const NOTES: Partial<Record<OperationName, string>> = { "invitation.send": "message" };

/** The note that goes with a job; empty for none. */
export function noteIn(operation: OperationName, input: Readonly<Record<string, unknown>>): string {
  return String(input[NOTES[operation] ?? ""] ?? "");
}

/** The input of a job without the note that goes with it. */
export function withoutNote<Input extends Readonly<Record<string, unknown>>>(operation: OperationName, input: Input): Input {
  const field = NOTES[operation];
  if (field === undefined) return input;
  const { [field]: _note, ...kept } = input;
  return kept as Input;
}

/** The scopes of a job: its operation first, then the families that it belongs to. */
export function scopesOf(operation: OperationName, input: Readonly<Record<string, unknown>>): string[] {
  const family = FAMILY_OF_OPERATION[operation];
  return [
    operation,
    ...(family === null ? [] : [family]),
    ...(noteIn(operation, input) === "" ? [] : ["note"]),
    ...(OPERATIONS[operation].kind === "write" ? ["write"] : []),
  ];
}

const NOT_OWN: ReadonlySet<string> = new Set(["note", "write"] satisfies ActionFamily[]);

/**
 * The scope that rests when LinkedIn limits a job of these scopes: its family, or its operation where it has none; `note`: notes alone where it
 * has one.
 */
export function restScope(scopes: readonly string[], kind: "family" | "note"): string {
  if (kind === "note" && scopes.includes("note")) return "note";
  const [operation = "", ...families] = scopes;
  return families.find((family) => !NOT_OWN.has(family)) ?? operation;
}

/** The operations that LinkedIn's other members may see. */
export const WRITE_OPERATIONS: readonly OperationName[] = (Object.keys(OPERATIONS) as OperationName[]).filter(
  (name) => OPERATIONS[name].kind === "write",
);

/** The operations that reach the person whom they name: a suppression stops these. */
export const REACHING_OPERATIONS: readonly OperationName[] = WRITE_OPERATIONS.filter((name) => OPERATIONS[name].target === PERSON);
