/** A campaign as people see it, by HTTP and at the command line: its definition, how far it is, what it cost, and what is to come of it. Pure. */
import type { Issue } from "@linkup-queue/contracts";
import type { CampaignDefinition } from "./campaign-definition.ts";
import { type Estimate, estimate, type Load } from "./campaign-estimate.ts";
import type { Campaign, StepCounts } from "./campaign-record.ts";
import type { CampaignStep } from "./campaign-steps.ts";
import { campaignTextDoubts } from "./text-doubts.ts";

export type EstimateView = Omit<Estimate, "finishMs"> & { finishAt: string | null };

type OtherwiseShown = "maxCredits" | "startAt" | "expiresAt" | "contactGapDays" | "stopOnReply" | "steps";

export type CampaignView = Omit<CampaignDefinition, OtherwiseShown> &
  Pick<
    Campaign,
    | "state"
    | "why"
    | "first"
    | "firstLeft"
    | "stalled"
    | "stalledWhy"
    | "createdAt"
    | "startedAt"
    | "endedAt"
    | "byStatus"
    | "byCode"
    | "resolved"
    | "credits"
    | "ratePerMinute"
  > & {
    campaignId: string;
    maxCredits: number | null;
    startAt: string | null;
    expiresAt: string | null;
    /** Null: none of its own. */
    contactGapDays: number | null;
    stopOnReply: boolean;
    /** `queued`: put into a call queue and without an outcome. `unsent`: not put into one. `waiting`: between two steps of a sequence. */
    recipients: { accepted: number; queued: number; waiting: number; ended: number; unsent: number };
    /** Of a sequence: each step, who waits for it, and its outcomes by status. Null for a campaign of one operation. */
    steps: (CampaignStep & StepCounts)[] | null;
    /** The accounts that share its recipients, then those that did. */
    byAccount: { accountId: string; unsent: number; byStatus: Record<string, number> }[];
    estimate: EstimateView;
    /** Parts of its text that are probably placeholders of another notation. */
    doubts: Issue[];
  };

/** An estimate with its moment as people write it. */
export function estimateView({ finishMs, ...rest }: Estimate): EstimateView {
  return { ...rest, finishAt: finishMs === null ? null : new Date(finishMs).toISOString() };
}

/** A campaign under the load of now. */
export function campaignView(campaign: Campaign, load: Load): CampaignView {
  const { id, definition, recipients, byAccount, left, revision: _, formerAccounts, steps, ...shown } = campaign;
  return {
    campaignId: id,
    ...definition,
    ...shown,
    maxCredits: definition.maxCredits ?? null,
    startAt: definition.startAt ?? null,
    expiresAt: definition.expiresAt ?? null,
    contactGapDays: definition.contactGapDays ?? null,
    stopOnReply: definition.stopOnReply ?? false,
    recipients: {
      accepted: recipients.accepted - recipients.removed,
      // One whose feeder crashed before it counted it, or who was erased, may have ended before it is among the fed.
      queued: Math.max(0, recipients.fed - recipients.ended - recipients.waiting),
      waiting: recipients.waiting,
      ended: recipients.ended - recipients.removed,
      unsent: recipients.unsent,
    },
    steps: definition.steps?.map((step, at) => ({ ...step, ...(steps?.[at] ?? { waiting: 0, byStatus: {} }) })) ?? null,
    byAccount: [...new Set([...definition.accountIds, ...formerAccounts, ...Object.keys(byAccount)])].map((accountId) => ({
      accountId,
      unsent: left[accountId] ?? 0,
      byStatus: byAccount[accountId] ?? {},
    })),
    estimate: estimateView(estimate(campaign, load)),
    doubts: campaignTextDoubts(definition),
  };
}

/** The accounts for want of which a start would be refused, by the rule of campaign.lua: with handover one that is there will do. */
export function missingForStart({ definition: { accountIds, handover } }: Campaign, { accounts }: Load): string[] {
  const missing = accountIds.filter((accountId) => !accounts.has(accountId));
  return handover && missing.length < accountIds.length ? [] : missing;
}
