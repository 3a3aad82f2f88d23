/** The page docs/answers.md is what the tables say. It must never write. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { TRANSPORT_EVENTS } from "../http/transport-table.ts";
import { ANSWER_TABLE } from "./answer-table.ts";
import { renderAnswersPage } from "./answers-page.ts";

it("docs/answers.md is in step with the tables; if not, run node packages/linkup/src/v1/write-docs.ts", () => {
  expect(readFileSync(new URL("../../../../docs/answers.md", import.meta.url), "utf8")).toBe(renderAnswersPage());
});

it("the page has one line for every row, and every row a source", () => {
  const page = renderAnswersPage();
  for (const row of [...ANSWER_TABLE.map(({ row }) => row), ...TRANSPORT_EVENTS]) expect(page.split(`\n| \`${row}\` |`)).toHaveLength(2);
  for (const { row, source } of ANSWER_TABLE) expect(source, row).toMatch(/^\[[DCI]\] \S/);
});
