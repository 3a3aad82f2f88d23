/** Follows a run to its end: shows it, tells of each account's changes, and plays the person who reads a code from a phone. */
import { setTimeout as sleep } from "node:timers/promises";
import { LinkupError } from "@linkup-queue/contracts";
import type { Account, Engine, KeyState } from "@linkup-queue/queue";
import type { Progress } from "./progress.ts";

export type Run = {
  engine: Engine;
  progress: Progress;
  total: number;
  /** Jobs that have their outcome. */
  done: () => number;
  /** Outcomes that wait on `results` to be taken. */
  waitingResults: () => Promise<number>;
  code: string;
  /** Aborted by Ctrl-C, or by the end of a process that the run needs. */
  signal: AbortSignal;
};

const LOOK_EVERY_MS = 100;
/** As long as a person needs to look at the phone. */
const PERSON_MS = 2_500;
/** Accounts that are named one by one; of more only those are named that had more to tell than a log-in. */
const NAMED = 4;

/** Settles when every job has its outcome and nothing is under way. Throws `timed_out` when nothing moves for long, or the signal's reason. */
export async function followRun(run: Run): Promise<void> {
  const { engine, progress, total, signal } = run;
  const startedMs = performance.now();
  const accounts = new AccountWatch(run);
  let movedAtMs = startedMs;
  let last = "";
  for (;;) {
    signal.throwIfAborted();
    const [key, all, waiting] = await Promise.all([engine.keys.read(), engine.accounts.list({ limit: 200 }), run.waitingResults()]);
    await accounts.look(all, (performance.now() - startedMs) / 1_000);
    const done = run.done();
    const parked = all.reduce((sum, account) => sum + account.parked, 0);
    progress.show({ done, total, inWindow: key.slotsBusy, limit: key.rateLimit, parked, accounts: inWords(all) });
    if (done >= total && key.openGrants === 0 && key.unpublished === 0 && waiting === 0) return;
    const now = `${done} ${key.openGrants} ${key.slotsBusy}`;
    if (now !== last) movedAtMs = performance.now();
    last = now;
    if (performance.now() - movedAtMs > patienceMs(key)) {
      throw new LinkupError(
        "timed_out",
        `Nothing moved for ${Math.round(patienceMs(key) / 1_000)} s: ${done} of ${total} jobs have an outcome`,
      );
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** A full window may pass without a call. */
function patienceMs(key: KeyState): number {
  return key.rateWindowMs * 2 + 30_000;
}

function inWords(all: readonly Account[]): string {
  if (all.length <= NAMED) return all.map(({ id, state }) => `${id} ${state}`).join(" · ");
  return `accounts: ${[...Map.groupBy(all, ({ state }) => state)].map(([state, those]) => `${those.length} ${state}`).join(" · ")}`;
}

function isNoteworthy({ state, why }: Account): boolean {
  return why === "token_dead" || (state !== "active" && state !== "refreshing");
}

class AccountWatch {
  readonly #run: Run;
  readonly #shown = new Map<string, string>();
  readonly #noted = new Set<string>();
  readonly #askedAtMs = new Map<string, number>();

  constructor(run: Run) {
    this.#run = run;
  }

  async look(all: readonly Account[], atSeconds: number): Promise<void> {
    for (const account of all) {
      if (all.length <= NAMED || isNoteworthy(account)) this.#noted.add(account.id);
      this.#tell(account, atSeconds);
      await this.#answer(account, atSeconds);
    }
  }

  #tell({ id, state, why }: Account, atSeconds: number): void {
    const before = this.#shown.get(id);
    if (before === state) return;
    this.#shown.set(id, state);
    if (!this.#noted.has(id)) return;
    const reason = why === "" ? "" : ` (${why.replaceAll("_", " ")})`;
    this.#line(atSeconds, `${id}: ${before === undefined ? "" : `${before} -> `}${state}${reason}`);
  }

  /** A person would see the state by `GET /v1/accounts/{id}` and send the code to `POST .../verify`. */
  async #answer({ id, state, why }: Account, atSeconds: number): Promise<void> {
    if (state !== "awaiting_code" || why === "verifying") return void this.#askedAtMs.delete(id);
    const askedAtMs = this.#askedAtMs.get(id) ?? performance.now();
    this.#askedAtMs.set(id, askedAtMs);
    if (performance.now() - askedAtMs < PERSON_MS) return;
    const { engine, code } = this.#run;
    await engine.authJobs.add(await engine.accounts.giveCode(id, code));
    this.#line(atSeconds, `${id}: awaiting_code -> a person read the code from the phone and gave it`);
  }

  #line(atSeconds: number, text: string): void {
    this.#run.progress.tell(`${atSeconds.toFixed(1).padStart(6)} s  ${text}`);
  }
}
