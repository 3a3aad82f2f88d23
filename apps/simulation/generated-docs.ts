/** The page that is made from the mutations. `npm run docs` writes it; nothing here does. */
import { proofPage } from "./src/mutations/proof-page.ts";

/** By its path in the project, each page's text. */
export const pages = { "docs/proof.md": proofPage };
