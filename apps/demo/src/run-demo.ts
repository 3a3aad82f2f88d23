/** The demo from start to verdict. It keeps no promise itself: it only sets the stage, adds jobs, watches and compares. */
import { once } from "node:events";
import { LinkupError, Outcome } from "@linkup-queue/contracts";
import { Queue } from "bullmq";
import { CODE, cast, scenarioFor } from "./cast.ts";
import { addJobs } from "./examples/add-jobs.mjs";
import { consumeResults } from "./examples/consume-results.mjs";
import { followRun } from "./follow-run.ts";
import { brokenPromises, type Facts, jobOf } from "./judge.ts";
import type { Progress } from "./progress.ts";
import type { DemoOptions } from "./read-options.ts";
import { jobsFor, readRecipients } from "./recipients.ts";
import { refusedLines, reportTable } from "./report.ts";
import { openStage, type Stage } from "./stage.ts";
import { readWitness, setScenario } from "./witness.ts";

export type DemoRun = { options: DemoOptions; progress: Progress; signal: AbortSignal };

/** Runs the demo; true when every promise held. Throws what stopped it; nothing is left running either way. */
export async function runDemo({ options, progress, signal }: DemoRun): Promise<boolean> {
  const stage = await openStage(options, progress.tell);
  try {
    const held = await play(stage, { options, progress, signal });
    if (options.keep) await keepOpen(stage, { progress, signal });
    return held;
  } catch (error) {
    if (!signal.aborted) for (const line of troubleOf(stage)) progress.tell(line);
    throw error;
  } finally {
    progress.end();
    await stage.close();
  }
}

async function play(stage: Stage, { options, progress, signal }: DemoRun): Promise<boolean> {
  const { engine, redisUrl, prefix } = stage;
  const members = cast(options.accounts);
  await setScenario(stage.sandboxUrl, scenarioFor(members, options));
  for (const { id, email, password } of members) {
    const need = await engine.accounts.register(id, { email, password });
    if (need !== null) await engine.authJobs.add(need);
  }

  const deliveries: Outcome[] = [];
  const ended = new Set<string>();
  const consumer = consumeResults(
    (told) => {
      const outcome = Outcome.parse(told);
      deliveries.push(outcome);
      ended.add(jobOf(outcome));
    },
    { redisUrl, prefix, onError: (error) => progress.tell(`results: ${error.message}`) },
  );
  const results = new Queue("results", { prefix, connection: engine.scripts.client });
  try {
    await once(consumer, "ready", { signal });
    const startedMs = performance.now();
    const jobs = jobsFor(await readRecipients(), { count: options.jobs, accountIds: members.map(({ id }) => id) });
    await addJobs(jobs, { redisUrl, prefix });
    progress.tell(
      `Jobs      ${jobs.length} added for ${members
        .map(({ id }) => id)
        .slice(0, 5)
        .join(", ")}${members.length > 5 ? " ..." : ""}`,
    );
    progress.tell(`          ${percent(options.errors)} of all calls are answered 500\n`);
    await followRun({
      engine,
      progress,
      total: jobs.length,
      done: () => ended.size,
      waitingResults: () => results.getJobCountByTypes("waiting", "active", "prioritized", "delayed"),
      code: CODE,
      signal: AbortSignal.any([signal, endOf(stage)]),
    });
    progress.end();
    const facts: Facts = {
      accepted: jobs.map(jobOf),
      deliveries,
      // Two days: midnight may have passed on the way.
      ledger: await engine.credits.read({ days: 2, nowMs: (await engine.keys.read()).nowMs }),
      witness: await readWitness(stage.sandboxUrl),
      rateLimit: options.rateLimit,
      tokenDeaths: members.filter(({ role }) => role === "token_dies").length,
    };
    return tellVerdict(facts, { progress, timing: { tookMs: performance.now() - startedMs, windowMs: options.windowMs } });
  } finally {
    await consumer.close();
    await results.close();
  }
}

function tellVerdict(facts: Facts, { progress, timing }: { progress: Progress; timing: { tookMs: number; windowMs: number } }): boolean {
  const broken = brokenPromises(facts);
  progress.tell(`\n${reportTable(facts, timing)}\n`);
  for (const line of refusedLines(facts.deliveries)) progress.tell(line);
  if (broken.length === 0) progress.tell("\nAll promises held: never over the limit, never twice, no credit wasted, nothing lost.");
  else progress.tell(`\nA promise broke:\n${broken.map((line) => `  ${line}`).join("\n")}`);
  return broken.length === 0;
}

/** Aborts when the worker ends by itself. */
function endOf({ worker }: Stage): AbortSignal {
  const ended = new AbortController();
  void worker.exited.then(({ code, signal }) => ended.abort(new LinkupError("internal_error", `The worker ended (${signal ?? code})`)));
  return ended.signal;
}

/** The worker's last words of warning or worse. */
function troubleOf({ worker }: Stage): string[] {
  const warnings = worker.lines.filter(({ level }) => typeof level === "number" && level >= 40).slice(-10);
  return [...warnings.map((line) => `worker: ${JSON.stringify(line)}`), worker.stderr().trim()].filter((line) => line !== "");
}

async function keepOpen(stage: Stage, { progress, signal }: Pick<DemoRun, "progress" | "signal">): Promise<void> {
  progress.tell(`
Still running; Ctrl-C stops it.
  Redis     ${new URL(stage.redisUrl).host}, queues under the prefix ${stage.prefix}
  Sandbox   ${stage.sandboxUrl}/_sandbox/summary
  Worker    ${stage.healthUrl === null ? `process ${stage.worker.pid}` : `${stage.healthUrl}/readyz and /metrics`}`);
  if (!signal.aborted) await once(signal, "abort");
}

function percent(share: number): string {
  return `${Math.round(share * 1_000) / 10} %`;
}
