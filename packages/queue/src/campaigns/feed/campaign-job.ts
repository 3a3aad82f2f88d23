/** The contents of a campaign's job: made when its recipient is fed, and anew when the text was edited before the job left. */
import {
  checkJob,
  describeIssues,
  LinkupError,
  OPERATIONS,
  type OperationName,
  type Outcome,
  onUnknownProblem,
  type ParsedJob,
} from "@linkup-queue/contracts";
import { peopleOfJob } from "../../job/job-subjects.ts";
import type { RedisScripts } from "../../redis/scripts.ts";
import { CampaignDefinition, campaignPriority } from "../campaign-definition.ts";
import type { Recipient } from "../campaign-recipients.ts";
import { stepText, textsOfSteps } from "../campaign-steps.ts";
import { renderInput } from "../campaign-template.ts";
import { LOOK, lookInput, SIGN_FRESH_MS, signAsked } from "../step-looks.ts";

type CampaignText = { id: string; definition: CampaignDefinition; revision: number };

/** Whose job it is, which account makes its call, and in a sequence which step it is. */
type Named = { accountId: string; step?: number | undefined; signMs?: number | undefined };

/** The operation of a recipient's job. */
export function operationOfStep(definition: CampaignDefinition, step: number | undefined): OperationName {
  return stepText(definition, step)?.operation ?? definition.operation;
}

/** The data of a recipient's job. */
export function campaignJobData({ id, definition, revision }: CampaignText, recipient: Recipient, { accountId, step, signMs }: Named) {
  const text = stepText(definition, step);
  const rendered = text === null ? { ok: false as const } : renderInput(text.operation, text.input, recipient.fields);
  const { onUnknown } = definition;
  return {
    // hand-over.lua holds on to how this begins.
    v: 1,
    accountId,
    // Rows were checked when they came and when the text was edited. Should one not fit after all, nothing is sent that was meant
    // as a template: the job ends `invalid_input`, free.
    input: rendered.ok ? rendered.input : null,
    campaignId: id,
    recipientId: recipient.id,
    ...(step === undefined ? {} : { step }),
    ...expiry(definition.expiresAt, signMs === undefined ? undefined : new Date(signMs + SIGN_FRESH_MS).toISOString()),
    ...(onUnknown === "report" || onUnknownProblem(operationOfStep(definition, step), onUnknown) !== null ? {} : { onUnknown }),
    template: { revision, fields: recipient.fields },
  };
}

/** The data of the look before a step. It has no text of the campaign, so no edit makes it anew. */
export function lookJobData(
  { id, definition }: CampaignText,
  recipient: Recipient,
  { accountId, step }: { accountId: string; step: number },
) {
  const rendered = renderInput(LOOK, lookInput(definition.steps ?? [], step) ?? {}, recipient.fields);
  return {
    v: 1,
    accountId,
    input: rendered.ok ? rendered.input : null,
    campaignId: id,
    recipientId: recipient.id,
    step,
    ...expiry(definition.expiresAt, undefined),
  };
}

/** The sooner of two. */
function expiry(one: string | undefined, other: string | undefined): { expiresAt?: string } {
  const [first] = [one, other].filter((at) => at !== undefined).sort((a, b) => Date.parse(a) - Date.parse(b));
  return first === undefined ? {} : { expiresAt: first };
}

/** Whom a recipient's job is about: also where only the text makes an address of the fields. Digests, see `peopleOfJob`. */
export function peopleOfRecipient(definition: CampaignDefinition, { id, fields }: Recipient): string[] {
  const people = textsOfSteps(definition).flatMap(({ operation, input }) => {
    const rendered = renderInput(operation, input, fields);
    return peopleOfJob({ recipientId: id, input: rendered.ok ? rendered.input : {}, template: { fields } });
  });
  return [...new Set(people)];
}

export type AnewJob = { data: ReturnType<typeof campaignJobData>; priority: number };
export type RenderedAnew = { ok: true; job: ParsedJob } | { ok: false; message: string };

/** A campaign's text of now; null when there is no such campaign (any more). */
async function textOf(scripts: RedisScripts, id: string): Promise<CampaignText | null> {
  const [text, revision] = await scripts.client.hmget(scripts.keys.campaign(id), "definition", "rev");
  return text ? { id, definition: CampaignDefinition.parse(JSON.parse(text)), revision: Number(revision) } : null;
}

/**
 * The job of a campaign's recipient as it would be fed now, to the account that its former one was for; `data` is unchecked. Null when there
 * is no such campaign (any more), or it does something else.
 */
export async function campaignJobAnew(scripts: RedisScripts, outcome: Outcome, fields: Recipient["fields"]): Promise<AnewJob | null> {
  const { operation, campaignId, recipientId, accountId } = outcome;
  const step = outcome.step ?? undefined;
  if (campaignId === null || recipientId === null || accountId === null) return null;
  const text = await textOf(scripts, campaignId);
  if (text === null || stepText(text.definition, step)?.operation !== operation) return null;
  // It would need a look of its own.
  if (step !== undefined && signAsked(text.definition.steps?.[step - 1]) !== undefined) return null;
  return { data: campaignJobData(text, { id: recipientId, fields }, { accountId, step }), priority: campaignPriority(text.definition) };
}

/**
 * A campaign's job from the campaign's text of now: its input, its price, and until when it may be sent. Throws `not_found` when there is
 * no such campaign (any more).
 */
export async function renderAnew(scripts: RedisScripts, { operation, data }: ParsedJob): Promise<RenderedAnew> {
  const { campaignId = "", template, expiresAt: before, ...kept } = data;
  const text = await textOf(scripts, campaignId);
  if (text === null || template === undefined) {
    throw new LinkupError("not_found", "There is no campaign whose text this job could be made from");
  }
  const { definition, revision } = text;
  const of = stepText(definition, data.step);
  if (of === null) return unfit("it has no such step");
  if (of.operation !== operation) return unfit(`it is for ${of.operation}`);
  const rendered = renderInput(operation, of.input, template.fields);
  if (!rendered.ok) return unfit(describeIssues(rendered.issues));
  const check = checkJob({
    queue: OPERATIONS[operation].queue,
    name: operation,
    data: {
      ...kept,
      campaignId,
      input: rendered.input,
      // No edit makes the look that it goes by any fresher.
      ...expiry(definition.expiresAt, signAsked(definition.steps?.[(data.step ?? 0) - 1]) === undefined ? undefined : before),
      template: { ...template, revision },
    },
  });
  return check.ok ? check : unfit(describeIssues(check.issues));
}

function unfit(why: string): RenderedAnew {
  return { ok: false, message: `The campaign's text was edited and does not fit this recipient, nothing was sent: ${why}` };
}
