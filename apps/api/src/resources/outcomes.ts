/** `/v1/outcomes`: kept outcomes in the order they came, to be looked through and to be followed. */
import { AccountId, Outcome, OutcomeCode, OutcomeStatus, RecipientId } from "@linkup-queue/contracts";
import { CampaignId, OUTCOMES_LOOKED_AT, OutcomePlace } from "@linkup-queue/queue";
import { z } from "zod";
import { fromCursor, PAGE_QUERY, toCursor } from "../http/page.ts";
import { personKeyOf } from "../http/person-key-of.ts";
import { type Route, route } from "../http/route.ts";

const OutcomePage = z
  .object({
    items: z.array(Outcome),
    nextCursor: z.string().describe("hand it back as `after` for what comes behind, now or later; it is always there"),
    more: z.boolean().describe("whether there is something behind nextCursor already; false: ask again in a while"),
    missed: z
      .boolean()
      .describe("true: the cursor that was handed in is older than outcomes are kept, and some may have gone before they were read"),
  })
  .meta({ id: "OutcomePage" });

export const OUTCOME_ROUTES: readonly Route[] = [
  route({
    name: "listOutcomes",
    method: "get",
    path: "/v1/outcomes",
    role: "viewer",
    tag: "outcomes",
    summary: "Outcomes in the order they came, as a list and as a feed",
    description: `Kept outcomes (LINKUP_OUTCOME_DAYS), oldest first. To follow them, keep nextCursor and ask again with it as \`after\`: each outcome is told at least once, so key on outcomeId. A page looks at ${OUTCOMES_LOOKED_AT} outcomes at most and is bounded in bytes, so with a filter it may be short or empty before the end: go on while \`more\` is true.`,
    query: z.strictObject({
      limit: PAGE_QUERY.limit,
      after: PAGE_QUERY.cursor.describe("the nextCursor of an earlier answer; left out: from the first that is kept"),
      status: OutcomeStatus.optional(),
      code: OutcomeCode.optional(),
      operation: z.string().max(100).optional(),
      accountId: AccountId.optional(),
      campaignId: CampaignId.optional(),
      recipientId: RecipientId.optional(),
      url: z
        .string()
        .optional()
        .describe(
          "the address of a person's profile in any spelling, or their profile id (`ACoAA...`) or URN: outcomes whose job was about them, or that name them",
        ),
      order: z
        .enum(["oldest", "newest"], "must be oldest or newest")
        .optional()
        .default("oldest")
        .describe(
          "newest: from the latest back, to be looked through; nextCursor then leads to older ones, and serves with this order alone",
        ),
    }),
    answers: { 200: { description: "A page of outcomes", schema: OutcomePage } },
    handle: async ({ engine }, { query: { limit, after, url, order, ...filter } }) => {
      const person = url === undefined ? undefined : personKeyOf(url);
      const reading = { after: fromCursor(after, OutcomePlace, "after"), limit, newestFirst: order === "newest" };
      const page = await engine.outcomes.read({ ...filter, person }, reading);
      const { outcomes, place, more, missed } = page;
      return { status: 200, body: { items: outcomes, nextCursor: toCursor(place), more, missed } };
    },
  }),
];
