/** What crosses a process boundary: operations, jobs, outcomes, codes, names. The package's one entry. */
export * from "./codes.ts";
export * from "./error.ts";
export * from "./job.ts";
export * from "./operation.ts";
export * from "./outcome.ts";
export * from "./queue-names.ts";
export * from "./verdict.ts";
