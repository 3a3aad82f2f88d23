/** The sandbox's account of the run: its own meter and journal, read over HTTP. It shares no counter with the product. */
import { LinkupError } from "@linkup-queue/contracts";
import type { JournalEntry, ScenarioPatch, Summary } from "@linkup-queue/sandbox";

export type WitnessReport = {
  /** Requests for jobs; log-ins and codes are apart. */
  jobCalls: number;
  authCalls: number;
  /** Requests for jobs that cost credits. */
  chargedJobCalls: number;
  answered500: number;
  refused429: number;
  charged: number;
  chargedByOperation: Readonly<Record<string, number>>;
  /** Credits for answers that refused the call. */
  wasted: number;
  /** Credits for calls whose answer never reached the caller. */
  uncertain: number;
  maxInWindow: number;
  /** Writes done more often than once. */
  repeated: number;
  doubles: Summary["doubles"];
};

const PAGE = 50_000;

async function ask<T>(url: string, body?: unknown): Promise<T> {
  const response = await fetch(
    url,
    body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
  );
  if (!response.ok) throw new LinkupError("internal_error", `The sandbox refused ${new URL(url).pathname}: ${await response.text()}`);
  return (await response.json()) as T;
}

export async function setScenario(sandboxUrl: string, patch: ScenarioPatch): Promise<void> {
  await ask(`${sandboxUrl}/_sandbox/scenario`, patch);
}

async function* journalOf(sandboxUrl: string): AsyncGenerator<JournalEntry> {
  for (let since = 0; ; ) {
    const { entries } = await ask<{ entries: JournalEntry[] }>(`${sandboxUrl}/_sandbox/journal?since=${since}&limit=${PAGE}`);
    yield* entries;
    since = entries.at(-1)?.seq ?? since;
    if (entries.length < PAGE) return;
  }
}

/** Sums up everything since the sandbox started. */
export async function readWitness(sandboxUrl: string): Promise<WitnessReport> {
  const summary = await ask<Summary>(`${sandboxUrl}/_sandbox/summary`);
  let [wasted, uncertain, authCalls, chargedJobCalls] = [0, 0, 0, 0];
  for await (const { operation, status, charged, answeredMs, abandoned } of journalOf(sandboxUrl)) {
    if (operation?.startsWith("auth.") === true) authCalls += 1;
    else if (charged > 0) chargedJobCalls += 1;
    if (typeof status === "number" && status >= 400) wasted += charged;
    if (answeredMs === null || abandoned) uncertain += charged;
  }
  return {
    jobCalls: summary.requests - authCalls,
    authCalls,
    chargedJobCalls,
    answered500: summary.byStatus["500"] ?? 0,
    refused429: summary.refused429,
    charged: summary.credits.charged,
    chargedByOperation: summary.credits.byOperation,
    wasted,
    uncertain,
    maxInWindow: summary.maxInWindow,
    repeated: summary.repeated,
    doubles: summary.doubles,
  };
}
