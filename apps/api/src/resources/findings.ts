/** `/v1/findings`: what `linkup doctor` finds in Redis and in all that is in it, as the same list. The machine itself is looked at by doctor alone. */
import { FINDING_CHECKS, type Finding, LEVELS, worstOf } from "@linkup-queue/queue";
import { z } from "zod";
import { type Route, route } from "../http/route.ts";

const codeOf = (check: Finding["check"]) => check.replaceAll(" ", "_");

const FindingResponse = z
  .object({
    code: z.enum(FINDING_CHECKS.map(codeOf)).describe("which check; more may come"),
    severity: z.enum(LEVELS).describe("`fail`: it keeps jobs from running, or from running safely; `warn`: it wants looking at"),
    message: z.string().describe("the case, for a person"),
    remedy: z.string().describe("the thing to do; empty when all is well"),
    since: z.string().optional(),
    subject: z.string().optional().describe("the one campaign, webhook, schedule or operation that it is about"),
  })
  .meta({ id: "Finding" });

const Findings = z.object({ worst: z.enum(LEVELS), items: z.array(FindingResponse) }).meta({ id: "Findings" });

export const FINDING_ROUTES: readonly Route[] = [
  route({
    name: "listFindings",
    method: "get",
    path: "/v1/findings",
    role: "viewer",
    tag: "findings",
    summary: "What is well, what is not, and what to do: as linkup doctor finds it",
    description: "In the order in which things depend on each other. It looks at everything when asked: a monitor asks once a minute.",
    answers: { 200: { description: "The findings, the good too", schema: Findings } },
    handle: async ({ engine, settings }) => {
      const { findings } = await engine.examine(settings);
      const items = findings.map(({ check, level, found, ...more }) => ({ code: codeOf(check), severity: level, message: found, ...more }));
      return { status: 200, body: { worst: worstOf(findings), items } };
    },
  }),
];
