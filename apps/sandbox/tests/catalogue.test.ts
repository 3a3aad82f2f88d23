/** The sandbox's own table of endpoints beside the project's catalogue: written apart, they know the same operations, and which of them are writes. */
import { OPERATION_NAMES, OPERATIONS, type Operation } from "@linkup-queue/contracts";
import { expect, test } from "vitest";
import { z } from "zod";
import { ENDPOINTS } from "../src/api/endpoints.ts";

const CALLS = ENDPOINTS.filter(({ kind }) => kind === "read" || kind === "write");

/** Fields that LinkUp calls otherwise than the catalogue, beside the catalogue's own name. */
const SECOND_NAMES: Readonly<Record<string, readonly string[]>> = { "invitation.send": ["message_text"] };

test("the sandbox has an endpoint for every operation of the catalogue, and for no other", () => {
  expect(CALLS.map(({ operation }) => operation).toSorted()).toEqual(OPERATION_NAMES.toSorted());
});

test.each(OPERATION_NAMES)("%s is a read or a write in both", (name) => {
  expect(CALLS.find(({ operation }) => operation === name)?.kind).toBe(OPERATIONS[name].kind);
});

test.each(OPERATION_NAMES)("%s takes the same fields in both, and needs the same", (name) => {
  const operation: Operation = OPERATIONS[name];
  const { properties = {}, required = [] } = z.toJSONSchema(operation.input, { io: "input", unrepresentable: "any" });
  const endpoint = CALLS.find((one) => one.operation === name);
  expect(Object.keys(endpoint?.fields ?? {}).toSorted()).toEqual([...Object.keys(properties), ...(SECOND_NAMES[name] ?? [])].toSorted());
  expect(endpoint?.required.toSorted()).toEqual(required.toSorted());
});
