/** The engine of one API key, put together: everything that touches Redis or BullMQ, behind one value. */
import { Redis } from "ioredis";
import { Accounts } from "./accounts/accounts.ts";
import { AuthJobs } from "./accounts/auth-jobs.ts";
import { Campaigns } from "./campaigns/campaigns.ts";
import { Gate } from "./ledger/gate.ts";
import { KeyStates } from "./ledger/key-state.ts";
import { Outbox } from "./ledger/outbox.ts";
import type { EngineConfig } from "./redis/engine-config.ts";
import { type RedisClient, RedisScripts, type ScriptOptions } from "./redis/scripts.ts";
import type { Secrets } from "./redis/secrets.ts";
import { Schedules } from "./schedules/schedules.ts";
import { Webhooks } from "./webhooks/webhooks.ts";

export type Engine = {
  config: EngineConfig;
  scripts: RedisScripts;
  gate: Gate;
  accounts: Accounts;
  authJobs: AuthJobs;
  keys: KeyStates;
  outbox: Outbox;
  campaigns: Campaigns;
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
    campaigns: new Campaigns(scripts),
    schedules,
    webhooks: new Webhooks(scripts, secrets, config),
    secrets,
    close: async () => {
      await Promise.all([authJobs.close(), outbox.close(), schedules.close()]);
      if (marks !== scripts) marks.client.disconnect();
    },
  };
}
