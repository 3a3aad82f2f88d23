/** Texts with `{{field}}` and `{{field|default}}`, filled from a recipient's fields. Pure; it never evaluates anything. */
import { fieldValue, type Issue, issuesOf, OPERATIONS, type Operation, type OperationName } from "@linkup-queue/contracts";
import { z } from "zod";

export type Fields = Readonly<Record<string, string>>;

/** A name may be written as the list has it: `{{First Name}}`, `{{Prénom}}`. */
export const PLACEHOLDER = /\{\{\s*(\p{L}(?:[\p{L}\p{M}\p{N}_ -]{0,58}[\p{L}\p{M}\p{N}_])?)\s*(?:\|([^{}]*))?\}\}/gu;

/** The input of an operation with its placeholders, as a campaign keeps it. */
export type InputTemplate = Readonly<Record<string, unknown>>;

/** Every field that a template names, with whether it has a default. */
export function templateFields(template: InputTemplate): Map<string, boolean> {
  const found = new Map<string, boolean>();
  for (const text of textsOf(template)) {
    for (const [, name = "", fallback] of text.matchAll(PLACEHOLDER)) found.set(name, (found.get(name) ?? true) && fallback !== undefined);
  }
  return found;
}

/** Mistakes in a template itself: braces that are no placeholder. */
export function templateIssues(template: InputTemplate): Issue[] {
  return Object.entries(template).flatMap(([name, value]) => {
    const bare = textsOf({ value }).map((text) => text.replaceAll(PLACEHOLDER, ""));
    return bare.some((text) => /\{\{|\}\}/.test(text))
      ? [{ path: `input.${name}`, message: "has {{ or }} that is no {{field}} or {{field|default}}" }]
      : [];
  });
}

/** Problems of a template whoever the recipient is: unknown and missing fields, and the fields that name no recipient's field. */
export function inputTemplateIssues(operation: OperationName, template: InputTemplate): Issue[] {
  const definition: Operation = OPERATIONS[operation];
  const parsed = definition.input.safeParse(template);
  if (parsed.success) return [];
  const varies = (path: readonly PropertyKey[]) => templateFields({ value: template[String(path[0])] }).size > 0;
  const fixed = parsed.error.issues.filter((issue) => issue.code === "unrecognized_keys" || !varies(issue.path));
  return issuesOf(new z.ZodError(fixed)).map(({ path, message }) => ({ path: path === "" ? "input" : `input.${path}`, message }));
}

type Part = string | { name: string; fallback: string | null };
const PARTS = new Map<string, readonly Part[]>();
const MOST_KEPT = 1_000;

/** A text cut at its placeholders; the same for every recipient, so it is kept. */
function partsOf(text: string): readonly Part[] {
  const known = PARTS.get(text);
  if (known !== undefined) return known;
  const parts: Part[] = [];
  let from = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    const [whole, name = "", fallback] = match;
    if (match.index > from) parts.push(text.slice(from, match.index));
    parts.push({ name, fallback: fallback === undefined ? null : fallback.trim() });
    from = match.index + whole.length;
  }
  if (from < text.length) parts.push(text.slice(from));
  if (PARTS.size >= MOST_KEPT) PARTS.clear();
  PARTS.set(text, parts);
  return parts;
}

/** Fills a template; empty fields take the default. Answers what is missing instead when a field has no value and no default. */
export function fillTemplate(template: InputTemplate, fields: Fields): { input: Record<string, unknown>; missing: string[] } {
  const missing = new Set<string>();
  const fill = (value: unknown): unknown => {
    if (typeof value === "string") {
      let whole = "";
      for (const part of partsOf(value)) {
        if (typeof part === "string") {
          whole += part;
          continue;
        }
        const given = fieldValue(fields, part.name);
        if (given) whole += given;
        else if (part.fallback === null) missing.add(part.name);
        else whole += part.fallback;
      }
      return whole;
    }
    if (Array.isArray(value)) return value.map(fill);
    if (typeof value === "object" && value !== null)
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner)]));
    return value;
  };
  const input = fill(template) as Record<string, unknown>;
  return { input, missing: [...missing] };
}

export type Rendered =
  | { ok: true; input: Record<string, unknown> }
  /** `missing`: fields that are empty and have no default. */
  | { ok: false; issues: Issue[]; missing: readonly string[] };

/** A recipient's input, checked as the operation's own schema checks it: lengths that LinkUp refuses are caught here. */
export function renderInput(operation: OperationName, template: InputTemplate, fields: Fields): Rendered {
  const { input, missing } = fillTemplate(template, fields);
  if (missing.length > 0) {
    return {
      ok: false,
      missing,
      issues: missing.map((name) => ({ path: name, message: "is empty and the text has no default for it ({{field|default}})" })),
    };
  }
  const parsed = OPERATIONS[operation].input.safeParse(input);
  return parsed.success
    ? { ok: true, input: parsed.data }
    : { ok: false, missing: [], issues: issuesOf(parsed.error).map(({ path, message }) => ({ path: `input.${path}`, message })) };
}

/** Every text in a value, however deep. */
export function textsOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}
