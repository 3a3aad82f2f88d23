/** `/v1/campaigns`: made, shown, edited, started, paused, resumed, cancelled; each within a second, whatever the size. */
import { randomUUID } from "node:crypto";
import { LinkupError, OperationName } from "@linkup-queue/contracts";
import {
  type Campaign,
  CampaignId,
  CampaignMembers,
  changedDefinition,
  definitionOf,
  estimateView,
  type Load,
  missingForStart,
  SAMPLES,
} from "@linkup-queue/queue";
import { z } from "zod";
import { CampaignResponse, campaignResponse, DoubtResponse, EstimateResponse } from "../campaigns/campaign-response.ts";
import type { ApiContext } from "../http/api-context.ts";
import { fromCursor, PAGE_QUERY, pageOf, toCursor } from "../http/page.ts";
import { type Route, route } from "../http/route.ts";

const IdParams = z.strictObject({ id: CampaignId });

const CampaignRequest = CampaignMembers.extend({
  campaignId: CampaignId.optional().describe("makes the request repeatable; one is made up when left out"),
});

const fields = CampaignMembers.shape;
const CampaignChange = z.strictObject({
  name: fields.name.optional(),
  accountIds: fields.accountIds
    .optional()
    .describe("they share the recipients that were not put into a call queue, evenly; the others stay with their account"),
  input: fields.input,
  steps: fields.steps.describe(
    "of a sequence, all of them: those of a draft may be any; of one that was started those that there are keep their operations, and more may follow",
  ),
  priority: z.enum(["urgent", "normal", "bulk"]).optional(),
  maxCredits: fields.maxCredits.nullable().describe("null: no bound"),
  startAt: fields.startAt.nullable().describe("null: at once"),
  expiresAt: fields.expiresAt.nullable().describe("null: never"),
  handover: z.boolean().optional(),
  contactGapDays: fields.contactGapDays.nullable().describe("null: LINKUP_CONTACT_GAP_DAYS alone holds"),
  stopOnReply: z.boolean().optional(),
  allowDoubtfulText: z.boolean().optional().describe("of a paused campaign: go on all the same with what is probably not meant"),
});

const SAMPLED = {
  samples: z
    .array(
      z.object({
        recipientId: z.string(),
        input: z.record(z.string(), z.unknown()),
        steps: z
          .array(z.object({ operation: OperationName, input: z.record(z.string(), z.unknown()) }))
          .optional()
          .describe("of a sequence: of each step, in their order; `input` is that of the first"),
      }),
    )
    .describe(`the inputs that ${SAMPLES} of the recipients that are left will be sent, drawn at random each time`),
  doubts: z
    .array(DoubtResponse)
    .describe("parts of the text that are probably not meant to be sent as they stand: a start is refused for one, unless it is allowed"),
};

const SampledEstimate = EstimateResponse.extend(SAMPLED).meta({ id: "CampaignEstimateWithSamples" });

const DryRun = EstimateResponse.extend({
  dryRun: z.literal(true),
  ok: z.boolean().describe("whether the start would be taken now"),
  problems: z.array(z.string()).describe("reasons that keep it from starting"),
  ...SAMPLED,
}).meta({ id: "CampaignDryRun" });

const First = z.int().min(1).max(1_000_000_000);

const StartRequest = z
  .strictObject({
    first: First.optional().describe(
      "so many of its recipients, in the order of the list; then it pauses, `first_done`, until it is resumed",
    ),
    allowDoubtfulText: z.boolean().optional().describe("send all the same what is probably not meant"),
  })
  .meta({ id: "CampaignStart", example: { first: 20 } });
type StartRequest = z.output<typeof StartRequest>;

const ResumeRequest = z
  .strictObject({
    first: First.optional().describe(
      "so many in all, counted from the first of the list: more than it was started with. It pauses again then. The same again changes nothing",
    ),
  })
  .meta({ id: "CampaignResume", example: { first: 200 } });

/** The campaign; throws `not_found`. */
async function mustRead(context: ApiContext, id: string): Promise<Campaign> {
  const campaign = await context.engine.campaigns.read(id);
  if (campaign === null) throw new LinkupError("not_found", "There is no such campaign; POST /v1/campaigns makes one");
  return campaign;
}

async function shown(context: ApiContext, campaign: Campaign): Promise<z.input<typeof CampaignResponse>> {
  return campaignResponse(campaign, await context.engine.load([campaign]));
}

async function sampledEstimate({ engine }: ApiContext, campaign: Campaign, load: Load): Promise<z.input<typeof SampledEstimate>> {
  const { estimate, samples, doubts } = await engine.preview(campaign, load);
  return { ...estimateView(estimate), samples, doubts };
}

