/** The page that is made from the commands and their help. `npm run docs` writes it; nothing here does. */
import { referencePage } from "./src/reference-page.ts";

/** By its path in the project, each page's text. */
export const pages = { "docs/cli.md": referencePage };
