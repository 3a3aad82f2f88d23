/** What a campaign's job carries: made when its recipient is fed, and anew when the text was edited before the job left. */
import { checkJob, describeIssues, LinkupError, OPERATIONS, type ParsedJob } from "@linkup-queue/contracts";
import { CampaignDefinition } from "./campaign-definition.ts";
import type { Recipient } from "./campaign-recipients.ts";
import { renderInput } from "./campaign-template.ts";
import type { RedisScripts } from "./redis-scripts.ts";

type CampaignText = { id: string; definition: CampaignDefinition; revision: number };

/** The data of a recipient's job. */
export function campaignJobData({ id, definition, revision }: CampaignText, recipient: Recipient, accountId: string) {
  const rendered = renderInput(definition.operation, definition.input, recipient.fields);
  return {
    // campaign-handover.lua holds on to how this begins.
    v: 1,
    accountId,
    // Rows were checked when they came and when the text was edited. Should one not fit after all, nothing is sent that was meant
    // as a template: the job ends `invalid_input`, free.
    input: rendered.ok ? rendered.input : null,
    campaignId: id,
    recipientId: recipient.id,
    ...(definition.expiresAt === undefined ? {} : { expiresAt: definition.expiresAt }),
    template: { revision, fields: recipient.fields },
  };
}

export type RenderedAnew = { ok: true; job: ParsedJob } | { ok: false; message: string };

/**
 * A campaign's job from the campaign's text of now: its input, its price, and until when it may be sent. Throws `not_found` when there is
 * no such campaign (any more).
 */
export async function renderAnew(scripts: RedisScripts, { operation, data }: ParsedJob): Promise<RenderedAnew> {
  const { campaignId = "", template, expiresAt: _before, ...kept } = data;
  const [text, revision] = await scripts.client.hmget(scripts.key(`campaign:${campaignId}`), "definition", "rev");
  if (!text || template === undefined) throw new LinkupError("not_found", "There is no campaign whose text this job could be made from");
  const definition = CampaignDefinition.parse(JSON.parse(text));
  if (definition.operation !== operation) return unfit(`it is for ${definition.operation}`);
  const rendered = renderInput(operation, definition.input, template.fields);
  if (!rendered.ok) return unfit(describeIssues(rendered.issues));
  const check = checkJob({
    queue: OPERATIONS[operation].queue,
    name: operation,
    data: {
      ...kept,
      campaignId,
      input: rendered.input,
      ...(definition.expiresAt === undefined ? {} : { expiresAt: definition.expiresAt }),
      template: { ...template, revision: Number(revision) },
    },
  });
  return check.ok ? check : unfit(describeIssues(check.issues));
}

function unfit(why: string): RenderedAnew {
  return { ok: false, message: `The campaign's text was edited and does not fit this recipient, nothing was sent: ${why}` };
}
