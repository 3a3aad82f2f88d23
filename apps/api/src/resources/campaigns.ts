/** `/v1/campaigns`: made, shown, edited, started, paused, resumed, cancelled; each within a second, whatever the size. */
import { randomUUID } from "node:crypto";
import { LinkupError } from "@linkup-queue/contracts";
import { type Campaign, CampaignDefinition, CampaignId, estimate, missingForStart, SAMPLES } from "@linkup-queue/queue";
import { z } from "zod";
import { CampaignOut, campaignOut, EstimateOut, estimateOut } from "../campaigns/campaign-out.ts";
import type { ApiContext } from "../http/api-context.ts";
import { fromCursor, PAGE_QUERY, pageOf, toCursor } from "../http/page.ts";
import { type Route, route } from "../http/route.ts";

const IdParams = z.strictObject({ id: CampaignId });

const CampaignRequest = CampaignDefinition.extend({
  campaignId: CampaignId.optional().describe("makes the request repeatable; one is made up when left out"),
});

const fields = CampaignDefinition.shape;
const CampaignChange = z.strictObject({
  name: fields.name.optional(),
  input: fields.input.optional(),
  priority: z.enum(["urgent", "normal", "bulk"]).optional(),
  maxCredits: fields.maxCredits.nullable().describe("null: no bound"),
  startAt: fields.startAt.nullable().describe("null: at once"),
  expiresAt: fields.expiresAt.nullable().describe("null: never"),
  handover: z.boolean().optional(),
});

const DryRun = EstimateOut.extend({
  dryRun: z.literal(true),
  ok: z.boolean().describe("whether the start would be taken now"),
  problems: z.array(z.string()).describe("what keeps it from starting"),
  samples: z
    .array(z.object({ recipientId: z.string(), input: z.record(z.string(), z.unknown()) }))
    .describe(`what the first ${SAMPLES} recipients will be sent`),
}).meta({ id: "CampaignDryRun" });

/** The campaign; throws `not_found`. */
async function mustRead(context: ApiContext, id: string): Promise<Campaign> {
  const campaign = await context.engine.campaigns.read(id);
  if (campaign === null) throw new LinkupError("not_found", "There is no such campaign; POST /v1/campaigns makes one");
  return campaign;
}

async function shown(context: ApiContext, campaign: Campaign): Promise<z.input<typeof CampaignOut>> {
  return campaignOut(campaign, await context.engine.load([campaign]));
}

function merged(definition: CampaignDefinition, change: z.output<typeof CampaignChange>): CampaignDefinition {
  const members = { ...definition, ...change };
  const kept = Object.entries(members).filter(([, value]) => value !== null && value !== undefined);
  return CampaignDefinition.parse(Object.fromEntries(kept));
}

async function dryRun(context: ApiContext, id: string): Promise<z.input<typeof DryRun>> {
  const campaign = await mustRead(context, id);
  const load = await context.engine.load([campaign]);
  const { state, recipients } = campaign;
  const missing = missingForStart(campaign, load);
  const problems: string[] = [];
  if (state !== "draft") problems.push(`The campaign is ${state}; only a draft is started`);
  if (recipients.accepted === 0) problems.push("It has no recipients yet: started like this it ends at once, and goes on when some come");
  const refused = missing.length > 0;
  if (refused) problems.push(`There is no account ${missing.slice(0, 10).join(", ")}; register it with PUT /v1/accounts/{id}`);
  const samples = await context.engine.campaigns.samples(id, campaign);
  return { dryRun: true, ok: state === "draft" && !refused, problems, samples, ...estimateOut(estimate(campaign, load)) };
}

const tag = "campaigns";
const aCampaign = { description: "The campaign", schema: CampaignOut };
const noCampaign = { description: "No such campaign" };

const SUMMARIES = {
  pause: "Pause a campaign: nothing more of it leaves within a second; calls that are out are finished and told",
  resume: "Let a paused campaign go on",
  cancel: "Cancel a campaign: what was not put into a queue is counted and never sent",
} as const;

