/** Outcomes and credits kept for good, in Postgres or a file of SQLite's. The package's one entry. */
export {
  Archive,
  type ArchivedOutcome,
  type ArchiveFilter,
  type ArchivePage,
  type ArchivePlace,
  type DayCredits,
  type PageRequest,
} from "./archive.ts";
export { describeArchive } from "./archive-trouble.ts";
export { type ArchiveOptions, openArchive } from "./open-archive.ts";
