/** Promises of v1's rows: a path of its own for each operation, a proof in members that its output describes, and renames that reach the body. */
import { LEAST_INPUTS, OPERATION_NAMES, OPERATIONS, type Operation } from "@linkup-queue/contracts";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { linkupV1, renamed } from "./linkup-v1.ts";
import { V1_OPERATIONS, type V1Row } from "./operations.ts";

test("there is one row for each operation of the catalogue, and one path belongs to one operation", () => {
  expect(Object.keys(V1_OPERATIONS).toSorted()).toEqual(OPERATION_NAMES.toSorted());
  const paths = [...OPERATION_NAMES.map((name) => V1_OPERATIONS[name].path), "/v1/auth/login", "/v1/auth/verify"];
  expect(new Set(paths).size).toBe(paths.length);
});

describe.each(OPERATION_NAMES)("%s", (name) => {
  const { kind, output, input }: Operation = OPERATIONS[name];
  const { path, proof, renames = {} }: V1Row = V1_OPERATIONS[name];

  test("says what proves that it was done and how that is known, in members that its output describes", () => {
    const members = new Set(Object.keys(z.toJSONSchema(output).properties ?? {}));
    expect(proof.source).toMatch(/^\[[DCI]\] \S/);
    // A read without data is no read: none is proven by its status alone.
    expect(proof.data.is === "status").toBe(kind === "write");
    if (proof.data.is === "list") expect(members).toContain(proof.data.member);
    if (proof.data.is === "member") expect(proof.data.members.filter((member) => members.has(member))).not.toEqual([]);
  });

  test("goes out with the account's token and country beside its fields, no two of which have one name", () => {
    const request = { kind: "call", operation: name, input: LEAST_INPUTS[name], token: "AQ", country: "DE" } as const;
    const message = linkupV1({ retryWritesOn500: true }).write(request);
    expect(message).toEqual({ path, body: { ...renamed(LEAST_INPUTS[name], { renames }), login_token: "AQ", country: "DE" } });
    const fields = Object.keys(z.toJSONSchema(input, { io: "input" }).properties ?? {});
    const sent = Object.keys(renamed(Object.fromEntries(fields.map((field) => [field, 1])), { renames }));
    expect(sent).toHaveLength(fields.length);
    expect(sent).not.toContain("login_token");
    expect(sent).not.toContain("country");
  });
});

test("a field that v1 calls otherwise goes out under v1's name, and the others as they are", () => {
  const input = { linkedin_url: "https://www.linkedin.com/in/jane-doe", message: "Hi" };
  const row: Pick<V1Row<"invitation.send">, "renames"> = { renames: { message: "message_text" } };
  expect(renamed(input, row)).toEqual({ linkedin_url: input.linkedin_url, message_text: "Hi" });
});
