/** The pages that are made from the tables of answers and from v1's rows. `npm run docs` writes them; nothing here does. */
import { renderAnswersPage } from "./src/v1/answers-page.ts";
import { v1Page } from "./src/v1/v1-page.ts";

/** By its path in the project, each page's text. */
export const pages = { "docs/answers.md": renderAnswersPage, "docs/linkup-v1.md": v1Page };
