/** Starts a sandbox on a port: the same one for development, the demo, tests and benchmarks. It reads no environment and logs nothing. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ENDPOINTS } from "./api/endpoints.ts";
import { Book } from "./book/book.ts";
import { refuseUnanswered } from "./calls/answers.ts";
import { type Serving, serveCall } from "./calls/serve-call.ts";
import { Timers } from "./calls/timers.ts";
import { CONTROL_PREFIX, type Control, serveControl } from "./control/serve-control.ts";
import { summarize } from "./control/summary.ts";
import { FaultChooser } from "./scenario/choose-fault.ts";
import { DEFAULT_SCENARIO, mergeScenario, type Scenario, type ScenarioPatch } from "./scenario/scenario.ts";

export type SandboxOptions = {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: a free one. */
  port?: number;
  limit?: number | null;
  windowMs?: number;
  /** Any fields of a scenario; a reset with `scenario: true` comes back to these. */
  scenario?: ScenarioPatch;
  /** Journal lines that are kept; default 2,000,000. */
  journalCapacity?: number;
};

/** A running sandbox. `scenario`, `journal`, `summary` and `reset` are the control calls without HTTP; bad input throws TypeError. */
export type Sandbox = Control & {
  url: string;
  port: number;
  /** Stops listening, resets what is open, drops pending answers. */
  close(): Promise<void>;
};

const DEFAULT_JOURNAL_CAPACITY = 2_000_000;
/** Longer than any client keeps an idle connection, so that the sandbox's own time-outs don't make faults that nobody asked for. */
const KEEP_ALIVE_MS = 120_000;

/**
 * Starts listening and resolves once calls are served. Rejects when the port is taken, throws TypeError for a bad scenario, and Error while an
 * operation has no answer of its own.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  refuseUnanswered(ENDPOINTS);
  const host = options.host ?? "127.0.0.1";
  const initial = mergeScenario(DEFAULT_SCENARIO, {
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    ...(options.windowMs === undefined ? {} : { windowMs: options.windowMs }),
    ...options.scenario,
  }).scenario;
  const startedMs = performance.now();
  const epochMs = Date.now();
  const newBook = (): Book => new Book(epochMs, options.journalCapacity ?? DEFAULT_JOURNAL_CAPACITY);
  const serving: Serving = {
    book: newBook(),
    scenario: initial,
    faults: new FaultChooser(initial),
    timers: new Timers(),
    nowMs: () => performance.now() - startedMs,
    epochMs,
  };
  const control = controlOf(serving, { initial, newBook });

  const server = createServer((request, response) => {
    if (request.url?.startsWith(CONTROL_PREFIX) === true) serveControl(request, response, control);
    else serveCall(request, response, serving);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.listen(options.port ?? 0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return { ...control, url, port, close: () => close(server, serving.timers) };
}

function controlOf(serving: Serving, start: { initial: Scenario; newBook: () => Book }): Control {
  const inForce = (): Scenario => structuredClone({ ...serving.scenario, next: serving.faults.waiting });
  const use = (scenario: Scenario, named: ReadonlySet<string>): void => {
    serving.scenario = scenario;
    serving.faults.use(scenario, named);
    if (named.has("credits")) serving.book.setBalances(scenario.credits);
  };
  return {
    scenario: (patch) => {
      if (patch === undefined) return inForce();
      const merged = mergeScenario(serving.scenario, patch);
      use(merged.scenario, new Set(Object.keys(merged.patch)));
      const { killToken, killTokens } = merged.patch;
      if (killToken !== undefined) serving.book.accounts.kill([killToken]);
      if (killTokens !== undefined) serving.book.accounts.kill(killTokens);
      return inForce();
    },
    journal: (query) => serving.book.journal.read(query),
    summary: (query) => summarize(serving.book, { scenario: serving.scenario, nowMs: serving.nowMs() }, query),
    reset: (options) => {
      serving.book = start.newBook();
      // The random numbers, the queue of faults and the count of failEvery start anew with the book, so that a run repeats.
      if (options?.scenario === true) use(start.initial, new Set(["seed", "next", "failEvery"]));
      else use({ ...serving.scenario, next: serving.faults.waiting }, new Set(["seed", "failEvery"]));
    },
  };
}

async function close(server: Server, timers: Timers): Promise<void> {
  timers.clear();
  if (!server.listening) return;
  server.close();
  server.closeAllConnections();
  await once(server, "close");
}
