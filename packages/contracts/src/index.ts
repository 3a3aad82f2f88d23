/** What crosses a process boundary: operations, jobs, outcomes, codes, names. The package's one entry. */
export * from "./account-fields.ts";
export * from "./bounds.ts";
export * from "./catalogue.ts";
export * from "./codes.ts";
export * from "./country.ts";
export * from "./error.ts";
export * from "./exact-json.ts";
export * from "./field-name.ts";
export * from "./issues.ts";
export * from "./job.ts";
export * from "./operation.ts";
export * from "./operations-page.ts";
export * from "./outcome.ts";
export { claimFile, refuseForeignFolder, writeOwnFile } from "./own-files.ts";
export * from "./parse-job.ts";
export * from "./person.ts";
export * from "./process-log.ts";
export { canonicalProfileUrl, canonicalRecipient } from "./profile-url.ts";
export { providerHost } from "./provider-host.ts";
export * from "./queue-names.ts";
export {
  type ApiSettings,
  type CliSettings,
  developmentValues,
  type EngineSettings,
  parseApiSettings,
  parseCliSettings,
  parseWorkerSettings,
  type WorkerSettings,
} from "./settings.ts";
export type { ArchiveAddress } from "./settings-archive.ts";
export { SANDBOX_API_KEYS } from "./settings-development.ts";
export { settingsLine } from "./settings-line.ts";
export type { Environment } from "./settings-names.ts";
export type { RedisAccess, RedisNode, RedisSettings } from "./settings-redis.ts";
export { ApiKeyText, type LogLevel, SETTINGS, type Setting } from "./settings-table.ts";
export { API_ROLES, type ApiRole, type ApiToken } from "./settings-tokens.ts";
export type { Target } from "./target.ts";
export * from "./verdict.ts";
