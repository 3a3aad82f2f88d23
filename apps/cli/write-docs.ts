/** Writes docs/cli.md from the commands. Run `node apps/cli/write-docs.ts` with Node 24; a test fails while it is stale. */
import { writeFileSync } from "node:fs";
import { referencePage } from "./src/reference-page.ts";

writeFileSync(new URL("../../docs/cli.md", import.meta.url), referencePage());
