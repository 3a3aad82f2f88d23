/** Whom a job is about: the members that fields of its input name as a whole. A message that mentions somebody is not about them. */
import { type JobData, OPERATIONS, type OperationName, type Outcome, peopleOf, personKey } from "@linkup-queue/contracts";
import { z } from "zod";
import type { JobMeta } from "./job-meta.ts";

/** Data kept with an outcome that never leaves the store: an outcome that is read has none of it. */
export type KeptBeside = {
  /** Whom its job was about where the outcome does not say so itself: digests, see `personKey`. */
  about: readonly string[];
  /** A campaign's recipient, for exports and should the job be done again: long after BullMQ has dropped its data. */
  fields?: Readonly<Record<string, string>> | undefined;
};

const Fields = z.record(z.string(), z.unknown()).catch({});
const Data = z.object({
  input: Fields,
  recipientId: z.string().nullable().catch(null),
  template: z.object({ fields: Fields }).catch({ fields: {} }),
});

/** A text that could be an address, a profile's URN or a bare profile id: short of that, nothing is parsed or thrown. */
const PERSON = /\/in\/|^\s*(?:urn:li:|A[A-Z][A-Za-z]AA)/i;

function keyOf(value: unknown): string[] {
  if (typeof value !== "string" || value.length > 2_048 || !PERSON.test(value)) return [];
  try {
    return [personKey(value)];
  } catch {
    return [];
  }
}

/** The people that a job's data, which may be anything, is about: digests, see `personKey`. */
export function peopleOfJob(data: unknown): string[] {
  const read = Data.safeParse(data);
  if (!read.success) return [];
  const { recipientId, input, template } = read.data;
  return [...new Set([recipientId, ...Object.values(input), ...Object.values(template.fields)].flatMap(keyOf))];
}

/** Whom a job of checked data reaches: its operation's target and the recipient that it is for, who may be spelled in two ways. */
export function peopleReached(operation: OperationName, { input, recipientId }: Pick<JobData, "input" | "recipientId">): string[] {
  return [...new Set([OPERATIONS[operation].target?.of(input), recipientId].flatMap(keyOf))];
}

/** As `peopleReached`, of a job's data, which may be anything. */
export function peopleReachedBy(operation: OperationName, data: unknown): string[] {
  const read = Data.safeParse(data);
  if (!read.success) return [];
  const { recipientId, input } = read.data;
  return peopleReached(operation, { input, ...(recipientId === null ? {} : { recipientId }) });
}

const Template = z.object({ template: z.object({ fields: z.record(z.string(), z.string()) }) });

/**
 * Data kept beside a job's outcome: those whom the job is about (see `JobMeta`) and the outcome does not name itself, and from the job's
 * data, where it is at hand, a campaign's recipient.
 */
export function keptBeside({ about = [] }: JobMeta, outcome: Outcome, data?: unknown): KeptBeside {
  const named = peopleOf(outcome);
  return { about: about.filter((person) => !named.has(person)), fields: Template.safeParse(data).data?.template.fields };
}
