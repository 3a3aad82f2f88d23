/** A campaign's recipients on their way from a list into Redis, and its outcomes on their way out, at flat memory. The package's one entry. */
export * from "./campaign-outcomes.ts";
export { forgetEverywhere } from "./forget-everywhere.ts";
export * from "./import-summary.ts";
export * from "./take-recipients.ts";
export * from "./take-suppressions.ts";
