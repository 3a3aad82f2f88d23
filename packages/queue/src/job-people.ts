/** Whom a job is about: the members that fields of its input name as a whole. A message that mentions somebody is not about them. */
import { type Outcome, peopleOf, personKey } from "@linkup-queue/contracts";
import { z } from "zod";

const Fields = z.record(z.string(), z.unknown()).catch({});
const Data = z.object({
  input: Fields,
  recipientId: z.string().nullable().catch(null),
  template: z.object({ fields: Fields }).catch({ fields: {} }),
});

function keyOf(value: unknown): string[] {
  // Short of what could be an address, nothing is parsed or thrown.
  if (typeof value !== "string" || value.length > 2_048 || !/\/in\//i.test(value)) return [];
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

/** Those of them whom the outcome does not name itself. */
export function aboutOf(data: unknown, outcome: Outcome): string[] {
  const named = peopleOf(outcome);
  return peopleOfJob(data).filter((person) => !named.has(person));
}
