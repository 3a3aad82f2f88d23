/** The engine of one API key, put together: everything that touches Redis or BullMQ, behind one value. */
import { Redis } from "ioredis";
import { Accounts } from "./accounts.ts";
import { AuthJobs } from "./auth-jobs.ts";
import type { EngineConfig } from "./engine-config.ts";
import { Gate } from "./gate.ts";
import { KeyStates } from "./key-state.ts";
import { Outbox } from "./outbox.ts";
import { type RedisClient, RedisScripts, type ScriptOptions } from "./redis-scripts.ts";
import { Schedules } from "./schedules.ts";
import type { Secrets } from "./secrets.ts";
import { Webhooks } from "./webhooks.ts";

export type Engine = {
  config: EngineConfig;
  scripts: RedisScripts;
  gate: Gate;
  accounts: Accounts;
  authJobs: AuthJobs;
  keys: KeyStates;
  outbox: Outbox;
  schedules: Schedules;
  webhooks: Webhooks;
  secrets: Secrets;
  /** Closes the queues and what the engine opened; the connection is its owner's. */
  close(): Promise<void>;
};

export type EngineParts = { client: RedisClient; config: EngineConfig; secrets: Secrets; scriptOptions?: ScriptOptions };

/** Builds the engine on an open connection. Starts nothing. */
export function createEngine({ client, config, secrets, scriptOptions }: EngineParts): Engine {
  const scripts = new RedisScripts(client, config.keyId, scriptOptions);
  // A mark that was under way when the connection broke fails at once: its call is not sent, and asks again.
  const marks =
    config.redisReplicas > 0 && client instanceof Redis
      ? new RedisScripts(client.duplicate({ maxRetriesPerRequest: 0 }), config.keyId, scriptOptions)
      : scripts;
  marks.client.on("error", () => undefined);
  const gate = new Gate(scripts, config, marks);
  const accounts = new Accounts(scripts, secrets);
  const authJobs = new AuthJobs(client, config.keyId);
  const outbox = new Outbox(scripts, gate, config);
  const schedules = new Schedules(scripts, accounts, config);
  return {
    config,
    scripts,
    gate,
    accounts,
    authJobs,
    keys: new KeyStates(scripts, config),
    outbox,
    schedules,
    webhooks: new Webhooks(scripts, secrets, config),
    secrets,
    close: async () => {
      await Promise.all([authJobs.close(), outbox.close(), schedules.close()]);
      if (marks !== scripts) marks.client.disconnect();
    },
  };
}
