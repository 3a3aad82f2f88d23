/** The sandbox's own table of endpoints beside the project's catalogue: written apart, they know the same operations, and which of them are writes. */
import { OPERATION_NAMES, OPERATIONS } from "@linkup-queue/contracts";
import { expect, test } from "vitest";
import { ENDPOINTS } from "../src/endpoints.ts";

const CALLS = ENDPOINTS.filter(({ kind }) => kind === "read" || kind === "write");

test("the sandbox has an endpoint for every operation of the catalogue, and for no other", () => {
  expect(CALLS.map(({ operation }) => operation).toSorted()).toEqual(OPERATION_NAMES.toSorted());
});

test.each(OPERATION_NAMES)("%s is a read or a write in both", (name) => {
  expect(CALLS.find(({ operation }) => operation === name)?.kind).toBe(OPERATIONS[name].kind);
});
