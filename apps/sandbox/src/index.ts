/** The sandbox for use in one's own process; `main.ts` is the same as a process of its own. The package's one entry. */
export { ENDPOINTS } from "./api/endpoints.ts";
export { fingerprint } from "./book/fingerprint.ts";
export type { JournalEntry, JournalStatus } from "./book/journal.ts";
export type { Summary, SummaryQuery } from "./control/summary.ts";
export { type JitterProxy, type JitterProxyOptions, startJitterProxy } from "./jitter-proxy.ts";
export { DEFAULT_SCENARIO, type Fault, type Scenario, type ScenarioPatch } from "./scenario/scenario.ts";
export { seededRandom } from "./scenario/seeded-random.ts";
export { type Sandbox, type SandboxOptions, startSandbox } from "./start-sandbox.ts";
