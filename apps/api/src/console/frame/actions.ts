/**
 * The changes that the console makes: each is one call of the HTTP api, by its own route, so that checks, confirmation and audit list are the
 * same; a role that may not call it is not shown its button.
 */
import { LinkupError, OperationName } from "@linkup-queue/contracts";
import { renameFields } from "@linkup-queue/queue";
import { columnsIn, inputIn, replyIn } from "./campaign-form.ts";
import { type Html, html } from "./html.ts";
import { utcMoment } from "./job-filter.ts";
import { rulesIn } from "./rules-form.ts";
import { stepIn } from "./step-form.ts";

/** Jobs of one call about many: an answer of Redis's is bounded in time. */
const AT_ONCE = 100;
const HOUR_MS = 3_600_000;

type Form = Readonly<Record<string, string>>;

export type ConsoleAction = {
  /** The route: method and path. */
  call: string;
  /** Its JSON body; left out for none. */
  body?: (form: Form) => Record<string, unknown>;
  /** Members of the form that are its query. */
  query?: readonly string[];
  /** Members of its query that are the same whatever the form says. */
  fixedQuery?: Readonly<Record<string, string>>;
  /** Throws `invalid_input` where the person has not said in the form that they mean it. */
  confirm?: (form: Form) => void;
  /** The sentence that tells the person that it was done. */
  said: string;
};

