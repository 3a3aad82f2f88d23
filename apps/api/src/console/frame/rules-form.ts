/** The rules of an account as a form has them, and the change that such a form means. Whatever the form does not show stays as it is. */
import { ACCOUNT_PLANS, AccountPolicy, CAREFUL, type DefaultPolicy, NOTE_POLICIES } from "@linkup-queue/contracts";
import type { Account } from "@linkup-queue/queue";
import { z } from "zod";
import { invalidInput } from "../../http/api-error.ts";
import { type Html, html } from "./html.ts";

type Form = Readonly<Record<string, string>>;

const SCOPES = ["invite", "message", "view"] as const;
const WINDOWS = { perDay: "a day", perWeek: "a week" } as const;
const WINDOW_NAMES = ["perDay", "perWeek"] as const;
const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
const CELLS = SCOPES.flatMap((scope) => WINDOW_NAMES.map((window) => ({ scope, window, name: `cap.${scope}.${window}` })));

const BOUNDS = [
  { bound: "pendingMax", name: "invitations.pendingMax", label: "pending, at most" },
  { bound: "halveBelow", name: "invitations.halveBelow", label: "percent accepted, below which their caps are halved" },
  { bound: "stopBelow", name: "invitations.stopBelow", label: "percent accepted, below which none leaves" },
] as const;

/** The account's rules as the form was made of them: it tells what somebody changed, and holds what it does not show. */
const Base = z.object({ policy: AccountPolicy.nullable(), caps: z.record(z.string(), z.record(z.string(), z.number())).nullable() });
type Base = z.infer<typeof Base>;

/** `caps`: those that hold, also where they are the careful ones of its plan; null where none do. */
function baseOf({ policy, plan }: Pick<Account, "policy" | "plan">, setting: DefaultPolicy): Base {
  const careful = setting === "careful" ? CAREFUL[plan ?? "free"] : null;
  return Base.parse({ policy, caps: policy?.caps ?? careful });
}

/** The fields' texts of an account. */
export function rulesTexts(
  account: Pick<Account, "policy" | "plan" | "replyWatch" | "autoWithdrawAfterDays">,
  setting: DefaultPolicy,
): Record<string, string> {
  const base = baseOf(account, setting);
  const { hours, note, invitations } = account.policy ?? {};
  return {
    base: JSON.stringify(base),
    plan: account.plan ?? "",
    ...Object.fromEntries(CELLS.map(({ scope, window, name }) => [name, String(base.caps?.[scope]?.[window] ?? "")])),
    timezone: hours?.timezone ?? "",
    weekday: (hours?.weekdays ?? []).join(),
    from: hours?.from ?? "",
    to: hours?.to ?? "",
    note: note ?? "",
    ...Object.fromEntries(BOUNDS.map(({ name, bound }) => [name, String(invitations?.[bound] ?? "")])),
    withdrawDays: String(account.autoWithdrawAfterDays ?? ""),
    everyMinutes: String(account.replyWatch?.everyMinutes ?? ""),
  };
}

/** The fields with these texts. */
export function rulesFields(texts: Form): Html {
  const text = (name: string) => texts[name] ?? "";
  const field = (name: string, label: string, more: Html | null = null) =>
    html`<label for="${name}">${label}</label><input id="${name}" name="${name}" value="${text(name)}" autocomplete="off"${more}>`;
  const ticked = new Set(text("weekday").split(","));
  const number = html` inputmode="numeric" size="6"`;
  return html`<input type="hidden" name="base" value="${text("base")}">
${choice("plan", { label: "plan at LinkedIn", chosen: text("plan"), none: "not known: counts as free", options: ACCOUNT_PLANS })}
<fieldset class="stack"><legend>At most (empty: no such cap; with none at all those of LINKUP_ACCOUNT_POLICY hold)</legend>${CELLS.map(({ scope, window, name }) => field(name, `${scope}, ${WINDOWS[window]}`, number))}</fieldset>
<fieldset class="stack"><legend>Hours (all empty: at any time)</legend>${field("timezone", "time zone, like Europe/Amsterdam")}
<div role="group" aria-label="weekdays">${DAYS.map(
    (day) =>
      html`<label class="tick"><input type="checkbox" name="weekday" value="${day}"${ticked.has(day) ? html` checked` : null}> ${day}</label>`,
  )}</div>
${field("from", "from, like 08:30")}${field("to", "to, like 18:00")}</fieldset>
${choice("note", { label: "an invitation whose note is used up", chosen: text("note"), none: "not said: it waits", options: NOTE_POLICIES })}
<fieldset class="stack"><legend>Invitations, as they are read at LinkedIn for about five credits a day (all empty: they are not read)</legend>${BOUNDS.map(({ name, label }) => field(name, label, number))}</fieldset>
${field("withdrawDays", "days after which an unanswered invitation is taken back (empty: never)", number)}
${field("everyMinutes", "minutes between readings of its inbox for replies (empty: it is not read)", number)}`;
}

