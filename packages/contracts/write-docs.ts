/**
 * Writes docs/operations.md from the catalogue and docs/settings.md from the table of settings.
 * Run `node packages/contracts/write-docs.ts` with Node 24; a test fails while one is stale.
 */
import { writeFileSync } from "node:fs";
import { operationsPage } from "./src/operations-page.ts";
import { settingsPage } from "./src/settings-page.ts";

writeFileSync(new URL("../../docs/operations.md", import.meta.url), operationsPage());
writeFileSync(new URL("../../docs/settings.md", import.meta.url), settingsPage());
