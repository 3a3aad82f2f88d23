/** `/v1/history`: what plots are drawn from. */
import { OUTCOME_STATUSES } from "@linkup-queue/contracts";
import { z } from "zod";
import { type Route, route } from "../http/route.ts";

const WindowResponse = z
  .object({
    of: z.literal("window"),
    from: z.string().describe("when the first bucket begins"),
    bucketMs: z.int().describe("a second; longer where the window is longer than a minute"),
    rateLimit: z.int(),
    rateWindowMs: z.int(),
    slotsBusy: z.int().describe("places of the window that are taken now"),
    out: z.int().describe("of these, calls that are out"),
    answered: z.array(z.int()).describe("calls that were answered in each bucket, oldest first"),
  })
  .meta({ id: "WindowHistory" });

const counts = Object.fromEntries(OUTCOME_STATUSES.map((status) => [status, z.int()]));

const OutcomesResponse = z
  .object({
    of: z.literal("outcomes"),
    bucketMs: z.int(),
    buckets: z
      .array(z.object({ from: z.string(), ...counts }))
      .describe("a quarter of an hour each, of the last 24 h, oldest first; the last one is not over"),
  })
  .meta({ id: "OutcomeHistory" });

export const HISTORY_ROUTES: readonly Route[] = [
  route({
    name: "getHistory",
    method: "get",
    path: "/v1/history",
    role: "viewer",
    tag: "key",
    summary: "The calls of the last window, or the outcomes of the last day, for a plot",
    query: z.strictObject({ of: z.enum(["window", "outcomes"]) }),
    answers: {
      200: {
        description: "Counts in equal steps",
        schema: z.discriminatedUnion("of", [WindowResponse, OutcomesResponse]).meta({ id: "History" }),
      },
    },
    handle: async ({ engine }, { query }) => {
      const key = await engine.keys.read();
      if (query.of === "window") {
        const { fromMs, bucketMs, limit, windowMs, used, out, answered } = await engine.windowHistory(key);
        const from = new Date(fromMs).toISOString();
        return {
          status: 200,
          body: { of: "window", from, bucketMs, rateLimit: limit, rateWindowMs: windowMs, slotsBusy: used, out, answered },
        };
      }
      const buckets = (await engine.outcomeCounts(key.nowMs)).map(({ fromMs, ...counted }) => {
        return { from: new Date(fromMs).toISOString(), ...counted };
      });
      return { status: 200, body: { of: "outcomes", bucketMs: 900_000, buckets } };
    },
  }),
];
