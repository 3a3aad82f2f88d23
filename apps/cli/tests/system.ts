/** A system for the command line to work on: a Redis as the product asks for, the sandbox, a worker process, and one environment for all. */
import { join } from "node:path";
import { parseCliSettings } from "@linkup-queue/contracts";
import { V1_PRICES } from "@linkup-queue/linkup/prices";
import { connectRedis, createEngine, type Engine, Secrets } from "@linkup-queue/queue";
import { type Sandbox, type ScenarioPatch, startSandbox } from "@linkup-queue/sandbox";
import {
  acquireRedis,
  type SpawnedProcess,
  spawnProcess,
  type TestRedis,
  testPrefix,
  testSecretsKey,
  waitFor,
} from "@linkup-queue/testkit";
import { type CliRun, type Folder, ownFolder, runCli } from "./run-cli.ts";

export const PASSWORD = "correct horse battery staple";
export const LOGIN_TOKEN = "login-token-of-bob-0123456789";
export const API_KEY = "api-key-of-the-test-0123456789";

export type CliSystem = {
  redis: TestRedis;
  sandbox: Sandbox;
  env: Record<string, string>;
  /** On the same Redis, for what a test has to bring about or look at by itself. */
  engine: Engine;
  folder: Folder;
  linkup(args: readonly string[], stdin?: string | Uint8Array): Promise<CliRun>;
  /** Waits until an account is in this state. */
  accountIs(id: string, state: string): Promise<void>;
  /** Registers accounts and waits until they are active. */
  activeAccounts(ids: readonly string[]): Promise<void>;
  close(): Promise<void>;
};

const WORKER = join(import.meta.dirname, "../../worker/src/main.ts");

export type CliSystemOptions = { worker?: boolean; scenario?: ScenarioPatch; env?: Record<string, string> };

export async function startCliSystem({ worker = true, scenario = {}, env: more = {} }: CliSystemOptions = {}): Promise<CliSystem> {
  const redis = await acquireRedis({ durable: true, fresh: true });
  const sandbox = await startSandbox({ scenario });
  const folder = ownFolder();
  const env = {
    REDIS_URL: redis.url,
    LINKUP_KEY_ID: testPrefix("cli"),
    LINKUP_BASE_URL: sandbox.url,
    LINKUP_SECRETS_KEY: testSecretsKey(),
    LINKUP_FRESH_KEY: "1",
    LINKUP_TIMEOUT_MS: "3000",
    ...more,
  };
  const settings = parseCliSettings(env);
  const client = await connectRedis(settings.redis);
  const engine = createEngine({
    client,
    config: settings,
    secrets: new Secrets(settings.secretsKey, settings.secretsKeyOld),
    prices: V1_PRICES,
  });
  let process: SpawnedProcess | null = null;
  if (worker) process = await spawnProcess({ args: [WORKER], env: { ...env, LINKUP_API_KEY: API_KEY, WORKER_HEALTH_PORT: "0" } });
  const linkup: CliSystem["linkup"] = (args, stdin) =>
    runCli(args, { env, folder: folder.path, ...(stdin === undefined ? {} : { stdin }) });
  const system: CliSystem = {
    redis,
    sandbox,
    env,
    engine,
    folder,
    linkup,
    accountIs: async (id, state) => {
      await waitFor(async () => (await engine.accounts.read(id))?.state, {
        what: `account ${id} to be ${state}`,
        until: (seen) => seen === state,
      });
    },
    activeAccounts: async (ids) => {
      await Promise.all(
        ids.map((id) => linkup(["account", "add", id, "--email", `${id}@example.com`, "--password-stdin"], `${PASSWORD}\n`)),
      );
      await Promise.all(ids.map((id) => system.accountIs(id, "active")));
    },
    close: async () => {
      await process?.kill();
      await engine.close();
      client.disconnect();
      await sandbox.close();
      await redis.stop();
      await folder.remove();
    },
  };
  return system;
}
