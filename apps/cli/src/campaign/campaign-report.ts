/** Reports on campaigns: lists of them, one in detail, and what is to come of one. */
import { type Issue, OUTCOME_STATUSES } from "@linkup-queue/contracts";
import { accountWhy, type CampaignView, campaignWhy, type EstimateView, type Load, type Sample } from "@linkup-queue/queue";
import type { Cell, Report, Section } from "../terminal/report.ts";
import { stateCell } from "../terminal/report.ts";

/** The present states of its accounts, by their ids; the others are gone. */
export type AccountStates = Pick<Load, "accounts">;

/** Reasons why some recipients can't be sent to, in the words of the command line. */
export function cannotSendLines({ cannotSend, notes }: EstimateView): Section[] {
  const lines = cannotSend.map(({ accountId, state, recipients, why }) =>
    state === "gone"
      ? `${recipients} recipients can't be sent: there is no account ${accountId}. Add it with: linkup account add ${accountId}`
      : `${recipients} recipients can't be sent now: account ${accountId} is ${state} (${accountWhy(why)}). See: linkup account show ${accountId}`,
  );
  return [...lines, ...notes].map((text) => ({ kind: "line", text, tone: "warn" }));
}

function estimateFacts({ creditsPerRecipient, recipients, credits, finishAt }: EstimateView): (readonly [string, Cell])[] {
  return [
    ["recipients left", recipients],
    ["credits to come", `${credits} (${creditsPerRecipient} each)`],
    ["done about", finishAt],
  ];
}

/** Examples of what will be sent. */
export function samplesTable(samples: readonly Sample[]): Section[] {
  if (samples.length === 0) return [];
  const rows = samples.map(({ recipientId, input }) => [recipientId, JSON.stringify(input)]);
  return [{ kind: "table", title: "Some of the recipients, drawn at random, will be sent", head: ["recipient", "input"], rows }];
}

/** Parts of the text that are probably not meant to be sent as they stand. */
export function doubtLines(doubts: readonly Issue[]): Section[] {
  return doubts.map(({ path, message }) => ({ kind: "line", text: `${path}: ${message}`, tone: "warn" }));
}

/** The report on what is to come of a campaign. */
export function estimateReport(campaignId: string, estimate: EstimateView): Report {
  return {
    json: { campaignId, ...estimate },
    sections: [...cannotSendLines(estimate), { kind: "facts", rows: [["campaign", campaignId], ...estimateFacts(estimate)] }],
  };
}

function stateText({ state, why, stalled, stalledWhy }: CampaignView): string {
  const reasons = [...(why === "" ? [] : [campaignWhy(why)]), ...(stalled ? [`stalled: ${campaignWhy(stalledWhy)}`] : [])];
  return reasons.length === 0 ? state : `${state} (${reasons.join(", ")})`;
}

function creditsText({ credits: { charged, uncertain, wasted, redriven, held }, maxCredits }: CampaignView): string {
  const bound = maxCredits === null ? "" : `, at most ${maxCredits}`;
  const again = redriven === 0 ? "" : ` (${redriven} of it to do jobs again)`;
  return `${charged} charged${again}, ${uncertain} uncertain, ${wasted} wasted, ${held} of calls that are out${bound}`;
}

function stepTable({ steps }: CampaignView): Section[] {
  if (steps === null) return [];
  const rows = steps.map(({ operation, waiting, byStatus }, at) => [
    at + 1,
    operation,
    waiting,
    ...OUTCOME_STATUSES.map((status) => byStatus[status] ?? 0),
  ]);
  return [{ kind: "table", title: "By step", head: ["step", "operation", "wait for it", ...OUTCOME_STATUSES], rows }];
}

function countTable(head: string, counts: Readonly<Record<string, number>>): Section[] {
  const rows = Object.entries(counts).toSorted(([one, many], [other, more]) => more - many || one.localeCompare(other));
  return rows.length === 0 ? [] : [{ kind: "table", title: `By ${head}`, head: [head, "outcomes"], rows: rows.map(countRow) }];
}

const countRow = ([name, count]: readonly [string, number]): Cell[] => [stateCell(name), count];

/** The report on one campaign, with what was just done to it. */
export function campaignReport(view: CampaignView, { accounts }: AccountStates, said = ""): Report {
  const { recipients } = view;
  return {
    json: view,
    sections: [
      ...(said === "" ? [] : [{ kind: "line" as const, text: said }]),
      ...cannotSendLines(view.estimate),
      ...doubtLines(view.doubts),
      {
        kind: "facts",
        rows: [
          ["campaign", view.campaignId],
          ["name", view.name],
          ["state", { text: stateText(view), tone: toneOf(view) }],
          ["operation", view.operation],
          ["priority", view.priority],
          ["recipients", recipients.accepted],
          ["with an outcome", recipients.ended],
          ["queued", recipients.queued],
          ...(view.steps === null ? [] : [["wait for a step", recipients.waiting] as const]),
          ["not queued", recipients.unsent],
          ...(view.first === null ? [] : [["pauses after", `its first ${view.first}, of which ${view.firstLeft} are not queued`] as const]),
          ...resolvedFacts(view),
          ["credits", creditsText(view)],
          ["per minute", view.ratePerMinute],
          ...estimateFacts(view.estimate),
          ["starts", view.startAt],
          ["expires", view.expiresAt],
          ["created", view.createdAt],
          ["started", view.startedAt],
          ["ended", view.endedAt],
        ],
      },
      ...stepTable(view),
      ...countTable("status", view.byStatus),
      ...countTable("code", view.byCode),
      {
        kind: "table",
        title: "By account",
        head: ["account", "state", "not queued", "succeeded", "failed", "unknown", "cancelled"],
        rows: view.byAccount.map(({ accountId, unsent, byStatus }) => [
          accountId,
          stateCell(accounts.get(accountId)?.state ?? "gone"),
          unsent,
          ...["succeeded", "failed", "unknown", "cancelled"].map((status) => byStatus[status] ?? 0),
        ]),
      },
    ],
  };
}

/** Of the unknown ones, those on which a person gave a word. */
function resolvedFacts({ resolved: { happened, notHappened } }: CampaignView): [string, string][] {
  return happened + notHappened === 0 ? [] : [["of unknown", `${happened} happened, ${notHappened} did not, by people's word`]];
}

function toneOf({ state, stalled }: CampaignView) {
  if (stalled) return "bad";
  if (state === "running") return "good";
  return state === "paused" ? "warn" : state === "ended" || state === "cancelled" ? "dim" : "strong";
}

/** The report on many campaigns, a row each. */
export function campaignsReport(views: readonly CampaignView[]): Report {
  return {
    json: views,
    sections: [
      {
        kind: "table",
        head: ["campaign", "name", "state", "recipients", "with an outcome", "credits", "per minute", "done about"],
        rows: views.map((view) => [
          view.campaignId,
          view.name,
          { text: stateText(view), tone: toneOf(view) },
          view.recipients.accepted,
          view.recipients.ended,
          view.credits.charged + view.credits.uncertain,
          view.ratePerMinute,
          view.estimate.finishAt,
        ]),
        whenEmpty: "No such campaigns. Make one with: linkup campaign create --help",
      },
    ],
  };
}
