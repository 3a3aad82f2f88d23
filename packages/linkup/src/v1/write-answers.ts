/** Writes docs/answers.md. Run it with Node 24 after a change of the tables; nothing else writes that page. */
import { writeFileSync } from "node:fs";
import { renderAnswersPage } from "./answers-page.ts";

writeFileSync(new URL("../../../../docs/answers.md", import.meta.url), renderAnswersPage());
