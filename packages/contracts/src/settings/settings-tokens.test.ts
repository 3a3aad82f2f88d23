/** Who may call the api, and what is told about a list that is wrong. */
import { describe, expect, test } from "vitest";
import { apiTokens } from "./settings-tokens.ts";

function problemsOf(text: string): string[] {
  return (
    apiTokens()
      .safeParse(text)
      .error?.issues.map(({ message }) => message) ?? []
  );
}

const SECRET = "0123456789abcdef";

describe("the api's tokens", () => {
  test("each has a name, a role and a secret, which may hold colons", () => {
    expect(apiTokens().parse(`crm:producer:${SECRET}, board.ro:viewer:a:b:${SECRET},ops_1:admin:${SECRET}x`)).toEqual([
      { name: "crm", role: "producer", secret: SECRET },
      { name: "board.ro", role: "viewer", secret: `a:b:${SECRET}` },
      { name: "ops_1", role: "admin", secret: `${SECRET}x` },
    ]);
  });

  test.each([
    ["no form at all", SECRET, "entry 1 has not the form"],
    ["an empty entry", `a:admin:${SECRET},`, "entry 2 has not the form"],
    ["no secret", "a:admin:", "entry 1 has not the form"],
    ["a bad name", `a b:admin:${SECRET}`, "entry 1 has a name"],
    ["an unknown role", `a:root:${SECRET}`, "entry 1 has a role that is not one of viewer, producer, admin"],
    ["a role in capitals", `a:Admin:${SECRET}`, "entry 1 has a role"],
    ["a short secret", "a:admin:0123456789abcde", "entry 1 has a secret of fewer than 16 characters, which can be guessed"],
    ["a secret with a space", `a:admin:${SECRET} x`, "entry 1 has a secret with a space"],
    ["one name twice", `a:admin:${SECRET},b:admin:${SECRET}2,a:viewer:${SECRET}3`, "entries 1 and 3 have the same name"],
    ["one secret twice", `a:admin:${SECRET},b:viewer:${SECRET}`, "entries 1 and 2 have the same secret"],
  ])("%s is refused by its place", (_what, text, problem) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(problem)]);
  });

  test("every entry's problems are told at once", () => {
    expect(problemsOf(`a b:root:short,c:admin:${SECRET},d`)).toHaveLength(4);
  });
});