type Choice = { label: string; chosen: string; none: string; options: readonly string[] };

function choice(name: string, { label, chosen, none, options }: Choice): Html {
  return html`<label for="${name}">${label}</label><select id="${name}" name="${name}"><option value="">${none}</option>${options.map((one) => html`<option value="${one}"${one === chosen ? html` selected` : null}>${one}</option>`)}</select>`;
}

/** The body of the change. A text that is no number stays one, which the route refuses. Throws `invalid_input` for a form that is none of ours. */
export function rulesIn(form: Form): Record<string, unknown> {
  const base = baseIn(form["base"] ?? "");
  const { plan = "", note = "", everyMinutes = "", withdrawDays = "" } = form;
  const { caps: _caps, hours: _hours, note: _note, invitations: _invitations, ...kept } = base.policy ?? {};
  const [caps, hours, invitations] = [capsIn(form, base), hoursIn(form, base), boundsIn(form)];
  const policy = {
    ...kept,
    ...(caps === undefined ? {} : { caps }),
    ...(hours === undefined ? {} : { hours }),
    ...(note === "" ? {} : { note }),
    ...(invitations === undefined ? {} : { invitations }),
  };
  return {
    plan: plan === "" ? null : plan,
    policy: Object.keys(policy).length === 0 ? null : policy,
    autoWithdrawAfterDays: withdrawDays.trim() === "" ? null : numberIn(withdrawDays),
    replyWatch: everyMinutes.trim() === "" ? null : { everyMinutes: numberIn(everyMinutes) },
  };
}

function baseIn(text: string): Base {
  try {
    return Base.parse(JSON.parse(text));
  } catch {
    throw invalidInput([{ path: "base", message: "is not what the page sent: load it again" }]);
  }
}

const numberIn = (text: string): number | string => (/^\d{1,9}$/.test(text.trim()) ? Number(text) : text);

/** Its own caps. Where somebody changed one, the others that hold become its own as well: none is lost by it. */
function capsIn(form: Form, { policy, caps }: Base): unknown {
  const textOf = (name: string) => (form[name] ?? "").trim();
  const changed = CELLS.filter(({ scope, window, name }) => textOf(name) !== String(caps?.[scope]?.[window] ?? ""));
  if (changed.length === 0) return policy?.caps;
  const all: Record<string, Record<string, number | string>> = { ...caps };
  for (const { scope, window, name } of changed) {
    const { [window]: _was, ...others } = all[scope] ?? {};
    all[scope] = textOf(name) === "" ? others : { ...others, [window]: numberIn(textOf(name)) };
  }
  const left = Object.entries(all).filter(([, cap]) => Object.keys(cap).length > 0);
  // Of none at all the setting says what holds; that nothing does is not said by emptying fields.
  return left.length === 0 ? undefined : Object.fromEntries(left);
}

function boundsIn(form: Form): unknown {
  const said = BOUNDS.flatMap(({ bound, name }) =>
    (form[name] ?? "").trim() === "" ? [] : [[bound, numberIn(form[name] ?? "")] as const],
  );
  return said.length === 0 ? undefined : Object.fromEntries(said);
}

function hoursIn({ timezone = "", weekday = "", from = "", to = "" }: Form, { policy }: Base): unknown {
  if ([timezone, weekday, from, to].every((text) => text.trim() === "")) return undefined;
  const { daysOff } = policy?.hours ?? {};
  const weekdays = weekday.split(",").filter((day) => day !== "");
  return { timezone: timezone.trim(), weekdays, from: from.trim(), to: to.trim(), ...(daysOff === undefined ? {} : { daysOff }) };
}
