/** `/v1/operations`: what a job may ask for, from the one catalogue, and at what price. */
import { CallQueue, EVIDENCE, OPERATION_NAMES, OPERATIONS, type Operation, OperationName } from "@linkup-queue/contracts";
import { z } from "zod";
import { type Route, route } from "../http/route.ts";

const Evidence = z.enum(EVIDENCE).describe("how it is known; `assumed`: nothing states it");
const JsonSchema = z.record(z.string(), z.unknown()).describe("JSON Schema");

const OperationsResponse = z
  .object({
    items: z.array(
      z
        .object({
          operation: OperationName,
          queue: CallQueue,
          kind: z.enum(["read", "write"]).describe("a write leaves at most once"),
          summary: z.string(),
          price: z.object({ rule: z.string().describe("credits for one call"), evidence: Evidence }),
          evidence: Evidence,
          input: JsonSchema,
          output: JsonSchema,
        })
        .meta({ id: "Operation" }),
    ),
  })
  .meta({ id: "OperationList" });

const ROWS = OPERATION_NAMES.map((name) => {
  const { queue, kind, summary, evidence, input, output }: Operation = OPERATIONS[name];
  return {
    operation: name,
    queue,
    kind,
    summary,
    evidence,
    input: z.toJSONSchema(input, { io: "input" }),
    output: z.toJSONSchema(output, { io: "input" }),
  };
});

export const OPERATION_ROUTES: readonly Route[] = [
  route({
    name: "listOperations",
    method: "get",
    path: "/v1/operations",
    role: "viewer",
    tag: "operations",
    summary: "List what a job may ask for, with its schema and its price",
    answers: { 200: { description: "Every operation", schema: OperationsResponse } },
    handle: ({ engine: { prices } }) => {
      const items = ROWS.map((row) => ({ ...row, price: { rule: prices[row.operation].rule, evidence: prices[row.operation].evidence } }));
      return Promise.resolve({ status: 200, body: { items } });
    },
  }),
];