export const ACTIONS = {
  stop: { call: "POST /v1/key/pause", said: "Stopped: nothing leaves; jobs wait, free." },
  open: { call: "POST /v1/key/resume", said: "Open: calls leave again." },
  "release-brake": { call: "POST /v1/brakes/{id}/release", said: "Taken off: its jobs go on." },
  "give-code": {
    call: "POST /v1/accounts/{id}/verify",
    body: ({ code = "" }) => ({ code: code.replaceAll(/\s/g, "") }),
    said: "The code is being tried; the account's state tells what comes of it.",
  },
  "pause-account": { call: "POST /v1/accounts/{id}/pause", said: "Paused: its jobs wait." },
  "resume-account": { call: "POST /v1/accounts/{id}/resume", said: "Taken back to work." },
  "override-rule": {
    call: "POST /v1/accounts/{id}/override",
    body: ({ rule = "", hours = "" }) => ({ rule, until: hours === "0" ? null : hoursAhead(hours) }),
    said: "Taken: the account's page says which rules its urgent jobs pass.",
  },
  "change-rules": { call: "PATCH /v1/accounts/{id}", body: rulesIn, said: "Taken: these rules hold now." },
  "remove-account": { call: "DELETE /v1/accounts/{id}", said: "Removed: its secrets are forgotten, and its waiting jobs end cancelled." },
  "change-password": {
    call: "PUT /v1/accounts/{id}",
    // The page may be older than the account's removal: what people removed stays removed.
    fixedQuery: { existing: "1" },
    body: ({ email = "", password = "" }) => ({ email, password }),
    said: "Taken: a worker logs in with it.",
  },
  "find-person": {
    call: "GET /v1/outcomes",
    query: ["url", "recipientId", "after", "limit"],
    fixedQuery: { order: "newest" },
    said: "Looked up.",
  },
  "download-person": {
    call: "GET /v1/outcomes",
    query: ["url", "recipientId", "after", "limit"],
    fixedQuery: { order: "newest" },
    said: "Downloaded.",
  },
  "find-suppressions": { call: "GET /v1/suppressions", query: ["url"], said: "Looked up." },
  "suppress-person": {
    call: "PUT /v1/suppressions",
    query: ["url"],
    body: ({ reason = "", until = "", ...scope }) => ({ scope: scopeIn(scope), reason, until: until === "" ? null : utcMoment(until) }),
    said: "On the list.",
  },
  "unsuppress-person": { call: "DELETE /v1/suppressions", query: ["url", "scope"], said: "Taken off." },
  "tell-reply": { call: "POST /v1/people/replied", body: ({ url = "" }) => ({ url }), said: "Noted." },
  happened: {
    call: "POST /v1/jobs/{jobId}/resolve",
    body: () => ({ happened: true }),
    query: ["queue"],
    said: "Noted: it happened. Nothing is sent.",
  },
  "send-again": {
    call: "POST /v1/jobs/{jobId}/redrive",
    body: ({ queue = "" }) => ({ queue, maySendTwice: true }),
    said: "It is sent again, as a new job.",
  },
  "not-happened": {
    call: "POST /v1/jobs/{jobId}/resolve",
    body: () => ({ happened: false }),
    query: ["queue"],
    said: "Noted: it did not happen. Nothing is sent until somebody does it again.",
  },
  "cancel-job": { call: "DELETE /v1/jobs/{jobId}", query: ["queue"], said: "Cancelled: it is never sent." },
  "redrive-job": {
    call: "POST /v1/jobs/{jobId}/redrive",
    body: ({ queue = "" }) => ({ queue }),
    said: "It is done again, as a new job.",
  },
  "cancel-jobs": {
    call: "POST /v1/jobs/cancel",
    body: ({ state, cursor, ...form }) => ({ ...manyJobs(form), state, cursor, limit: AT_ONCE }),
    said: "Cancelled.",
  },
  "redrive-jobs": {
    call: "POST /v1/jobs/redrive",
    // A write of which nobody knows whether it arrived is looked at one by one.
    body: ({ code, cursor, ...form }) => ({ ...manyJobs(form), code, cursor, limit: AT_ONCE }),
    said: "Done again.",
  },
  "redrive-webhook": { call: "POST /v1/webhooks/{id}/redrive", body: () => ({}), said: "Its dead letters are posted again." },
  "redrive-letter": {
    call: "POST /v1/webhooks/{id}/redrive",
    body: ({ messageId = "" }) => ({ messageIds: [messageId] }),
    said: "It is posted again, unless its data is kept no longer.",
  },
  "test-webhook": {
    call: "POST /v1/webhooks/{id}/test",
    said: "A worker posts an event of the type webhook.test, signed as all others; the last delivery, or the last error, tells what came of it.",
  },
  "pause-schedule": { call: "POST /v1/schedules/{id}/pause", said: "Paused: it ticks no more until it is resumed." },
  "resume-schedule": { call: "POST /v1/schedules/{id}/resume", said: "Resumed: it ticks from its next time on." },
  "run-schedule": { call: "POST /v1/schedules/{id}/run", said: "Its job was added; its ticks stay as they are." },
  "pause-campaign": { call: "POST /v1/campaigns/{id}/pause", said: "Paused: nothing more of it leaves." },
  "make-campaign": {
    call: "POST /v1/campaigns",
    body: (form) => ({
      campaignId: form["id"],
      name: form["name"],
      operation: form["operation"],
      accountIds: sendersOf(form),
      input: inputOf(form),
      ...replyIn(form),
    }),
    said: "The draft is made.",
  },
  "make-sequence": {
    call: "POST /v1/campaigns",
    body: (form) => ({
      campaignId: form["id"],
      name: form["name"],
      accountIds: sendersOf(form),
      steps: [stepIn(form)],
      ...replyIn(form),
    }),
    said: "The draft is made, with its first step.",
  },
  "change-steps": {
    call: "PATCH /v1/campaigns/{id}",
    // All of them, as the console read them with the change made.
    body: (form) => ({ steps: JSON.parse(form["steps"] ?? "[]"), ...allowing(form) }),
    said: "Kept: it holds for all that is not begun.",
  },
  "change-reply": { call: "PATCH /v1/campaigns/{id}", body: replyIn, said: "Kept." },
  "change-text": {
    call: "PATCH /v1/campaigns/{id}",
    body: (form) => ({ input: inputOf(form), ...replyIn(form), ...allowing(form) }),
    said: "Taken: it holds for all that has not left.",
  },
  "change-senders": {
    call: "PATCH /v1/campaigns/{id}",
    body: (form) => ({ accountIds: sendersOf(form) }),
    said: "Taken: they share all that was not put into a queue.",
  },
  "take-columns": {
    call: "PATCH /v1/campaigns/{id}",
    body: (form) => ({ input: renameFields(inputOf(form), columnsIn(form)) }),
    said: "Taken: the text names the columns of the list now.",
  },
  "set-budget": {
    call: "PATCH /v1/campaigns/{id}",
    body: ({ maxCredits = "" }) => ({ maxCredits: maxCredits === "" ? null : Number(maxCredits) }),
    said: "The bound on its credits is set.",
  },
  "add-recipients": { call: "POST /v1/campaigns/{id}/recipients", said: "The list is read." },
  "start-campaign": {
    call: "POST /v1/campaigns/{id}/start",
    body: (form) => ({ ...(form["first"] ? { first: Number(form["first"]) } : {}), ...allowing(form) }),
    said: "Started.",
  },
  "cancel-campaign": { call: "POST /v1/campaigns/{id}/cancel", confirm: mustNameIt, said: "Cancelled: nothing more of it is sent." },
  "export-campaign": {
    call: "GET /v1/campaigns/{id}/results",
    fixedQuery: { format: "csv", fields: "1", unsent: "1" },
    said: "Downloaded.",
  },
  "remove-recipient": {
    call: "DELETE /v1/campaigns/{id}/recipients/{recipientId}",
    said: "Taken out: this campaign never sends to them.",
  },
  "delete-campaign": {
    call: "DELETE /v1/campaigns/{id}",
    confirm: mustNameIt,
    said: "Deleted, with its list and its results. Outcomes are still read by their jobs.",
  },
  "resume-campaign": { call: "POST /v1/campaigns/{id}/resume", body: () => ({}), said: "Resumed." },
} as const satisfies Record<string, ConsoleAction>;

