/** The read that looks whether a write was done. Pure: from the job's own data, and from what is known of the write. */
import { OPERATIONS, type OperationName, type ParsedJob } from "@linkup-queue/contracts";
import { jobTarget } from "./job-target.ts";
import { type Reconciling, textDigest } from "./reconciling.ts";

export type Look = { operation: OperationName; input: Readonly<Record<string, unknown>> };

const LOOKS: readonly OperationName[] = ["invitation.status", "message.conversation"];

/** As many messages as one credit buys. */
const MESSAGES = 10;

/** The read that looks for a write with this input; null where none can. */
export function lookFor(operation: OperationName, { linkedin_url }: Readonly<Record<string, unknown>>): Look | null {
  if (operation === "invitation.send") return checked({ operation: "invitation.status", input: { linkedin_url } });
  if (operation === "message.send") return checked({ operation: "message.conversation", input: { linkedin_url, total_results: MESSAGES } });
  return null;
}

/**
 * The next look; null where the job's data is not that of the write any more, or names nobody who can be looked up. `self`: a digest of the name
 * that the account's own messages bear, empty while nobody knows: then that is looked up first.
 */
export function planLook(reconciling: Reconciling, { operation, data }: ParsedJob, self: string): Look | null {
  if (data.accountId !== reconciling.account || jobTarget(operation, data) !== reconciling.target) return null;
  const look = reconciling.of === undefined ? lookForOwn(reconciling, operation, data.input) : lookForAnother(operation, data.input);
  return look?.operation !== "message.conversation" || self !== "" ? look : { operation: "profile.me", input: {} };
}

function lookForOwn({ text }: Reconciling, operation: OperationName, input: Readonly<Record<string, unknown>>): Look | null {
  const { message_text } = input;
  if (operation === "message.send" && (typeof message_text !== "string" || textDigest(message_text) !== text)) return null;
  return lookFor(operation, input);
}

/** The job is a look itself. Never a write, whoever edited its name. */
function lookForAnother(operation: OperationName, input: Readonly<Record<string, unknown>>): Look | null {
  return LOOKS.includes(operation) ? checked({ operation, input }) : null;
}

function checked({ operation, input }: Look): Look | null {
  const read = OPERATIONS[operation].input.safeParse(input);
  return read.success ? { operation, input: read.data } : null;
}
