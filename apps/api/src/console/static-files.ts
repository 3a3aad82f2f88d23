/** The files that pages load: maintained libraries as their packages have them, and ours. All from this process, none built. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const TYPES = { css: "text/css; charset=utf-8", js: "text/javascript; charset=utf-8" } as const;

/** Each file by its name here. */
const SOURCES = {
  "htmx.js": "htmx.org/dist/htmx.min.js",
  "htmx-sse.js": "htmx.org/dist/ext/hx-sse.min.js",
  "uplot.js": "uplot/dist/uPlot.iife.min.js",
  "uplot.css": "uplot/dist/uPlot.min.css",
  "console.js": "./client/console.js",
  "console.css": "./client/console.css",
} as const;
export type StaticFile = { type: string; content: string; tag: string };

const files = new Map<string, StaticFile>();

/** The file of this name; null when there is none. */
export function staticFile(name: string): StaticFile | null {
  if (!isFile(name)) return null;
  const known = files.get(name);
  if (known !== undefined) return known;
  const content = readFileSync(addressOf(SOURCES[name]), "utf8");
  const file = {
    type: TYPES[name.endsWith(".css") ? "css" : "js"],
    // The maps are not served.
    content: content.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n"),
    tag: `"${createHash("sha256").update(content).digest("base64url").slice(0, 16)}"`,
  };
  files.set(name, file);
  return file;
}

function isFile(name: string): name is keyof typeof SOURCES {
  return Object.hasOwn(SOURCES, name);
}

function addressOf(source: string): URL {
  return source.startsWith("./") ? new URL(source, import.meta.url) : new URL(import.meta.resolve(source));
}
