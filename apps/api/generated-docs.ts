/** The description that is made from the table of routes: reviews see what of it changes, and the client's types are made from it. */
import { ROUTES } from "./src/index.ts";
import { openapi } from "./src/openapi.ts";

export const pages = { "docs/openapi.json": () => `${JSON.stringify(openapi(ROUTES), null, 2)}\n` };
