/** Outcomes and credits kept for good, in Postgres or a file of SQLite's. The package's one entry. */
export { Archive, type ArchiveFilter, type ArchivePage, type ArchivePlace, type PageRequest } from "./archive.ts";
export { describeArchive } from "./archive-trouble.ts";
export type { DayCredits } from "./credit-days.ts";
export type { ArchivedOutcome } from "./forget-person.ts";
export { type ArchiveOptions, openArchive } from "./open-archive.ts";
