/** The filter of many jobs as an address and a form have it, and the jobs that it means. A moment is in UTC, as a browser's field writes it. */
import { AccountId, JobData, OPERATION_NAMES, OperationName, OUTCOME_CODES, RecipientId } from "@linkup-queue/contracts";
import { JOB_STATES } from "@linkup-queue/queue";
import { z } from "zod";
import { invalidInput } from "../../http/api-error.ts";
import { type Html, html } from "./html.ts";

type Fields = Readonly<Record<string, string>>;

export const FILTER_NAMES = ["account", "campaign", "recipient", "operation", "state", "code", "from", "before"] as const;
export type FilterName = (typeof FILTER_NAMES)[number];

const optional = <T extends z.ZodType>(schema: T) => z.preprocess((text) => (text === "" ? undefined : text), schema.optional());
const Moment = z.preprocess(
  (text) => (typeof text === "string" ? utcMoment(text) : text),
  z.iso.datetime({ offset: true, error: "must be a date and time" }),
);

const Filter = z.object({
  account: optional(AccountId),
  campaign: optional(JobData.shape.campaignId.unwrap()),
  recipient: optional(RecipientId),
  operation: optional(OperationName),
  state: optional(z.enum(JOB_STATES, `must be one of ${JOB_STATES.join(", ")}`)),
  code: optional(z.enum(OUTCOME_CODES, "must be the code of an outcome")),
  from: optional(Moment),
  before: optional(Moment),
});

/** A moment of a form's field in UTC, ISO; another text as it is, which is refused where it is read. */
export const utcMoment = (text: string): string => (/T\d\d:\d\d$/.test(text) ? `${text}:00Z` : text);

/** The jobs that the fields mean, as the engine filters. A part that can't be read would mean more jobs than somebody asked for: it throws `invalid_input`. */
export function jobFilterOf(fields: Fields) {
  const parsed = Filter.safeParse(fields);
  if (!parsed.success) throw invalidInput(parsed.error.issues.map(({ path, message }) => ({ path: String(path[0] ?? ""), message })));
  const { account, campaign, recipient, from, before, ...same } = parsed.data;
  const msOf = (text: string | undefined) => (text === undefined ? undefined : Date.parse(text));
  return {
    ...same,
    accountId: account,
    campaignId: campaign,
    recipientId: recipient,
    addedFromMs: msOf(from),
    addedBeforeMs: msOf(before),
  };
}

/** The filter's own fields, those that say something: for an address, and as hidden fields of a form. */
export function filterTexts(fields: Fields, names: readonly FilterName[] = FILTER_NAMES): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (fields[name] ? [[name, fields[name]]] : [])));
}

const LABELS: Readonly<Record<FilterName, string>> = {
  account: "account",
  campaign: "campaign",
  recipient: "recipientId",
  operation: "operation",
  state: "state",
  code: "ended with",
  from: "added from, UTC",
  before: "added before, UTC",
};

type Choices = { names?: readonly FilterName[]; states?: readonly string[]; accounts?: readonly string[] };

/** A field for each part of the filter; it works without a script. */
export function filterFields(fields: Fields, { names = FILTER_NAMES, states = JOB_STATES, accounts = [] }: Choices = {}): Html {
  const choices: Readonly<Partial<Record<FilterName, readonly string[]>>> = {
    operation: OPERATION_NAMES,
    state: states,
    code: OUTCOME_CODES,
  };
  return html`${names.map((name) => {
    const [value, choice] = [fields[name] ?? "", choices[name]];
    const label = html`<label for="${name}">${LABELS[name]}</label>`;
    if (choice !== undefined) {
      return html`${label} <select id="${name}" name="${name}"><option value="">all</option>${choice.map((word) => html`<option value="${word}"${word === value ? html` selected` : null}>${word}</option>`)}</select> `;
    }
    if (name === "from" || name === "before")
      return html`${label} <input id="${name}" name="${name}" type="datetime-local" value="${value}"> `;
    const list = name === "account" && accounts.length > 0;
    return html`${label} <input id="${name}" name="${name}" value="${value}" maxlength="2048" autocomplete="off"${list ? html` list="accounts"` : null}> ${
      list ? html`<datalist id="accounts">${accounts.map((id) => html`<option value="${id}"></option>`)}</datalist>` : null
    }`;
  })}`;
}
