/** The way to a person's history: a form, as no address of a page names anybody. */
import { LinkupError, personKey } from "@linkup-queue/contracts";
import { actionForm } from "./actions.ts";
import { type Html, html } from "./html.ts";

/** `person`: an address of theirs, a profile id, or a recipientId. `label`: the words of the link; left out: the same. */
export function personLink(person: string, { csrf, label = person }: { csrf: string | null; label?: string | undefined }): Html {
  return html`${actionForm({ action: "find-person", label, fields: { url: person }, back: "/console/people", csrf, kind: "link" })}`;
}

/** The first member of an input that names a person as a whole, by an address or a profile id; null for none, or for what is no input. */
export function personIn(input: unknown): string | null {
  if (typeof input !== "object" || input === null) return null;
  return Object.values(input).find((value): value is string => typeof value === "string" && isPerson(value)) ?? null;
}

function isPerson(text: string): boolean {
  try {
    return personKey(text) !== "";
  } catch (thrown) {
    if (thrown instanceof LinkupError) return false;
    throw thrown;
  }
}
