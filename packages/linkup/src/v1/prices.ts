/**
 * Prices of calls to v1 in credits, as pure functions of the checked input and, for lists whose price no page states, of the rows answered. From
 * the vendor's pages where `evidence` says so. Whether a documented price is lower for fewer rows is not known, so all that was asked for counts.
 */
import type { Evidence, Price } from "@linkup-queue/contracts";

type Input = Readonly<Record<string, unknown>>;

export type V1Price = Price & {
  /**
   * The least cost of the call that an answer of so many rows shows; `credits` is then only the dearest that is plausible. Null for an input
   * whose price is known. Left out: `credits` is the price.
   */
  ofRows?: (input: Input, rows: number) => number | null;
};

/** Rows when `total_results` is left out [documented]. */
const DEFAULT_RESULTS = 10;
const RESULTS_PER_CREDIT = 10;
/** A page of the profile search has fifty rows [documented]; those of other searches and of posts were not seen, so they may have as many. */
const MOST_CREDITS_PER_PAGE = 5;

function wholeNumber(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : null;
}

function tensOf(rows: number): number {
  return Math.max(1, Math.ceil(rows / RESULTS_PER_CREDIT));
}

function startedTens(input: Input): number {
  return tensOf(wholeNumber(input.total_results) ?? DEFAULT_RESULTS);
}

/** Pages of the range; a start alone is one page, an end alone counts from page 1. Null without a range. */
function pages(input: Input): number | null {
  const start = wholeNumber(input.start_page);
  const end = wholeNumber(input.end_page);
  if (start === null && end === null) return null;
  const first = start ?? 1;
  return Math.max(1, (end ?? first) - first + 1);
}

function atMost(input: Input): number {
  const range = pages(input);
  return range === null ? startedTens(input) : Math.min(Number.MAX_SAFE_INTEGER, range * MOST_CREDITS_PER_PAGE);
}

/** 1 for every call. */
export function perCall(evidence: Evidence): V1Price {
  return { rule: "1", evidence, credits: () => 1 };
}

/** No page states it: counted as 1. */
export const ASSUMED: V1Price = { rule: "1 (no page states it)", evidence: "assumed", credits: () => 1 };

/** 1 for text, 2 when a file goes along. */
export const TEXT_OR_MEDIA: V1Price = {
  rule: "1; 2 with media",
  evidence: "documented",
  credits: (input) => (input.media_link !== undefined || input.media_file !== undefined ? 2 : 1),
};

/** 1 for each started ten results. */
export const PER_TEN: V1Price = { rule: "1 for each started ten of total_results", evidence: "documented", credits: startedTens };

/** 1 a page when a page range is given, else 1 for each started ten results. */
export const PER_PAGE_OR_TEN: V1Price = {
  rule: "1 a page with a page range; else 1 for each started ten of total_results",
  evidence: "documented",
  credits: (input) => pages(input) ?? startedTens(input),
};

/** 1 for each started ten results, as documented; how many of them a page has is not: up to fifty. */
export const PER_TEN_PAGES_UNKNOWN: V1Price = {
  rule: "1 for each started ten of total_results; with a page range 1 for each started ten rows of the answer, up to 5 a page",
  evidence: "documented",
  credits: atMost,
  ofRows: (input, rows) => (pages(input) === null ? null : tensOf(rows)),
};

/** No page states it: as other lists, and for the rows that were answered. */
export const LIST_UNKNOWN: V1Price = {
  rule: "1 for each started ten rows of the answer; at most 1 for each started ten of total_results, or 5 a page with a page range",
  evidence: "inferred",
  credits: atMost,
  ofRows: (_input, rows) => tensOf(rows),
};
