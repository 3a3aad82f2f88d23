/** Pages that are made from the operation catalogue and the table of settings. `npm run docs` writes them; nothing here does. */
import { operationsPage } from "./src/operations/operations-page.ts";
import { settingsPage } from "./src/settings/settings-page.ts";

/** By its path in the project, each page's text. */
export const pages = { "docs/operations.md": operationsPage, "docs/settings.md": settingsPage };
