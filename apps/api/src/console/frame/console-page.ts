/** One page as data, and what its template is given. A page is one file: what it reads, and how it looks. */
import type { Cell } from "@linkup-queue/campaign-files";
import type { ApiRole } from "@linkup-queue/contracts";
import type { Caller } from "../../callers/authenticate.ts";
import type { ApiContext } from "../../http/api-context.ts";
import type { ActionName } from "./actions.ts";
import type { Html } from "./html.ts";
import type { NowReader } from "./now-reader.ts";

/** Whoever looks. `csrf` null: for many at once, whose script sends it in a header. `has`: this role or one above it. */
export type Viewer = { caller: Caller; csrf: string | null; has(role: ApiRole): boolean; may(action: ActionName): boolean };

export type PageCall = {
  context: ApiContext;
  viewer: Viewer;
  reader: NowReader;
  /** The parts of the path in braces. */
  params: Readonly<Record<string, string>>;
  query: Readonly<Record<string, string>>;
  /** The page's own address with its query. */
  here: string;
};

/** The list of a page as a table to download: all that the filters in its address mean. */
export type PageTable = {
  /** The file's name without its ending. */
  file: string;
  /** The names of its columns. */
  head: readonly string[];
  /** Rows with a cell for each column, a page of the list at a time, which may be empty. Throws LinkupError. */
  pages(call: PageCall): AsyncGenerator<readonly (readonly Cell[])[], void, undefined>;
};

export type ConsolePage = {
  /** `/console/accounts/{id}`. */
  path: string;
  title: string;
  role: ApiRole;
  /** Its word in the menu; null: reached from another page. */
  menu: string | null;
  /** How it follows what changes: `now` is told by the stream itself, `reload` is read anew when something changed. */
  follows: "now" | "reload" | null;
  /** Throws LinkupError `not_found`. */
  render(call: PageCall): Promise<Html>;
  /** Left out: it has no list, or a file of its own. Whoever sees the page may have it, at the page's path with `.csv`. */
  table?: PageTable;
};
