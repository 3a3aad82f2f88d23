/** A campaign as a person defines it; checked here and kept as JSON in its record. */
import {
  AccountId,
  describeIssues,
  excessOf,
  type Issue,
  issuesOf,
  LinkupError,
  OnUnknown,
  OperationName,
  onUnknownProblem,
  PRIORITIES,
} from "@linkup-queue/contracts";
import { z } from "zod";
import { inputTemplateIssues, templateIssues } from "./campaign-template.ts";

export const CampaignId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/, "1 to 80 of A-Z a-z 0-9 . _ -, starting with a letter or digit");

export const CampaignDefinition = z.strictObject({
  name: z.string().trim().min(1).max(200),
  operation: OperationName,
  /** They share the recipients evenly. */
  accountIds: z.array(AccountId).min(1).max(1_000),
  /** The operation's input; strings may hold `{{field}}` and `{{field|default}}`. */
  input: z.record(z.string().max(100), z.unknown()),
  priority: z.enum(["urgent", "normal", "bulk"]).default("bulk"),
  /** A hard stop, counted with what is out. */
  maxCredits: z.number().int().min(1).max(1_000_000_000).optional(),
  startAt: z.iso.datetime({ offset: true }).optional(),
  /** Nothing is sent after it. */
  expiresAt: z.iso.datetime({ offset: true }).optional(),
  /** As of a job: for calls of which nobody knows whether they had their effect. Campaigns of before have none: `report`. */
  onUnknown: OnUnknown.default("report"),
  /** Whether other accounts take over the share of one that is away. */
  handover: z.boolean().default(false),
  /** Nobody is written to whom any account wrote to within so many days; LINKUP_CONTACT_GAP_DAYS holds where that is more. */
  contactGapDays: z
    .int("must be a whole number from 0 to 365")
    .min(0, "must be from 0 to 365")
    .max(365, "must be from 0 to 365")
    .optional(),
  /** A person who answers is not written to any more. Left out: they are. */
  stopOnReply: z.boolean().optional(),
});
export type CampaignDefinition = z.infer<typeof CampaignDefinition>;

/** The members that an edit changes: null takes a member away, those left out stay. */
export type CampaignChange = { [Member in keyof CampaignDefinition]?: CampaignDefinition[Member] | null | undefined };

/** The definition with the change made; unchecked but by its schema. Throws `invalid_input`. */
export function changedDefinition(definition: CampaignDefinition, change: CampaignChange): CampaignDefinition {
  const said = Object.entries(change).filter(([, value]) => value !== undefined);
  const members = Object.entries({ ...definition, ...Object.fromEntries(said) }).filter(([, value]) => value !== null);
  const parsed = CampaignDefinition.safeParse(Object.fromEntries(members));
  if (!parsed.success) throw notValid(issuesOf(parsed.error));
  return parsed.data;
}

const notValid = (issues: readonly Issue[]) =>
  new LinkupError("invalid_input", `The campaign is not valid: ${describeIssues(issues)}`, { issues });

/** Each cause for which a running campaign stands still, as campaign-plan.lua says it. */
export const STALL_CAUSES = ["accounts_away", "accounts_resting", "key_stopped", "day_budget", "brake"] as const;
export type StallCause = (typeof STALL_CAUSES)[number];

/** The reasons why a campaign is paused, cancelled or ended; empty in all other states. */
export const CAMPAIGN_REASONS = ["by_hand", "budget_exhausted", "first_done", "all_done", "expired", ""] as const;

export const CAMPAIGN_STATES = ["draft", "scheduled", "running", "paused", "ended", "cancelled"] as const;
export type CampaignState = (typeof CAMPAIGN_STATES)[number];

/** A campaign's share of the turns, by its priority. */
export const CAMPAIGN_WEIGHTS = { urgent: 100, normal: 10, bulk: 1 } as const;

/** Checks what the schema can't. Throws `invalid_input` with every issue. */
export function checkDefinition(definition: CampaignDefinition): void {
  const excess = excessOf(definition);
  if (excess !== null) throw new LinkupError("invalid_input", "The campaign is not valid", { issues: [{ path: "", message: excess }] });
  const issues: Issue[] = [...templateIssues(definition.input), ...inputTemplateIssues(definition.operation, definition.input)];
  const problem = onUnknownProblem(definition.operation, definition.onUnknown);
  if (problem !== null) issues.push({ path: "onUnknown", message: problem });
  if (new Set(definition.accountIds).size !== definition.accountIds.length)
    issues.push({ path: "accountIds", message: "names an account twice" });
  if (issues.length > 0) throw notValid(issues);
}

export const campaignPriority = (definition: CampaignDefinition): number => PRIORITIES[definition.priority];