async function dryRun(context: ApiContext, id: string, { first, allowDoubtfulText }: StartRequest): Promise<z.input<typeof DryRun>> {
  const read = await mustRead(context, id);
  const campaign = first === undefined ? read : { ...read, first, firstLeft: first };
  const load = await context.engine.load([campaign]);
  const { state, recipients } = campaign;
  const missing = missingForStart(campaign, load);
  const problems: string[] = [];
  if (state !== "draft") problems.push(`The campaign is ${state}; only a draft is started`);
  if (recipients.accepted === 0) problems.push("It has no recipients yet: started like this it ends at once, and goes on when some come");
  const refused = missing.length > 0;
  if (refused) problems.push(`There is no account ${missing.slice(0, 10).join(", ")}; register it with PUT /v1/accounts/{id}`);
  const preview = await sampledEstimate(context, campaign, load);
  const isDoubtful = preview.doubts.length > 0 && allowDoubtfulText !== true;
  if (isDoubtful) problems.push("It would send what is probably not meant, see doubts; allowDoubtfulText starts it all the same");
  const ok = state === "draft" && !refused && !isDoubtful;
  return { dryRun: true, ok, problems, ...preview };
}

const A_CAMPAIGN = {
  campaignId: "spring",
  name: "Spring",
  operation: "invitation.send",
  accountIds: ["ada", "bob"],
  input: { linkedin_url: "{{linkedin_url}}", message: "Hello {{first_name|there}}" },
  maxCredits: 1_000,
};

const tag = "campaigns";
const aCampaign = { description: "The campaign", schema: CampaignResponse };
const noCampaign = { description: "No such campaign" };

const SUMMARIES = {
  pause: "Pause a campaign: nothing more of it leaves within a second; calls that are out are finished and told",
  cancel: "Cancel a campaign: what was not put into a queue is counted and never sent",
} as const;

const changes = (["pause", "cancel"] as const).map((event) =>
  route({
    name: `${event}Campaign`,
    method: "post",
    path: `/v1/campaigns/{id}/${event}`,
    role: "producer",
    tag,
    summary: SUMMARIES[event],
    params: IdParams,
    answers: { 200: aCampaign, 404: noCampaign, 409: { description: "Its state does not allow it" } },
    handle: async (context, { params, caller }) => {
      const campaign = await context.engine.campaigns.change(params.id, event);
      context.log.info({ caller: caller?.name, campaignId: params.id, event }, "a campaign was changed by hand");
      return { status: 200, body: await shown(context, campaign) };
    },
  }),
);

