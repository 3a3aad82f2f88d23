/** The sandbox as a process of its own, and its control calls. It is the witness: what it counted is what is reported. */
import { join } from "node:path";
import type { JournalEntry, ScenarioPatch, Summary } from "@linkup-queue/sandbox";
import { spawnProcess } from "@linkup-queue/testkit";
import got from "got";

const MAIN = join(import.meta.dirname, "../../../sandbox/src/main.ts");
const PAGE = 100_000;

/** A journal line with its arrival by the wall clock, ms since the epoch. */
export type Arrival = JournalEntry & { atMs: number };

export type SandboxProcess = {
  url: string;
  scenario(patch: ScenarioPatch): Promise<void>;
  summary(): Promise<Summary>;
  /** Every line after `since` (a line's `seq`), oldest first. */
  journal(since?: number): Promise<Arrival[]>;
  stop(): Promise<void>;
};

/** Starts it on a free port with a scenario in force. */
export async function startSandboxProcess(patch: ScenarioPatch): Promise<SandboxProcess> {
  const child = await spawnProcess({ args: [MAIN], env: { SANDBOX_PORT: "0" } });
  const url = String(child.ready["url"]);
  const control = `${url}/_sandbox`;
  const sandbox: SandboxProcess = {
    url,
    scenario: async (next) => {
      await got.post(`${control}/scenario`, { json: next });
    },
    summary: async () => await got(`${control}/summary`).json<Summary>(),
    journal: async (since = 0) => {
      const lines: Arrival[] = [];
      for (let from = since; ; from = lines.at(-1)?.seq ?? from) {
        const { entries } = await got(`${control}/journal`, { searchParams: { since: from, limit: PAGE } }).json<{
          entries: JournalEntry[];
        }>();
        for (const entry of entries) lines.push({ ...entry, atMs: Date.parse(entry.time) });
        if (entries.length < PAGE) return lines;
      }
    },
    stop: async () => {
      await child.kill();
    },
  };
  await sandbox.scenario(patch);
  return sandbox;
}
