import { OPERATION_NAMES, WASTE_CAUSES } from "@linkup-queue/contracts";
import { AUTH_OPERATIONS } from "@linkup-queue/queue";
import { z } from "zod";
import { oneOf } from "../http/one-of.ts";
import { queryNumber } from "../http/page.ts";
import { type Route, route } from "../http/route.ts";

/** The counters are kept this long. */
const MOST_DAYS = 400;

const SUMS = {
  charged: z.number(),
  uncertain: z.number().describe("may have been charged: the provider did not say"),
  wasted: z.number().describe("charged calls of jobs that did not succeed, and calls refused for a dead token"),
  redriven: z.number().describe("of what was charged: for jobs that did others again"),
};

const CreditsResponse = z
  .object({
    total: z.object(SUMS),
    byDay: z.array(z.object({ day: z.string().describe("UTC"), ...SUMS })),
    byOperation: z.array(
      z.object({
        operation: oneOf([...OPERATION_NAMES, ...Object.values(AUTH_OPERATIONS)]).describe("log-ins are `auth.login` and `auth.verify`"),
        ...SUMS,
      }),
    ),
    byCampaign: z.array(z.object({ campaignId: z.string(), ...SUMS })),
    byAccount: z.array(z.object({ accountId: z.string(), ...SUMS })).describe("from the day on which they were counted first"),
    byCause: z
      .array(z.object({ cause: oneOf(WASTE_CAUSES), wasted: z.number() }))
      .describe(
        "the wasted credits, the most first: the code with which the job ended, `token_expired` also of calls with a dead token whose job went on, `login_failed` of log-ins; of the last 100 days, from the day on which they were counted first",
      ),
  })
  .meta({ id: "Credits" });

const CreditsQuery = z.strictObject({
  days: queryNumber({ most: MOST_DAYS, fallback: 30, description: `UTC days, today included; 1 to ${MOST_DAYS}` }),
});

export const CREDIT_ROUTES: readonly Route[] = [
  route({
    name: "getCredits",
    method: "get",
    path: "/v1/credits",
    role: "viewer",
    tag: "credits",
    summary: "Show what was spent: in total, by UTC day, operation, campaign, account and cause of waste",
    query: CreditsQuery,
    answers: { 200: { description: "Credits, newest day first", schema: CreditsResponse } },
    handle: async ({ engine }, { query }) => ({
      status: 200,
      body: await engine.credits.read({ days: query.days, nowMs: Date.now() }),
    }),
  }),
];
