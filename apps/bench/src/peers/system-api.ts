/** The api as an operator starts it, on the Redis of a system under measurement, so that both serve one key. It may be killed and started again. */
import { join } from "node:path";
import { freePort, type SpawnedProcess, spawnProcess } from "@linkup-queue/testkit";
import got, { type Method } from "got";
import type { System } from "./system.ts";

const MAIN = join(import.meta.dirname, "../../../api/src/main.ts");
/** The admin's, also for the console. */
export const API_TOKEN = { name: "bench", secret: "bench-admin-secret-of-one-run" } as const;

export type SystemApi = {
  /** The process that serves now. */
  process(): SpawnedProcess;
  url: string;
  /** Headers that every request must carry. */
  headers: Readonly<Record<string, string>>;
  ask(method: Method, path: string, body?: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** kill -9, and another process on the same port; settles when that one is ready. */
  killAndRestart(): Promise<void>;
  close(): Promise<void>;
};

/** Starts it on a free port and waits until it is ready. */
export async function startSystemApi(system: Pick<System, "environment">, more: Readonly<Record<string, string>> = {}): Promise<SystemApi> {
  const port = await freePort();
  const env = { ...system.environment, API_PORT: String(port), API_TOKENS: `${API_TOKEN.name}:admin:${API_TOKEN.secret}`, ...more };
  const start = () => spawnProcess({ args: [MAIN], env, readyTimeoutMs: 60_000 });
  let current = await start();
  const url = `http://127.0.0.1:${port}`;
  const headers = { authorization: `Bearer ${API_TOKEN.secret}` };
  return {
    process: () => current,
    url,
    headers,
    ask: async (method, path, body) =>
      await got(`${url}${path}`, { method, headers, retry: { limit: 0 }, ...(body === undefined ? {} : { json: body }) }).json(),
    killAndRestart: async () => {
      await current.kill("SIGKILL");
      current = await start();
    },
    close: async () => {
      await current.kill("SIGKILL");
    },
  };
}
