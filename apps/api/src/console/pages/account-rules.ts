/** The rules of an account, and what of them is used: its plan, caps, hours, pace, warm-up, notes, the bounds of its invitations, and the reading of its inbox. */
import { type AccountPolicy, CAREFUL_PACE } from "@linkup-queue/contracts";
import type { Account, InvitationsUse, RulesUse } from "@linkup-queue/queue";
import { counted, type Html, html, moment, numberText } from "../frame/html.ts";
import { stateBadge } from "../frame/words.ts";

type CapUse = RulesUse["caps"][number];
type Pace = NonNullable<AccountPolicy["pace"]>;

const WINDOWS: Readonly<Record<CapUse["window"], string>> = {
  perHour: "1 hour",
  perDay: "24 hours",
  perWeek: "7 days",
  perMonth: "30 days",
};
const NOTES = {
  wait: "waits until there is one again",
  bare: "goes without its note",
  skip: "ends cancelled, free",
} as const;

/** `rules`: as `GET /v1/accounts/{id}` answers them. */
export function rulesBlock(account: Account, rules: RulesUse): Html {
  const { plan, policy } = account;
  return html`<h2 id="rules">What it may do</h2>
<p>Plan: <b>${plan ?? "not known"}</b>${plan === null ? ", which counts as free" : null}. ${sourceText(policy, rules)}</p>
${rules.caps.length === 0 ? html`<p>No cap holds.</p>` : capTable(rules.caps)}
<dl class="facts"><div><dt>hours</dt><dd>${hoursText(policy, rules)}</dd></div>
<div><dt>pace</dt><dd>${paceText(policy?.pace ?? (rules.setting === "careful" ? CAREFUL_PACE : {}))}</dd></div>
<div><dt>warm-up</dt><dd>${warmUpText(policy)}</dd></div>
<div><dt>an invitation whose note is used up</dt><dd>${NOTES[policy?.note ?? "wait"]}${bareText(account)}</dd></div>
<div><dt>invitations by what LinkedIn tells</dt><dd>${invitationsText(policy, rules)}</dd></div>
<div><dt>unanswered invitations</dt><dd>${account.autoWithdrawAfterDays === null ? "stay" : `taken back after ${counted(account.autoWithdrawAfterDays, "day")}`}</dd></div>
<div><dt>inbox read for replies</dt><dd>${inboxText(account)}</dd></div></dl>`;
}

/** Whose caps and pace hold. */
function sourceText(policy: AccountPolicy | null, { setting }: RulesUse): string {
  const missing = (["caps", "pace"] as const).filter((part) => policy?.[part] === undefined);
  const [one, other] = missing;
  if (one === undefined) return "Its caps and its pace are its own.";
  const what = policy === null ? "It has no policy of its own" : `Its policy says nothing of ${missing.join(" and ")}`;
  const follows = setting === "none" ? "nothing bounds that" : CAREFUL_WORDS[other === undefined ? one : "both"];
  return `${what}: LINKUP_ACCOUNT_POLICY is ${setting}, so ${follows}.`;
}

const CAREFUL_WORDS = {
  caps: "the careful caps of its plan hold",
  pace: "the careful pace holds",
  both: "the careful caps of its plan and the careful pace hold",
} as const;

function capTable(caps: readonly CapUse[]): Html {
  return html`<table class="cards"><caption class="hint">Caps that hold, and what counts to them in the windows that end now</caption>
<thead><tr><th scope="col">what</th><th scope="col">within</th><th scope="col">used</th><th scope="col">next place</th></tr></thead><tbody>
${caps.map(
  (use) => html`<tr><th scope="row">${use.scope}</th><td data-label="within">${WINDOWS[use.window]}</td>
<td data-label="used">${use.known ? null : "at least "}${numberText(use.used)} of ${numberText(use.cap)}</td><td data-label="next place"><span>${placeText(use)}</span></td></tr>`,
)}</tbody></table>`;
}

function placeText({ cap, known, nextFreeAt }: CapUse): Html {
  if (cap === 0) return html`${stateBadge("none", "calm")}: the cap is 0`;
  const when = nextFreeAt === null ? stateBadge("free", "good") : html`${stateBadge("used up", "wait")} until ${moment(nextFreeAt)}`;
  // Without all that was sent it counts as used up.
  return known ? when : html`${when}; what was sent before Redis lost its state is not known`;
}

