/** Writes docs/answers.md and docs/linkup-v1.md. Run it with Node 24 after a change of the tables or rows; nothing else writes these pages. */
import { writeFileSync } from "node:fs";
import { renderAnswersPage } from "./answers-page.ts";
import { v1Page } from "./v1-page.ts";

writeFileSync(new URL("../../../../docs/answers.md", import.meta.url), renderAnswersPage());
writeFileSync(new URL("../../../../docs/linkup-v1.md", import.meta.url), v1Page());
