/** The docs page of the catalogue, as a pure function of it: docs that are written by hand go stale. */
import { z } from "zod";
import { MAX_JOB_BYTES, MAX_JSON_DEPTH, MAX_JSON_MEMBERS, MAX_REQUEST_BYTES, MAX_ROW_FIELDS, MAX_ROW_LENGTH } from "../input/bounds.ts";
import { OPERATION_NAMES, OPERATIONS } from "./catalogue.ts";
import type { Operation } from "./operation.ts";
import { CALL_QUEUES } from "./queue-names.ts";

/** The part of JSON Schema that is read here. */
const FieldSchema = z.looseObject({
  type: z.string().optional(),
  description: z.string().optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  maxLength: z.number().optional(),
});
type FieldSchema = z.infer<typeof FieldSchema>;
const InputSchema = z.looseObject({ properties: z.record(z.string(), FieldSchema).default({}), required: z.array(z.string()).default([]) });

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function bounds(field: FieldSchema): string {
  if (field.enum !== undefined) return field.enum.map((value) => `\`${value}\``).join(" ");
  if (field.minimum !== undefined && field.maximum !== undefined) return `${field.minimum} to ${field.maximum}`;
  if (field.maxLength !== undefined) return `at most ${field.maxLength} characters`;
  return "";
}

function fieldRows(operation: Operation): string[] {
  const { properties, required } = InputSchema.parse(z.toJSONSchema(operation.input, { io: "input" }));
  return Object.entries(properties).map(([name, field]) => {
    const need = required.includes(name) ? "required" : "";
    return `| \`${name}\` | ${field.type ?? ""} | ${need} | ${cell(bounds(field))} | ${cell(field.description ?? "")} |`;
  });
}

function section(name: keyof typeof OPERATIONS): string {
  const operation: Operation = OPERATIONS[name];
  const fields = fieldRows(operation);
  const table = ["| field | type | | bounds | meaning |", "| --- | --- | --- | --- | --- |", ...fields].join("\n");
  const target = operation.target === null ? "" : ` Target: ${operation.target.what}.`;
  const example = ` Least input: \`${JSON.stringify(operation.least)}\``;
  return `### ${name}\n\n${operation.summary}.${target}${example}\n\n${fields.length === 0 ? "No fields." : table}\n`;
}

function overviewRow(name: keyof typeof OPERATIONS): string {
  const { queue, kind, evidence }: Operation = OPERATIONS[name];
  return `| [\`${name}\`](#${name.replace(".", "")}) | ${queue} | ${kind} | ${evidence} |`;
}

/** The whole page as Markdown, ending in a newline. */
export function operationsPage(): string {
  const overview = OPERATION_NAMES.map(overviewRow).join("\n");
  const sections = CALL_QUEUES.map((queue) => {
    const names = OPERATION_NAMES.filter((name) => OPERATIONS[name].queue === queue);
    return `## Fields: ${queue}\n\n${names.map(section).join("\n")}`;
  }).join("\n");
  return `<!-- Written by \`npm run docs\` from the operation catalogue. Don't edit: change the catalogue and run that. -->
# Operations

The requests that a job may make. The job's name is the operation, \`data.input\` holds its fields; token and country come from the account. Unknown fields
are refused. A write leaves at most once. How each is asked for at LinkUp, what it costs, and what shows that it was done: [linkup-v1.md](linkup-v1.md).

## Bounds

Before any field is looked at, size, depth and count are: a job's \`data\` is at most ${MAX_JOB_BYTES} bytes of JSON as they lie in Redis, a body or a
line sent by HTTP or read by the command line ${MAX_REQUEST_BYTES}; any JSON is nested at most ${MAX_JSON_DEPTH} levels deep and has at most
${MAX_JSON_MEMBERS} fields and list entries, all levels together; a recipient's row is at most ${MAX_ROW_LENGTH} bytes long and has at most
${MAX_ROW_FIELDS} fields. A job beyond a bound ends \`invalid_input\`, free, without having been parsed; its data is not kept. An error lists its first
issues and counts the rest.

Characters are counted in one way everywhere, as UTF-16 units: most letters are one, most emoji two, some more, an accent that is written apart from its letter is one by itself;
blanks and line ends count. In a campaign they are counted once the fields are filled in, for each recipient: one whose note is too long is refused at the import.

## Overview

Evidence says how a row is known: \`documented\` (a page of the vendor), \`code\` (seen in client code only), \`inferred\` (from the vendor's v2),
\`assumed\` (nothing states it).

The target is the one to whom, or the object to which, it is done, however its address was spelled and whichever account does it. A batch's
idempotency key goes by it; what has no target, such as a search, goes by its whole content.

| operation | queue | kind | known by |
| --- | --- | --- | --- |
${overview}

${sections}
Some fields depend on others: \`message.conversation\` needs \`linkedin_url\` or \`conversation_id\`; \`end_page\` is not below \`start_page\`.
Addresses of members come out in one form, \`https://www.linkedin.com/in/<public id>\`, however they were spelled.
`;
}