function hoursText(policy: AccountPolicy | null, { opensAt }: RulesUse): Html {
  const hours = policy?.hours;
  if (hours === undefined) return html`at any time`;
  const { timezone, weekdays, from, to, daysOff = [] } = hours;
  const off = daysOff.length === 0 ? "" : `, ${counted(daysOff.length, "day")} off`;
  const now = opensAt === null ? stateBadge("open", "good") : html`${stateBadge("closed", "wait")} until ${moment(opensAt)}`;
  return html`${weekdays.join(", ")}, ${from} to ${to}, ${timezone}${off}: ${now}`;
}

function paceText({ breakEvery, breakSeconds, ...families }: Pace): string {
  const gaps = Object.entries(families).flatMap(([family, gap]) =>
    gap === undefined ? [] : [`${family} ${span(gap.minSeconds, gap.maxSeconds)} apart`],
  );
  if (gaps.length === 0) return "none";
  if (breakEvery === undefined || breakSeconds === undefined) return gaps.join(", ");
  return `${gaps.join(", ")}; after ${between(...breakEvery)} of those a break of ${span(...breakSeconds)}`;
}

const MINUTE = 60;
const between = (least: number, most: number) => (least === most ? numberText(least) : `${numberText(least)} to ${numberText(most)}`);

/** Seconds, in minutes where both are whole ones. */
function span(least: number, most: number): string {
  const inMinutes = most >= MINUTE && least % MINUTE === 0 && most % MINUTE === 0;
  return inMinutes ? `${between(least / MINUTE, most / MINUTE)} min` : `${between(least, most)} s`;
}

function warmUpText(policy: AccountPolicy | null): string {
  const steps = policy?.warmUp ?? [];
  if (steps.length === 0) return "none";
  const shares = steps.map(({ days, share }) => `${Math.round(share * 100)} % until it has been writing for ${counted(days, "day")}`);
  return `of its caps of writes ${shares.join(", ")}`;
}

function bareText({ withoutNote }: Account): Html | null {
  if (withoutNote === null) return null;
  const { count, since, lastAt } = withoutNote;
  return html`; ${counted(count, "invitation")} went without since ${moment(since)}, the last ${moment(lastAt)}`;
}

/** The bounds of invitations, what is known of them, and what holds for it. */
function invitationsText(policy: AccountPolicy | null, { invitations }: RulesUse): Html {
  if (invitations === null) return html`no bound`;
  const { pendingMax, halveBelow, stopBelow } = policy?.invitations ?? {};
  const { pending, acceptance, effect } = invitations;
  const most = pendingMax === undefined ? null : html` of at most ${numberText(pendingMax)}`;
  const many =
    pending === null
      ? html`pending: not known${most}`
      : html`${numberText(pending.atMost)} pending${most}, counted ${moment(pending.countedAt)}`;
  const below = [
    ...(halveBelow === undefined ? [] : [`halved below ${halveBelow} %`]),
    ...(stopBelow === undefined ? [] : [`none below ${stopBelow} %`]),
  ].join(", ");
  const share =
    acceptance === null
      ? "not known"
      : `${numberText(acceptance.accepted)} of ${counted(acceptance.looked, "invitation")} that were looked at`;
  return html`${many}; accepted: ${share}${below === "" ? null : ` (${below})`}: ${EFFECTS[effect]}`;
}

const EFFECTS: Readonly<Record<InvitationsUse["effect"], Html>> = {
  none: stateBadge("free", "good"),
  not_known: html`${stateBadge("not known", "calm")}, so it holds nothing back`,
  halved: html`${stateBadge("halved", "wait")}: half of the caps of invitations hold`,
  stopped: html`${stateBadge("stopped", "wait")}: no invitation leaves`,
  pending_max: html`${stateBadge("pending", "wait")}: no invitation leaves`,
};

function inboxText({ replyWatch, inboxReadAt, inboxWaitsSince }: Account): Html {
  if (replyWatch === null) return html`no`;
  const due = inboxWaitsSince === null ? null : html`, to be read since ${moment(inboxWaitsSince)}`;
  return html`every ${numberText(replyWatch.everyMinutes)} minutes, last ${moment(inboxReadAt)}${due}`;
}
