/** Writes docs/operations.md from the catalogue. Run `node packages/contracts/write-docs.ts` with Node 24; a test fails while it is stale. */
import { writeFileSync } from "node:fs";
import { operationsPage } from "./src/operations-page.ts";

writeFileSync(new URL("../../docs/operations.md", import.meta.url), operationsPage());