/** The field of a form for what can't be taken back: the name has to be typed. */
export function nameField(name: string): Html {
  return html`<label for="typed">Its name, <b>${name}</b>, to say that it is meant</label><input id="typed" name="typed" required maxlength="200" autocomplete="off">`;
}

/** The name as the page shows it, typed by the person. */
function mustNameIt({ name = "", typed = "" }: Form): void {
  if (name !== "" && typed.trim() === name.trim()) return;
  throw new LinkupError("invalid_input", "The name that was typed is another one: nothing was changed");
}

const sendersOf = ({ sender = "" }: Form): string[] => sender.split(",").filter((id) => id !== "");

/** The input that a form means, with its operation. Throws `invalid_input`. */
function inputOf(form: Form): Record<string, unknown> {
  const operation = OperationName.safeParse(form["operation"]);
  if (!operation.success) throw new LinkupError("invalid_input", "The form names no operation");
  return inputIn(operation.data, form);
}

/** The moment so many hours from now, ISO; for another text that text, which the route refuses. */
function hoursAhead(hours: string): string {
  return /^\d{1,2}$/.test(hours) ? new Date(Date.now() + Number(hours) * HOUR_MS).toISOString() : hours;
}

/** The scope of an entry, as a form chooses it. A choice that is not whole is refused by the route. */
const scopeIn = ({ kind = "", of = "" }: Form): string => (kind === "all" && of === "" ? "all" : `${kind}:${of.trim()}`);

/** The jobs that a form's filter means; parts that are left out are not said. */
function manyJobs({ account, operation, campaign, recipient, from, before }: Form) {
  const moments = { addedFrom: from && utcMoment(from), addedBefore: before && utcMoment(before) };
  return { accountId: account, operation, campaignId: campaign, recipientId: recipient, ...moments };
}

const allowing = ({ allowDoubtfulText }: Form) => (allowDoubtfulText === "1" ? { allowDoubtfulText: true } : {});

export type ActionName = keyof typeof ACTIONS;

/** Whether there is such an action. */
export function isAction(name: string): name is ActionName {
  return Object.hasOwn(ACTIONS, name);
}

export type ButtonParts = {
  action: ActionName;
  label: string;
  /** Members of the form that the person does not fill in. */
  fields: Form;
  /** The page that follows. */
  back: string;
  csrf: string | null;
  /** Fields that the person fills in. */
  inside?: Html | null;
  /** `link`: looks like one. */
  kind?: "danger" | "plain" | "link";
  /** `stack`: one field below the other. */
  layout?: "action" | "stack";
};

/** A form of one button; it works without a script. */
export function actionForm({ action, label, fields, back, csrf, inside = null, kind = "plain", layout = "action" }: ButtonParts): Html {
  const hidden = Object.entries({ ...fields, back, ...(csrf === null ? {} : { csrf }) });
  return html`<form method="post" action="/console/do/${action}" class="${layout}">
${hidden.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}${inside}
<button class="${kind}">${label}</button></form>`;
}
