/** The page docs/linkup-v1.md is what the rows say. It must never write. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { v1Page } from "./v1-page.ts";

test("docs/linkup-v1.md is in step with the rows; if not, run node packages/linkup/src/v1/write-docs.ts", () => {
  expect(readFileSync(new URL("../../../../docs/linkup-v1.md", import.meta.url), "utf8")).toBe(v1Page());
});
