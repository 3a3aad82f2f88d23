/** The fields of an operation's input as a form has them, and the input that such a form means. */
import { LinkupError, OPERATIONS, type OperationName } from "@linkup-queue/contracts";
import { z } from "zod";
import { type Html, html } from "./html.ts";

/** The part of JSON Schema that is read here. */
const FieldSchema = z.looseObject({
  type: z.string().optional(),
  description: z.string().optional(),
  enum: z.array(z.string()).optional(),
  maxLength: z.number().optional(),
});
const InputSchema = z.looseObject({
  properties: z.record(z.string(), FieldSchema).default({}),
  required: z.array(z.string()).default([]),
});

/** Names of a form's fields that are members of the input. */
const PREFIX = "input.";
const SHORT = 200;

type Field = { name: string; isText: boolean; isNeeded: boolean; isLong: boolean; about: string; options: readonly string[] };

function fieldsOf(operation: OperationName): Field[] {
  const { properties, required } = InputSchema.parse(z.toJSONSchema(OPERATIONS[operation].input, { io: "input" }));
  return Object.entries(properties).map(([name, { type, description = "", enum: options = [], maxLength = SHORT }]) => {
    const isText = type === "string";
    const isLong = isText && options.length === 0 && maxLength >= SHORT && /text|message|note|comment/.test(name);
    const bound = isLong ? ` At most ${maxLength} characters with its fields filled.` : "";
    return { name, isText, isNeeded: required.includes(name), isLong, about: `${description}${bound}`, options };
  });
}

/** The address of a recipient is the list's, unless somebody writes another. */
const FIRST: Readonly<Record<string, string>> = { linkedin_url: "{{linkedin_url}}" };

/** One field for each member of the input; `input`: what there is already. */
export function textFields(operation: OperationName, input: Readonly<Record<string, unknown>> = FIRST): Html {
  return html`${fieldsOf(operation).map(({ name, isText, isNeeded, isLong, about, options }) => {
    const given = input[name];
    const value = given === undefined ? "" : shownValue(given);
    const id = `${PREFIX}${name}`;
    return html`<label for="${id}">${name}${isNeeded ? null : " (may be empty)"}</label>
${about === "" && isText ? null : html`<p class="hint">${about}${isText ? null : " As JSON."}</p>`}
${
  isLong
    ? html`<textarea id="${id}" name="${id}" rows="6"${isNeeded ? html` required` : null}>${value}</textarea>`
    : html`<input id="${id}" name="${id}" value="${value}"${isNeeded ? html` required` : null}${options.length === 0 ? null : html` list="${id}-options"`}>`
}${options.length === 0 ? null : html`<datalist id="${id}-options">${options.map((one) => html`<option value="${one}"></option>`)}</datalist>`}`;
  })}`;
}

/** Says that the form has the box, which a browser sends only where it is ticked. */
const ASKS_REPLY = "asksReply";

/** The box for those who answer; none for what is sent to nobody. */
export function replyField(operation: OperationName, isTicked: boolean): Html | null {
  return OPERATIONS[operation].kind === "write" ? replyBox(isTicked) : null;
}

/** The box for those who answer, whatever is sent. */
export function replyBox(isTicked: boolean): Html {
  return html`<input type="hidden" name="${ASKS_REPLY}" value="1">
<label class="tick"><input type="checkbox" name="stopOnReply" value="1"${isTicked ? html` checked` : null}> write no more to a person who answered</label>`;
}

/** The member of the definition that such a form says. */
export function replyIn(form: Readonly<Record<string, string>>): { stopOnReply?: boolean } {
  return form[ASKS_REPLY] === undefined ? {} : { stopOnReply: form["stopOnReply"] === "1" };
}

/** The members of an input as hidden fields of a form. */
export function hiddenInput(input: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [`${PREFIX}${name}`, shownValue(value)]));
}

const shownValue = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** The input that a form's fields mean; those left empty are left out. Throws `invalid_input` for a field that is to be JSON and is none. */
export function inputIn(operation: OperationName, form: Readonly<Record<string, string>>): Record<string, unknown> {
  const given = fieldsOf(operation).flatMap(({ name, isText }): [string, unknown][] => {
    // A browser sends a line's end as two characters.
    const text = (form[`${PREFIX}${name}`] ?? "").replaceAll("\r\n", "\n");
    return text === "" ? [] : [[name, isText ? text : jsonIn(name, text)]];
  });
  return Object.fromEntries(given);
}

function jsonIn(name: string, text: string): unknown {
  // A placeholder alone is filled later.
  if (/^\s*\{\{[^{}]*\}\}\s*$/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    throw new LinkupError("invalid_input", "The text is not valid", { issues: [{ path: name, message: "must be JSON" }] });
  }
}

/** Names of a form's fields that say from which column a field of the text is taken. */
const COLUMN = "column.";

export const columnField = (field: string): string => `${COLUMN}${field}`;

/** The column of each field, as a form says it. */
export function columnsIn(form: Readonly<Record<string, string>>): Map<string, string> {
  const said = Object.entries(form).filter(([name, column]) => name.startsWith(COLUMN) && column !== "");
  return new Map(said.map(([name, column]) => [name.slice(COLUMN.length), column]));
}
