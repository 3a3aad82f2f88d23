/** Everything that crosses a process boundary: operations, jobs, outcomes, codes, names. The package's one entry. */
export * from "./accounts/account-fields.ts";
export { openTimes } from "./accounts/account-hours.ts";
export {
  ACCOUNT_PLANS,
  AccountPlan,
  AccountPolicy,
  CAP_WINDOWS_MS,
  CAREFUL,
  CAREFUL_PACE,
  type CapWindow,
  type CountedCap,
  countedCaps,
  type DefaultPolicy,
  drawnPace,
  FREE_NOTE_LENGTH,
  type InvitationBounds,
  NOTE_POLICIES,
  OVERRIDABLE_RULES,
  OverridableRule,
} from "./accounts/account-policy.ts";
export { AutoWithdrawAfterDays } from "./accounts/auto-withdraw.ts";
export * from "./accounts/country.ts";
export { ReplyWatch } from "./accounts/reply-watch.ts";
export { isTimezone, zoneOffsetMs } from "./accounts/time-zones.ts";
export * from "./input/bounds.ts";
export * from "./input/closest-field.ts";
export * from "./input/exact-json.ts";
export * from "./input/field-name.ts";
export { textFault } from "./input/text-fault.ts";
export { countCharacters } from "./input/text-length.ts";
export * from "./job/job.ts";
export { onUnknownProblem } from "./job/on-unknown.ts";
export * from "./job/parse-job.ts";
export * from "./job/wait-reasons.ts";
export * from "./operations/catalogue.ts";
export {
  ACTION_FAMILIES,
  FAMILY_OF_OPERATION,
  noteIn,
  REACHING_OPERATIONS,
  restScope,
  scopesOf,
  WRITE_OPERATIONS,
  withoutNote,
} from "./operations/families.ts";
export * from "./operations/operation.ts";
export * from "./operations/operations-page.ts";
export type { Price, PriceTable } from "./operations/price.ts";
export * from "./operations/queue-names.ts";
export type { Target } from "./operations/target.ts";
export * from "./outcome/codes.ts";
export * from "./outcome/error.ts";
export * from "./outcome/issues.ts";
export * from "./outcome/outcome.ts";
export * from "./outcome/step.ts";
export * from "./outcome/verdict.ts";
export * from "./outcome/words.ts";
export * from "./people/person.ts";
export { canonicalProfileUrl, canonicalRecipient } from "./people/profile-url.ts";
export * from "./process-log.ts";
export { RedisReturn } from "./redis-return.ts";
export { claimFile, claimFileIfThere, refuseForeignFolder, writeOwnFile } from "./settings/own-files.ts";
export { leadsToOwnHost, providerHost } from "./settings/provider-host.ts";
export {
  type ApiSettings,
  type CliSettings,
  developmentValues,
  type EngineSettings,
  parseApiSettings,
  parseCliSettings,
  parseWorkerSettings,
  type WorkerSettings,
} from "./settings/settings.ts";
export type { ArchiveAddress } from "./settings/settings-archive.ts";
export { SANDBOX_API_KEYS } from "./settings/settings-development.ts";
export { settingsInForce } from "./settings/settings-in-force.ts";
export { settingsLine } from "./settings/settings-line.ts";
export type { Environment } from "./settings/settings-names.ts";
export type { RedisAccess, RedisNode, RedisSettings } from "./settings/settings-redis.ts";
export { ApiKeyText, type LogLevel, SETTINGS, type Setting } from "./settings/settings-table.ts";
export { API_ROLES, type ApiRole, type ApiToken } from "./settings/settings-tokens.ts";
export { TroubleTeller } from "./tell-trouble.ts";
