/** Turns the recipients file into jobs. It checks nothing about them: what is wrong in a row is for the worker to say. */
import { readFile } from "node:fs/promises";
import { operationOf } from "@linkup-queue/contracts";
import type { NewJob } from "./examples/add-jobs.mjs";

/** One line of the file. */
export type Recipient = { recipientId: string; operation: string; input: Record<string, unknown> };

const FILE = new URL("../recipients.ndjson", import.meta.url);
const PROFILE = /^https:\/\/www\.linkedin\.com\/in\/[^/?#]+$/;

/** The rows of the file that ships with the project. */
export async function readRecipients(): Promise<Recipient[]> {
  const text = await readFile(FILE, "utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Recipient);
}

/** The same row for somebody else: the file is walked again when more jobs are wanted than it has rows. */
function inRound({ recipientId, operation, input }: Recipient, round: number): Recipient {
  if (round === 0) return { recipientId, operation, input };
  const url = input["linkedin_url"];
  const isProfile = typeof url === "string" && PROFILE.test(url);
  return {
    recipientId: `${recipientId}-${round + 1}`,
    operation,
    input: isProfile ? { ...input, linkedin_url: `${url}-${round + 1}` } : input,
  };
}

/** `count` jobs, one person each, the accounts taking turns. */
export function jobsFor(
  recipients: readonly Recipient[],
  { count, accountIds }: { count: number; accountIds: readonly string[] },
): NewJob[] {
  return Array.from({ length: count }, (_, at) => {
    const row = recipients[at % recipients.length];
    const accountId = accountIds[at % accountIds.length];
    if (row === undefined || accountId === undefined) throw new RangeError("There must be a recipient and an account");
    const { recipientId, operation, input } = inRound(row, Math.floor(at / recipients.length));
    return {
      // An operation that nobody knows has no queue of its own.
      queue: operationOf(operation)?.queue ?? "messages",
      operation,
      jobId: `first-contact-${recipientId}`,
      data: { accountId, recipientId, input },
    };
  });
}
