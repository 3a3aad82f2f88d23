/** The sandbox for use in one's own process; `main.ts` is the same as a process of its own. The package's one entry. */
export { ENDPOINTS } from "./endpoints.ts";
export { fingerprint } from "./fingerprint.ts";
export { type JitterProxy, type JitterProxyOptions, startJitterProxy } from "./jitter-proxy.ts";
export type { JournalEntry, JournalStatus } from "./journal.ts";
export { DEFAULT_SCENARIO, type Fault, type Scenario, type ScenarioPatch } from "./scenario.ts";
export { seededRandom } from "./seeded-random.ts";
export { type Sandbox, type SandboxOptions, startSandbox } from "./start-sandbox.ts";
export type { Summary, SummaryQuery } from "./summary.ts";
