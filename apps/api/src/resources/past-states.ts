/** The states that an account or a campaign was in: for whoever asks why nothing moved last night. */
import { AccountId, LinkupError } from "@linkup-queue/contracts";
import { ACCOUNT_STATES, CAMPAIGN_STATES, CampaignId, type PastState } from "@linkup-queue/queue";
import { z } from "zod";
import { oneOf } from "../http/one-of.ts";
import { type Route, route } from "../http/route.ts";

const why = z.string().describe("why; empty for no reason");
const at = z.iso.datetime().describe("when it came into it");

const AccountStates = z
  .object({ items: z.array(z.object({ at, state: oneOf([...ACCOUNT_STATES, "removed"]), why })) })
  .meta({ id: "AccountStates", example: { items: [{ at: "2028-01-03T09:00:00.000Z", state: "awaiting_code", why: "verification" }] } });

const CampaignStates = z
  .object({
    items: z.array(
      z.object({
        at,
        state: oneOf([...CAMPAIGN_STATES, "stalled", "moving", "edited"]).describe(
          "also `stalled`, `moving` where it is no more, and `edited` where its text or another part of it was changed",
        ),
        why: z.string().describe("why; of an edit its revision and who made it; empty for no reason"),
      }),
    ),
  })
  .meta({ id: "CampaignStates", example: { items: [{ at: "2028-01-03T09:00:00.000Z", state: "paused", why: "by_hand" }] } });

const description =
  "The latest first, about two hundred at most, kept for 90 days after the last of them. Who changed something by hand is in the audit list.";

/** Throws `not_found` where nothing is known of it. */
function known(states: PastState[], isThere: boolean, what: string): { items: PastState[] } {
  if (states.length === 0 && !isThere)
    throw new LinkupError("not_found", `There is no such ${what}, and there was none in the last 90 days`);
  return { items: states };
}

export const PAST_STATE_ROUTES: readonly Route[] = [
  route({
    name: "listAccountStates",
    method: "get",
    path: "/v1/accounts/{id}/states",
    role: "viewer",
    tag: "accounts",
    summary: "List the states that an account came into",
    description,
    params: z.strictObject({ id: AccountId }),
    answers: { 200: { description: "Its states", schema: AccountStates }, 404: { description: "No such account" } },
    handle: async ({ engine }, { params: { id } }) => {
      const [states, account] = await Promise.all([engine.pastStates({ accountId: id }), engine.accounts.read(id)]);
      return { status: 200, body: known(states, account !== null, "account") };
    },
  }),
  route({
    name: "listCampaignStates",
    method: "get",
    path: "/v1/campaigns/{id}/states",
    role: "viewer",
    tag: "campaigns",
    summary: "List the states that a campaign came into",
    description,
    params: z.strictObject({ id: CampaignId }),
    answers: { 200: { description: "Its states", schema: CampaignStates }, 404: { description: "No such campaign" } },
    handle: async ({ engine }, { params: { id } }) => {
      const [states, campaign] = await Promise.all([engine.pastStates({ campaignId: id }), engine.campaigns.read(id)]);
      return { status: 200, body: known(states, campaign !== null, "campaign") };
    },
  }),
];
