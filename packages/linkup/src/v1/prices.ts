/**
 * What calls cost in credits, as pure functions of the checked input. From the vendor's pages where `evidence` says so;
 * whether an answer with fewer rows is billed lower is not known, so the price is the most that was asked for.
 */
import type { Evidence, Price } from "@linkup-queue/contracts";

type Input = Readonly<Record<string, unknown>>;

/** Rows when `total_results` is left out [documented]. */
const DEFAULT_RESULTS = 10;
const RESULTS_PER_CREDIT = 10;

function wholeNumber(value: unknown): number | null {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : null;
}

function startedTens(input: Input): number {
  return Math.ceil((wholeNumber(input.total_results) ?? DEFAULT_RESULTS) / RESULTS_PER_CREDIT);
}

/** Pages of the range; a start alone is one page, an end alone counts from page 1. Null without a range. */
function pages(input: Input): number | null {
  const start = wholeNumber(input.start_page);
  const end = wholeNumber(input.end_page);
  if (start === null && end === null) return null;
  const first = start ?? 1;
  return Math.max(1, (end ?? first) - first + 1);
}

/** 1 for every call. */
export function perCall(evidence: Evidence): Price {
  return { rule: "1", evidence, credits: () => 1 };
}

/** No page states it: counted as 1. */
export const ASSUMED: Price = { rule: "1 (no page states it)", evidence: "assumed", credits: () => 1 };

/** 1 for text, 2 when a file goes along. */
export const TEXT_OR_MEDIA: Price = {
  rule: "1; 2 with media",
  evidence: "documented",
  credits: (input) => (input.media_link !== undefined || input.media_file !== undefined ? 2 : 1),
};

/** 1 for each started ten results. */
export const PER_TEN: Price = { rule: "1 for each started ten of total_results", evidence: "documented", credits: startedTens };

/** 1 a page when a page range is given, else 1 for each started ten results. */
export const PER_PAGE_OR_TEN: Price = {
  rule: "1 a page with a page range; else 1 for each started ten of total_results",
  evidence: "documented",
  credits: (input) => pages(input) ?? startedTens(input),
};
