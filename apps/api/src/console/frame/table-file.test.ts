import { expect, test } from "vitest";
import { tableFile } from "./table-file.ts";

test("a table is a file whose cells come back as they were, and none is a formula", () => {
  const [head = "", text = ""] = tableFile([
    ["name", "credits"],
    ['say "hi", then go', 3],
    ["=1+1", 0],
  ]).split(",", 2);
  expect(head).toBe("data:text/csv;charset=utf-8");
  expect(decodeURIComponent(text)).toBe('name,credits\n"say ""hi"", then go",3\n\'=1+1,0\n');
});
