/** `/openapi.json` and `/docs`: the description, and a page to browse it that fetches nothing from elsewhere. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { type Route, route } from "../http/route.ts";

const CONTENT_TYPES = { css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8" };

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>linkup-queue</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
`;

/** No validator: it would send the description's address to a server of others. */
const START = `SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#page",
  validatorUrl: null,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
});
`;

const readAt = (address: string) => readFileSync(new URL(address), "utf8");
let files: Readonly<Record<string, string>> | null = null;

/** The page's files, read when the first one is asked for. */
function fileOf(name: string): string {
  files ??= {
    "swagger-ui.css": readAt(import.meta.resolve("swagger-ui-dist/swagger-ui.css")),
    "swagger-ui-bundle.js": readAt(import.meta.resolve("swagger-ui-dist/swagger-ui-bundle.js")),
    "start.js": START,
  };
  return files[name] ?? "";
}

/** These routes describe the others, so they get to know the table when it is made. */
export function docsRoutes(describe: () => Promise<object>): readonly Route[] {
  let description: Promise<object> | null = null;
  return [
    route({
      name: "getDescription",
      method: "get",
      path: "/openapi.json",
      role: "none",
      tag: "docs",
      summary: "This description, OpenAPI 3.1",
      answers: { 200: { description: "OpenAPI", schema: z.looseObject({ openapi: z.string() }).meta({ id: "Description" }) } },
      handle: async () => {
        // Made when it is first asked for: what makes it is loaded then.
        description ??= describe();
        return { status: 200, body: await description };
      },
    }),
    route({
      name: "getDocs",
      method: "get",
      path: "/docs",
      role: "none",
      tag: "docs",
      summary: "This description as a page",
      answers: { 200: { description: "A page", contentType: "text/html" } },
      handle: () => Promise.resolve({ status: 200, text: { contentType: "text/html; charset=utf-8", content: PAGE } }),
    }),
    route({
      name: "getDocsFile",
      method: "get",
      path: "/docs/{file}",
      role: "none",
      tag: "docs",
      summary: "The page's own files",
      params: z.strictObject({ file: z.enum(["swagger-ui.css", "swagger-ui-bundle.js", "start.js"], "is not a file of the page") }),
      answers: { 200: { description: "A file", contentType: "text/javascript", otherType: "text/css" } },
      handle: (_context, { params: { file } }) =>
        Promise.resolve({ status: 200, text: { contentType: CONTENT_TYPES[file.endsWith(".css") ? "css" : "js"], content: fileOf(file) } }),
    }),
  ];
}
