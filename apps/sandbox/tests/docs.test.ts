/** docs/sandbox.md in step with the code: its table of fields, and its examples executed. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { DEFAULT_SCENARIO, startSandbox } from "../src/index.ts";
import { describeScenario } from "../src/scenario/scenario.ts";

const PAGE = readFileSync(new URL("../../../docs/sandbox.md", import.meta.url), "utf8");

test("the page's table holds every field with its default and its sentence", () => {
  const defaults = new Map(Object.entries(DEFAULT_SCENARIO).map(([name, value]) => [name, JSON.stringify(value)]));
  for (const [name, sentence] of Object.entries(describeScenario())) {
    expect(PAGE).toContain(`| \`${name}\` | \`${defaults.get(name)}\` | ${sentence.replaceAll("|", "\\|")} |`);
  }
});

test("every example of the page is taken as a scenario", async () => {
  const examples = [...PAGE.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => JSON.parse(text ?? ""));
  expect(examples.length).toBeGreaterThanOrEqual(5);
  const sandbox = await startSandbox();
  for (const example of examples) sandbox.scenario(example);
  await sandbox.close();
});
