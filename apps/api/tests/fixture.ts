/** An api for a test: a Redis, the api in this process, one caller for each role, and every log line it wrote. */
import { Writable } from "node:stream";
import { type Client, createClient } from "@linkup-queue/client";
import type { ApiRole, ApiSettings, WorkerSettings } from "@linkup-queue/contracts";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import { connectRedis, createEngine, type Engine, Secrets } from "@linkup-queue/queue";
import { acquireRedis, type TestRedis, testPrefix, testSecretsKey } from "@linkup-queue/testkit";
import { pino } from "pino";
import type { Limits } from "../src/http/limits.ts";
import { type Api, startApi } from "../src/start-api.ts";
import { assertDescribed } from "./described-answer.ts";

export const SECRETS: Readonly<Record<ApiRole, string>> = {
  viewer: "viewer-secret-0123456789",
  producer: "producer-secret-0123456789",
  admin: "admin-secret-0123456789",
};

export type TestApi = {
  api: Api;
  redis: TestRedis;
  settings: ApiSettings;
  engine: Engine;
  /** Everything that was logged, as text. */
  logged(): string;
  /** A request as this role; null for none. `body` is sent as JSON. Throws where the answer is not as the description says. */
  call(role: ApiRole | null, line: string, body?: unknown): Promise<{ status: number; body: unknown; headers: Headers }>;
  /** The api's own client as this role, held against the description in the same way. */
  as(role: ApiRole): Client;
  close(): Promise<void>;
};

/** Settings of an api and of workers beside it. */
export function testSettings(redisUrl: string): ApiSettings & Pick<WorkerSettings, "freshKey"> {
  return {
    keyId: testPrefix("api"),
    baseUrl: "http://127.0.0.1:4010",
    redis: { kind: "single", url: redisUrl },
    redisReplicas: 0,
    rateLimit: 300,
    rateWindowMs: 60_000,
    timeoutMs: 3_000,
    transitMs: null,
    maxAttempts: 5,
    backoffMs: 20,
    lookGapMs: 300,
    retryWritesOn500: true,
    accountConcurrency: 1,
    accountPolicy: "none",
    contactGapDays: 0,
    secretsKey: Buffer.from(testSecretsKey(), "base64"),
    secretsKeyOld: null,
    maxCreditsPerDay: null,
    ledgerDays: 30,
    outcomeDays: 7,
    archive: null,
    resultsMax: 100_000,
    freshKey: true,
    allowVolatileRedis: true,
    trustRedisDurability: false,
    strict: false,
    webhookAllowPrivate: true,
    logLevel: "debug",
    host: "127.0.0.1",
    port: 0,
    tokens: Object.entries(SECRETS).map(([role, secret]) => ({ name: `the-${role}`, role: role as ApiRole, secret })),
    trustedProxies: [],
  };
}

/** Settings of a worker beside such an api, in this process; `baseUrl` is its sandbox's. */
export function testWorkerSettings(settings: ApiSettings, provider: { apiKey?: string; baseUrl: string }): WorkerSettings {
  return {
    ...settings,
    freshKey: true,
    apiKey: "the-api-key-of-linkup",
    ...provider,
    workerConcurrency: null,
    healthHost: "127.0.0.1",
    healthPort: 0,
    healthPortChosen: true,
    stateDir: null,
    shutdownGraceMs: 5_000,
  };
}

export async function startTestApi(
  options: { limits?: Partial<Limits>; fresh?: boolean; redis?: TestRedis; settings?: Partial<ApiSettings> } = {},
): Promise<TestApi> {
  const redis = options.redis ?? (await acquireRedis({ durable: false, fresh: options.fresh ?? false }));
  const settings = { ...testSettings(redis.url), ...options.settings };
  let text = "";
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      text += chunk.toString("utf8");
      done();
    },
  });
  const api = await startApi({
    settings,
    log: pino({ level: "trace" }, sink),
    prices: V1_PRICES,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const client = await connectRedis(settings.redis);
  const engine = createEngine({
    client,
    config: settings,
    secrets: new Secrets(settings.secretsKey, settings.secretsKeyOld),
    prices: V1_PRICES,
  });
  return {
    api,
    redis,
    settings,
    engine,
    logged: () => text,
    call: (role, line, body) => call(api.url, { role, line, body }),
    as: (role) => createClient({ url: api.url, token: SECRETS[role], fetch: describedFetch }),
    close: async () => {
      await api.close();
      await engine.close();
      client.disconnect();
      await redis.stop();
    },
  };
}

async function call(url: string, { role, line, body }: { role: ApiRole | null; line: string; body: unknown }) {
  const [method = "", path = ""] = line.split(" ");
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(role === null ? {} : { authorization: `Bearer ${SECRETS[role]}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") === true;
  // A stream of events has no end.
  if (isStream) await response.body?.cancel();
  const text = isStream ? "" : await response.text();
  if (!isStream) assertDescribed({ method, path, status: response.status, contentType: response.headers.get("content-type"), text });
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, body: isJson ? (JSON.parse(text) as unknown) : text, headers: response.headers };
}

const describedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const { pathname, search } = new URL(String(input));
  const told = { method: init?.method ?? "GET", path: `${pathname}${search}`, status: response.status };
  assertDescribed({ ...told, contentType: response.headers.get("content-type"), text: await response.clone().text() });
  return response;
};
