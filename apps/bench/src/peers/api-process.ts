/** The api as an operator starts it, with a Redis of its own that keeps every write, and what it takes of memory. Linux alone tells that. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LinkupError } from "@linkup-queue/contracts";
import { acquireRedis, freePort, type LogLine, spawnProcess, testSecretsKey } from "@linkup-queue/testkit";
import got, { type Method } from "got";
import { Redis } from "ioredis";
import type { Waits } from "../measure/waits.ts";

const MAIN = join(import.meta.dirname, "../../../api/src/main.ts");
const PROBE = join(import.meta.dirname, "api-probe-main.ts");
const SECRET = "bench-admin-secret-of-one-run";
const MB = 1024 * 1024;
const IDLE_MS = 3_000;

export type ApiProcess = {
  url: string;
  /** Headers that every request must carry. */
  headers: Readonly<Record<string, string>>;
  /** Headers that every request to the board must carry. */
  boardHeaders: Readonly<Record<string, string>>;
  redis: Redis;
  ask(method: Method, path: string, body?: Readonly<Record<string, unknown>>): Promise<void>;
  /** The most memory that the process ever had, MB. */
  peakMb(): Promise<number>;
  redisMb(): Promise<number>;
  /** Runs `load` while another process asks for GET /v1/key every 50 ms, as it did for a while before; answers what those requests took. */
  probeWhile<T>(load: () => Promise<T>): Promise<Waits & { result: T }>;
  close(): Promise<void>;
};

/** Starts both and waits until the api is ready. */
export async function startApiProcess(): Promise<ApiProcess> {
  const server = await acquireRedis({ durable: true, fresh: true });
  const redis = new Redis(server.url, { maxRetriesPerRequest: null });
  const port = await freePort();
  const api = await spawnProcess({
    args: [MAIN],
    env: { REDIS_URL: server.url, API_PORT: String(port), API_TOKENS: `bench:admin:${SECRET}`, LINKUP_SECRETS_KEY: testSecretsKey() },
    readyTimeoutMs: 60_000,
  });
  const url = `http://127.0.0.1:${port}`;
  const headers = { authorization: `Bearer ${SECRET}` };
  return {
    url,
    headers,
    boardHeaders: { authorization: `Basic ${Buffer.from(`bench:${SECRET}`).toString("base64")}` },
    redis,
    ask: async (method, path, body) => {
      await got(`${url}${path}`, { method, headers, retry: { limit: 0 }, ...(body === undefined ? {} : { json: body }) });
    },
    peakMb: () => peakMbOf(api.pid),
    redisMb: async () => Number(/used_memory:(\d+)/.exec(await redis.info("memory"))?.[1] ?? Number.NaN) / MB,
    probeWhile: async (load) => {
      const probe = await spawnProcess({ args: [PROBE], env: { PROBE_URL: `${url}/v1/key`, PROBE_AUTHORIZATION: headers.authorization } });
      try {
        await sleep(IDLE_MS);
        const from = probe.lines.length;
        const result = await load();
        await probe.kill();
        const wrong = probe.lines.find((line) => "problem" in line);
        if (wrong !== undefined) throw new LinkupError("internal_error", `A request beside the load failed: ${String(wrong["problem"])}`);
        const idleMs = timesOf(probe.lines.slice(0, from));
        return { result, tookMs: timesOf(probe.lines.slice(from)), idleMs };
      } finally {
        await probe.kill("SIGKILL");
      }
    },
    close: async () => {
      await api.kill("SIGKILL");
      redis.disconnect();
      await server.stop();
    },
  };
}

function timesOf(lines: readonly LogLine[]): number[] {
  return lines.flatMap((line) => (typeof line["tookMs"] === "number" ? [line["tookMs"]] : []));
}

async function peakMbOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}
