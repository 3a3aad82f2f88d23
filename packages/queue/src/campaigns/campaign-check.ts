/** One row of a person's list against a campaign: does its text fit, and who is it. Everything is found here, before anything leaves. */
import { canonicalRecipient, type Issue, LinkupError, type RecipientRow } from "@linkup-queue/contracts";
import type { CampaignDefinition } from "./campaign-definition.ts";
import { MAX_RECIPIENT_ID_LENGTH, type Recipient } from "./campaign-recipients.ts";
import { type Fields, renderInput, templateFields } from "./campaign-template.ts";

export type RecipientChecked = { ok: true; recipient: Recipient } | { ok: false; issues: Issue[] };

/** The fields that a campaign's input names without a default. */
export function neededFields({ input }: CampaignDefinition): string[] {
  return [...templateFields(input)].flatMap(([name, hasDefault]) => (hasDefault ? [] : [name]));
}

/** Checks rows of one campaign; made once for all of them. */
export class RecipientCheck {
  readonly #definition: CampaignDefinition;
  readonly #urlVaries: boolean;

  constructor(definition: CampaignDefinition) {
    this.#definition = definition;
    this.#urlVaries = templateFields({ url: definition.input["linkedin_url"] }).size > 0;
  }

  /** The recipient of a row, or everything that is wrong with it. Without an id of its own its name is its profile's canonical address. */
  check({ recipientId, fields }: RecipientRow): RecipientChecked {
    const { operation, input } = this.#definition;
    const rendered = renderInput(operation, input, fields);
    if (!rendered.ok) return rendered;
    const named = recipientId ?? this.#address(rendered.input, fields);
    if (typeof named !== "string") return { ok: false, issues: [named] };
    if (named.length > MAX_RECIPIENT_ID_LENGTH)
      return { ok: false, issues: [{ path: "recipientId", message: `must be at most ${MAX_RECIPIENT_ID_LENGTH} characters` }] };
    return { ok: true, recipient: { id: named, fields } };
  }

  #address(input: Readonly<Record<string, unknown>>, fields: Fields): string | Issue {
    const rendered = input["linkedin_url"];
    // The operation's own schema has made it canonical.
    if (this.#urlVaries && typeof rendered === "string") return rendered;
    const given = Object.hasOwn(fields, "linkedin_url") ? fields["linkedin_url"] : undefined;
    if (given === undefined) return { path: "recipientId", message: "is required, as there is no linkedin_url to name the recipient by" };
    try {
      return canonicalRecipient(given);
    } catch (thrown) {
      return { path: "linkedin_url", message: LinkupError.from(thrown).message };
    }
  }
}
