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
  PRIORITIES,
} from "@linkup-queue/contracts";
import { z } from "zod";
import { CampaignSteps, stepIssues } from "./campaign-steps.ts";

export const CampaignId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/, "1 to 80 of A-Z a-z 0-9 . _ -, starting with a letter or digit");

/** The members of a definition as people write them, and as it is kept: `operation` and `input`, or `steps` in their place. */
export const CampaignMembers = z.strictObject({
  name: z.string().trim().min(1).max(200),
  operation: OperationName.optional(),
  /** They share the recipients evenly. */
  accountIds: z.array(AccountId).min(1).max(1_000),
  /** The operation's input; strings may hold `{{field}}` and `{{field|default}}`. */
  input: z.record(z.string().max(100), z.unknown()).optional(),
  /** In place of both: what is done to each person one after the other, by the account that did the first. */
  steps: CampaignSteps.optional(),
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
  /** A person who answers is not written to any more. Left out: they are, but in a sequence. */
  stopOnReply: z.boolean().optional(),
});
export type CampaignMembers = z.infer<typeof CampaignMembers>;

/** A definition as it is worked with. In a sequence `operation` and `input` are those of its first step. */
export const CampaignDefinition = CampaignMembers.transform((members, context) => {
  const { steps, operation = steps?.[0]?.operation, input = steps?.[0]?.input } = members;
  const refuse = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
  if (steps !== undefined && members.operation !== undefined)
    refuse("operation", "each of the steps has its own: leave it out beside steps");
  if (steps !== undefined && members.input !== undefined) refuse("input", "each of the steps has its own: leave it out beside steps");
  if (operation === undefined) refuse("operation", "is required, unless there are steps");
  if (input === undefined) refuse("input", "is required, unless there are steps");
  if (operation === undefined || input === undefined) return z.NEVER;
  return { ...members, operation, input, ...(steps === undefined ? {} : { stopOnReply: members.stopOnReply ?? true }) };
});
export type CampaignDefinition = z.output<typeof CampaignDefinition>;

/** A definition as people write it, and as it is kept. */
export function membersOf(definition: CampaignDefinition): CampaignMembers {
  if (definition.steps === undefined) return definition;
  const { operation: _first, input: _its, ...members } = definition;
  return members;
}

/** The definition that somebody wrote. Throws `invalid_input` with every issue. */
export function definitionOf(members: unknown): CampaignDefinition {
  const parsed = CampaignDefinition.safeParse(members);
  if (!parsed.success) throw notValid(issuesOf(parsed.error));
  return parsed.data;
}

/** The members that an edit changes: null takes a member away, those left out stay. */
export type CampaignChange = { [Member in keyof CampaignMembers]?: CampaignMembers[Member] | null | undefined };

/** The definition with the change made; unchecked but by its schema. Throws `invalid_input`. */
export function changedDefinition(definition: CampaignDefinition, change: CampaignChange): CampaignDefinition {
  const said = Object.entries(change).filter(([, value]) => value !== undefined);
  const members = Object.entries({ ...membersOf(definition), ...Object.fromEntries(said) }).filter(([, value]) => value !== null);
  return definitionOf(Object.fromEntries(members));
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
  const excess = excessOf(membersOf(definition));
  if (excess !== null) throw new LinkupError("invalid_input", "The campaign is not valid", { issues: [{ path: "", message: excess }] });
  const issues: Issue[] = stepIssues(definition, definition.onUnknown);
  if (new Set(definition.accountIds).size !== definition.accountIds.length)
    issues.push({ path: "accountIds", message: "names an account twice" });
  if (issues.length > 0) throw notValid(issues);
}

export const campaignPriority = (definition: CampaignDefinition): number => PRIORITIES[definition.priority];