export const CAMPAIGN_ROUTES: readonly Route[] = [
  route({
    name: "createCampaign",
    method: "post",
    path: "/v1/campaigns",
    role: "producer",
    tag,
    summary: "Make a campaign: a draft, to which recipients are added",
    description:
      "Strings in `input` may hold `{{field}}` and `{{field|default}}`, filled from each recipient's fields. The same campaignId with the same definition again changes nothing and answers 200.",
    body: CampaignRequest.meta({ id: "CampaignRequest", example: A_CAMPAIGN }),
    answers: {
      201: { ...aCampaign, description: "The draft" },
      200: aCampaign,
      409: { description: "The campaignId has another definition" },
    },
    handle: async (context, { body: { campaignId, ...members }, caller }) => {
      const id = campaignId ?? `camp-${randomUUID()}`;
      const { created, ...campaign } = await context.engine.campaigns.create(id, definitionOf(members));
      if (created) context.log.info({ caller: caller?.name, campaignId: id }, "a campaign was made");
      return { status: created ? 201 : 200, body: await shown(context, campaign) };
    },
  }),
  route({
    name: "listCampaigns",
    method: "get",
    path: "/v1/campaigns",
    role: "viewer",
    tag,
    summary: "List campaigns by id",
    description:
      "A page may be shorter than `limit`, where campaigns are large, and still not be the last: go on while there is a nextCursor.",
    query: z.strictObject(PAGE_QUERY),
    answers: { 200: { description: "A page of campaigns", schema: pageOf(CampaignResponse) } },
    handle: async (context, { query }) => {
      const afterId = fromCursor(query.cursor, CampaignId);
      const { campaigns, next } = await context.engine.campaigns.list({ afterId, limit: query.limit });
      const load = await context.engine.load(campaigns);
      const items = campaigns.map((campaign) => campaignResponse(campaign, load));
      return { status: 200, body: { items, nextCursor: next === null ? null : toCursor(next) } };
    },
  }),
  route({
    name: "getCampaign",
    method: "get",
    path: "/v1/campaigns/{id}",
    role: "viewer",
    tag,
    summary: "Show a campaign: state, counts, credits, rate, estimated cost and finish",
    params: IdParams,
    answers: { 200: aCampaign, 404: noCampaign },
    handle: async (context, { params }) => ({ status: 200, body: await shown(context, await mustRead(context, params.id)) }),
  }),
  route({
    name: "changeCampaign",
    method: "patch",
    path: "/v1/campaigns/{id}",
    role: "producer",
    tag,
    summary: "Edit a draft or a paused campaign; it applies to what has not left",
    description:
      "Members left out stay as they are. Every recipient that is left is checked against the new text first; when it does not fit one of them nothing is changed. It applies to jobs that lie in a call queue too, as long as they have not left: one whose recipient the new text does not fit ends `invalid_input`, free of charge. Other `accountIds` share the recipients that were not put into a call queue; each of the others keeps its account and its one job. A paused campaign refuses a text that brings in what its start would have refused, `doubtful_text`, unless `allowDoubtfulText` says that it is meant.",
    params: IdParams,
    body: CampaignChange.meta({ id: "CampaignChange", example: { name: "Spring, second half", maxCredits: 2_000 } }),
    answers: {
      200: aCampaign,
      404: noCampaign,
      409: {
        description:
          "It is neither a draft nor paused, an account is not there, or it would go on with what is probably not meant (`doubtful_text`)",
      },
    },
    handle: async (context, { params, body, caller }) => {
      const { allowDoubtfulText, ...change } = body;
      const campaign = await context.engine.campaigns.amend(params.id, (definition) => changedDefinition(definition, change), {
        allowDoubtfulText,
        by: caller?.name,
      });
      context.log.info({ caller: caller?.name, campaignId: params.id }, "a campaign was edited");
      return { status: 200, body: await shown(context, campaign) };
    },
  }),
  route({
    name: "deleteCampaign",
    method: "delete",
    path: "/v1/campaigns/{id}",
    role: "producer",
    tag,
    summary: "Delete a draft, or a campaign that is over, with its list and its results",
    description:
      "Outcomes are still read by their jobs, as long as they are kept. Nothing more of it is sent, re-drives included. The id of a campaign that was started stays taken until its jobs' ids are free again (LINKUP_LEDGER_DAYS).",
    params: IdParams,
    answers: {
      204: { description: "Deleted" },
      404: noCampaign,
      409: { description: "It may go on, or jobs of it have no outcome yet" },
    },
    handle: async ({ engine, log }, { params, caller }) => {
      await engine.campaigns.remove(params.id);
      log.info({ caller: caller?.name, campaignId: params.id }, "a campaign was deleted");
      return { status: 204 };
    },
  }),
  route({
    name: "estimateCampaign",
    method: "get",
    path: "/v1/campaigns/{id}/estimate",
    role: "viewer",
    tag,
    summary: "Estimate credits, finish time at today's load, and what can't be sent and why; with examples of what will be sent",
    params: IdParams,
    answers: { 200: { description: "The estimate", schema: SampledEstimate }, 404: noCampaign },
    handle: async (context, { params }) => {
      const campaign = await mustRead(context, params.id);
      return { status: 200, body: await sampledEstimate(context, campaign, await context.engine.load([campaign])) };
    },
  }),
  route({
    name: "startCampaign",
    method: "post",
    path: "/v1/campaigns/{id}/start",
    role: "producer",
    tag,
    summary: "Start a campaign, now or at its startAt",
    description:
      "With `dryRun=1` nothing is changed: it answers what the start would come to. With `first` it takes so many recipients in the order of the list, and pauses when they have their outcome, `first_done`, until it is resumed. It is refused, `doubtful_text`, when a text holds a placeholder of another notation, or a field with a default that no recipient fills, unless `allowDoubtfulText` says that it is meant.",
    params: IdParams,
    body: StartRequest,
    optionalBody: true,
    query: z.strictObject({ dryRun: z.enum(["0", "1"], "must be 0 or 1").optional() }),
    answers: {
      202: { ...aCampaign, description: "Started, or scheduled" },
      200: { description: "With dryRun: what it would come to", schema: DryRun },
      404: noCampaign,
      409: { description: "It is no draft, an account of it is not there, or it would send what is probably not meant (`doubtful_text`)" },
    },
    handle: async (context, { params, query, body, caller }) => {
      if (query.dryRun === "1") return { status: 200, body: await dryRun(context, params.id, body) };
      const campaign = await context.engine.campaigns.change(params.id, "start", body);
      context.log.info({ caller: caller?.name, campaignId: params.id, event: "start", ...body }, "a campaign was changed by hand");
      return { status: 202, body: await shown(context, campaign) };
    },
  }),
  route({
    name: "resumeCampaign",
    method: "post",
    path: "/v1/campaigns/{id}/resume",
    role: "producer",
    tag,
    summary: "Let a paused campaign go on",
    description: "With all that is left; one that was started with its first recipients with more of them, where `first` says so.",
    params: IdParams,
    body: ResumeRequest,
    optionalBody: true,
    answers: { 200: aCampaign, 404: noCampaign, 409: { description: "Its state does not allow it, or it was not started with fewer" } },
    handle: async (context, { params, body, caller }) => {
      const campaign = await context.engine.campaigns.change(params.id, "resume", body);
      context.log.info({ caller: caller?.name, campaignId: params.id, event: "resume", ...body }, "a campaign was changed by hand");
      return { status: 200, body: await shown(context, campaign) };
    },
  }),
  ...changes,
];
