/** The pages that are made from this workspace's code. */
import { proofPage } from "./src/measure/proof-page.ts";

export const pages = { "docs/proof-under-fire.md": proofPage };
