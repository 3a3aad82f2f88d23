/** What crosses a process boundary: operations, jobs, outcomes, codes, names. The package's one entry. */
export * from "./catalogue.ts";
export * from "./codes.ts";
export * from "./error.ts";
export * from "./exact-json.ts";
export * from "./issues.ts";
export * from "./job.ts";
export * from "./operation.ts";
export * from "./operations-page.ts";
export * from "./outcome.ts";
export * from "./parse-job.ts";
export { canonicalProfileUrl, canonicalRecipient } from "./profile-url.ts";
export * from "./queue-names.ts";
export * from "./verdict.ts";