const changes = (["pause", "resume", "cancel"] as const).map((event) =>
  route({
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
    method: "post",
    path: "/v1/campaigns",
    role: "producer",
    tag,
    summary: "Make a campaign: a draft, to which recipients are added",
    description:
      "Strings in `input` may hold `{{field}}` and `{{field|default}}`, filled from each recipient's fields. The same campaignId with the same definition again changes nothing and answers 200.",
    body: CampaignRequest.meta({ id: "CampaignRequest" }),
    answers: {
      201: { ...aCampaign, description: "The draft" },
      200: aCampaign,
      409: { description: "The campaignId has another definition" },
    },
    handle: async (context, { body: { campaignId, ...definition }, caller }) => {
      const id = campaignId ?? `camp-${randomUUID()}`;
      const { created, ...campaign } = await context.engine.campaigns.create(id, definition);
      if (created) context.log.info({ caller: caller?.name, campaignId: id }, "a campaign was made");
      return { status: created ? 201 : 200, body: await shown(context, campaign) };
    },
  }),
  route({
    method: "get",
    path: "/v1/campaigns",
    role: "viewer",
    tag,
    summary: "List campaigns by id",
    description:
      "A page may be shorter than `limit`, where campaigns are large, and still not be the last: go on while there is a nextCursor.",
    query: z.strictObject(PAGE_QUERY),
    answers: { 200: { description: "A page of campaigns", schema: pageOf(CampaignOut) } },
    handle: async (context, { query }) => {
      const afterId = fromCursor(query.cursor, CampaignId);
      const { campaigns, next } = await context.engine.campaigns.list({ afterId, limit: query.limit });
      const load = await context.engine.load(campaigns);
      const items = campaigns.map((campaign) => campaignOut(campaign, load));
      return { status: 200, body: { items, nextCursor: next === null ? null : toCursor(next) } };
    },
  }),
  route({
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
    method: "patch",
    path: "/v1/campaigns/{id}",
    role: "producer",
    tag,
    summary: "Edit a draft or a paused campaign; it applies to what has not left",
    description:
      "Members left out stay as they are. Every recipient that is left is checked against the new text first; when it does not fit one of them nothing is changed. It applies to jobs that lie in a call queue too, as long as they have not left: one whose recipient the new text does not fit ends `invalid_input`, free of charge.",
    params: IdParams,
    body: CampaignChange.meta({ id: "CampaignChange" }),
    answers: { 200: aCampaign, 404: noCampaign, 409: { description: "It is neither a draft nor paused" } },
    handle: async (context, { params, body, caller }) => {
      const campaign = await context.engine.campaigns.amend(params.id, (definition) => merged(definition, body));
      context.log.info({ caller: caller?.name, campaignId: params.id }, "a campaign was edited");
      return { status: 200, body: await shown(context, campaign) };
    },
  }),
  route({
    method: "get",
    path: "/v1/campaigns/{id}/estimate",
    role: "viewer",
    tag,
    summary: "Estimate credits, finish time at today's load, and what can't be sent and why",
    params: IdParams,
    answers: { 200: { description: "The estimate", schema: EstimateOut }, 404: noCampaign },
    handle: async (context, { params }) => {
      const campaign = await mustRead(context, params.id);
      return { status: 200, body: estimateOut(estimate(campaign, await context.engine.load([campaign]))) };
    },
  }),
  route({
    method: "post",
    path: "/v1/campaigns/{id}/start",
    role: "producer",
    tag,
    summary: "Start a campaign, now or at its startAt",
    description: "With `dryRun=1` nothing is changed: it answers what the start would come to.",
    params: IdParams,
    query: z.strictObject({ dryRun: z.enum(["0", "1"], "must be 0 or 1").optional() }),
    answers: {
      202: { ...aCampaign, description: "Started, or scheduled" },
      200: { description: "With dryRun: what it would come to", schema: DryRun },
      404: noCampaign,
      409: { description: "It is no draft, or an account of it is not there" },
    },
    handle: async (context, { params, query, caller }) => {
      if (query.dryRun === "1") return { status: 200, body: await dryRun(context, params.id) };
      const campaign = await context.engine.campaigns.change(params.id, "start");
      context.log.info({ caller: caller?.name, campaignId: params.id, event: "start" }, "a campaign was changed by hand");
      return { status: 202, body: await shown(context, campaign) };
    },
  }),
  ...changes,
];
