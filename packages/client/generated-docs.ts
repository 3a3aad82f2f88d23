/** The client's types and its table of calls, which are made from the description of the api. */
import { type Description, readCalls } from "./generate/read-calls.ts";
import { renderTable, renderTypes } from "./generate/render.ts";

type PageOf = (path: string) => string;

const description = (pageOf: PageOf) => JSON.parse(pageOf("docs/openapi.json")) as Description;

export const pages = {
  "packages/client/src/api.d.ts": (pageOf: PageOf) => renderTypes(description(pageOf)),
  "packages/client/src/calls.js": (pageOf: PageOf) => renderTable(readCalls(description(pageOf))),
};
