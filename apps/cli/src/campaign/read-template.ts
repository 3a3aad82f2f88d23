/** A campaign's input from the command line: as JSON, from a file of JSON, or field by field. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { LinkupError, parseSentJson } from "@linkup-queue/contracts";
import { fieldKinds, readField } from "../enqueue/field-kinds.ts";
import { UsageError } from "../terminal/console-io.ts";
import { readInput } from "../terminal/input-option.ts";

export type TemplateSource = {
  /** The values of the --input options: `{...}`, `@file` or `field=value`. */
  parts: readonly string[];
  operation: string;
  /** Where relative names of files begin. */
  folder: string;
};

const FIELD = /^([A-Za-z][A-Za-z0-9_]{0,99})=([\s\S]*)$/;

/** All parts together. Throws UsageError for one of no such form or a field given twice, LinkupError `invalid_input`, `not_found`. */
export async function readTemplate({ parts, operation, folder }: TemplateSource): Promise<Record<string, unknown>> {
  const kinds = fieldKinds(operation);
  const template = new Map<string, unknown>();
  for (const part of parts) {
    const [, name = "", text = ""] = FIELD.exec(part) ?? [];
    const members = name === "" ? Object.entries(await readObject(part, folder)) : [[name, readField(text, kinds.get(name))] as const];
    for (const [field, value] of members) {
      if (template.has(field)) throw new UsageError("--input gives one field twice");
      template.set(field, value);
    }
  }
  return Object.fromEntries(template);
}

/** The steps of a sequence, from a file of JSON; unchecked. Throws LinkupError `invalid_input`, `not_found`. */
export async function readSteps(file: string, folder: string): Promise<unknown> {
  return readWhole(await readSource(resolve(folder, file)), "--steps");
}

async function readObject(part: string, folder: string): Promise<object> {
  const value = part.startsWith("@") ? readWhole(await readSource(resolve(folder, part.slice(1))), "--input") : readInline(part);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new LinkupError("invalid_input", "--input must be a JSON object");
}

function readInline(part: string): unknown {
  if (part.trimStart().startsWith("{")) return readInput(part);
  throw new UsageError(`--input must be '{"field": "value"}', @file.json, or field=value`);
}

function readWhole(text: string, option: string): unknown {
  try {
    return parseSentJson(text);
  } catch (thrown) {
    const [issue] = LinkupError.from(thrown).issues ?? [];
    throw new LinkupError("invalid_input", `The file of ${option} ${issue?.message ?? "is not JSON"}`, { cause: thrown });
  }
}

async function readSource(path: string): Promise<string> {
  try {
    return (await readFile(path, "utf8")).replace(/^\uFEFF/, "");
  } catch (cause) {
    throw new LinkupError("not_found", `There is no readable file ${path}`, { cause });
  }
}
