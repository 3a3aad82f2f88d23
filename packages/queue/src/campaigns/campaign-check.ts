/** One row of a person's list against a campaign: does its text fit, and who is it. Everything is found here, before anything leaves. */
import {
  canonicalRecipient,
  type FieldUse,
  fieldKey,
  fieldValue,
  type Issue,
  issuesOf,
  LinkupError,
  RecipientId,
  type RecipientRow,
} from "@linkup-queue/contracts";
import { holdsPlaceholder } from "../job/unfilled-text.ts";
import type { CampaignDefinition } from "./campaign-definition.ts";
import type { Recipient } from "./campaign-recipients.ts";
import { inputsOf, renderSteps } from "./campaign-steps.ts";
import { type Fields, templateFields } from "./campaign-template.ts";

const UNFILLED = "holds a placeholder, such as {{first_name}}, that would be sent as it stands: fill it in the list";

export type RecipientChecked = { ok: true; recipient: Recipient } | { ok: false; issues: Issue[] };

/** How a field of the text stands in a list: rows that fill it, rows that take the default, and rows refused as it is empty and has none. */
export type FieldCounts = { filled: number; default: number; empty: number };

/** The fields of a list that a campaign reads: those of its text, and the address by which a recipient without an id is named. */
export function fieldUses(definition: Parameters<typeof inputsOf>[0]): FieldUse[] {
  const uses = new Map<string, FieldUse>();
  const named = [...templateFields(inputsOf(definition))].map(([name, hasDefault]) => ({ name, isNeeded: !hasDefault }));
  for (const use of [...named, { name: "linkedin_url", isNeeded: false }]) {
    const known = uses.get(fieldKey(use.name));
    uses.set(fieldKey(use.name), { name: known?.name ?? use.name, isNeeded: (known?.isNeeded ?? false) || use.isNeeded });
  }
  return [...uses.values()];
}

/** Checks rows of one campaign; made once for all of them. */
export class RecipientCheck {
  /** Of the fields of the text, over the rows that were checked. */
  readonly fields: Record<string, FieldCounts> = {};
  readonly #definition: CampaignDefinition;
  readonly #urlVaries: boolean;

  constructor(definition: CampaignDefinition) {
    this.#definition = definition;
    this.#urlVaries = templateFields({ url: definition.input["linkedin_url"] }).size > 0;
    for (const name of templateFields(inputsOf(definition)).keys()) this.fields[name] = { filled: 0, default: 0, empty: 0 };
  }

  /** The recipient of a row, or everything that is wrong with it. Without an id of its own its name is its profile's canonical address. */
  check({ recipientId, fields }: RecipientRow): RecipientChecked {
    const rendered = renderSteps(this.#definition, fields);
    if (!rendered.ok) {
      for (const name of rendered.missing) this.#count(name, "empty");
      return rendered;
    }
    const unfilled = Object.keys(this.fields).filter((name) => holdsPlaceholder(fieldValue(fields, name) ?? ""));
    if (unfilled.length > 0) return { ok: false, issues: unfilled.map((path) => ({ path, message: UNFILLED })) };
    const named = recipientId ?? this.#address(rendered.input, fields);
    if (typeof named !== "string") return { ok: false, issues: [named] };
    const id = RecipientId.safeParse(named);
    if (!id.success) return { ok: false, issues: issuesOf(id.error).map(({ message }) => ({ path: "recipientId", message })) };
    for (const name of Object.keys(this.fields)) this.#count(name, fieldValue(fields, name) ? "filled" : "default");
    return { ok: true, recipient: { id: id.data, fields } };
  }

  #count(name: string, what: keyof FieldCounts): void {
    const counts = this.fields[name];
    if (counts !== undefined) counts[what] += 1;
  }

  #address(input: Readonly<Record<string, unknown>>, fields: Fields): string | Issue {
    const rendered = input["linkedin_url"];
    // The operation's own schema has made it canonical.
    if (this.#urlVaries && typeof rendered === "string") return rendered;
    const given = fieldValue(fields, "linkedin_url");
    if (given === undefined) return { path: "recipientId", message: "is required, as there is no linkedin_url to name the recipient by" };
    try {
      return canonicalRecipient(given);
    } catch (thrown) {
      return { path: "linkedin_url", message: LinkupError.from(thrown).message };
    }
  }
}
