/** The page docs/answers.md has every row of the tables. It must never write. */
import { expect, it } from "vitest";
import { TRANSPORT_EVENTS } from "../http/transport-table.ts";
import { ANSWER_TABLE } from "./answer-table.ts";
import { renderAnswersPage } from "./answers-page.ts";

it("the page has one line for every row, and every row a source", () => {
  const page = renderAnswersPage();
  for (const row of [...ANSWER_TABLE.map(({ row }) => row), ...TRANSPORT_EVENTS]) expect(page.split(`\n| \`${row}\` |`)).toHaveLength(2);
  for (const { row, source } of ANSWER_TABLE) expect(source, row).toMatch(/^\[[DCI]\] \S/);
});
