/** Opens the engine for one command and closes it whatever happens. It holds no API key and so makes no call. */
import { hostname, userInfo } from "node:os";
import { type CliSettings, parseCliSettings } from "@linkup-queue/contracts";
import {
  type AuditEntry,
  checkAttached,
  checkLayout,
  checkRedis,
  connectRedis,
  createEngine,
  type Engine,
  Secrets,
} from "@linkup-queue/queue";
import type { ConsoleIo } from "../terminal/console-io.ts";

const CONNECT_WITHIN_MS = 5_000;

export type EngineUse = {
  /** Whether the command accepts work or secrets: then a Redis that may lose them is refused as it is by the workers. */
  accepts?: boolean;
  /** Whether it writes: it ends once no failover can take that back. Default: as `accepts`; false for one that sees to it piece by piece. */
  writes?: boolean;
};

/** Of a command that changes something and takes no work. */
export const WRITES: EngineUse = { writes: true };

/** This command in the audit list. */
function auditEntry({ command = "", target = "", choice }: ConsoleIo): AuditEntry {
  const what = `linkup ${command}${choice === undefined ? "" : ` (${choice})`}`;
  return { by: userName(), via: "command_line", from: hostname(), what, target, status: "ok", count: 1 };
}

/** A container's user may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}

/**
 * Runs `work` with the engine that the settings name.
 * Throws LinkupError `configuration_invalid`, `redis_unreachable`, `redis_unsuitable`, `layout_conflict`, `secrets_key_wrong`.
 */
export async function withEngine<T>(
  io: ConsoleIo,
  work: (engine: Engine, settings: CliSettings) => Promise<T>,
  { accepts = false, writes = accepts }: EngineUse = {},
): Promise<T> {
  const settings = parseCliSettings(io.environment());
  const client = await connectRedis(settings.redis, CONNECT_WITHIN_MS);
  try {
    if (accepts) {
      await checkRedis(client, { allowVolatile: settings.allowVolatileRedis, trustDurability: settings.trustRedisDurability });
      await checkAttached(client, { asked: settings.redisReplicas, strict: settings.strict });
    }
    const engine = createEngine({
      client,
      config: settings,
      secrets: new Secrets(settings.secretsKey, settings.secretsKeyOld),
      prices: io.prices,
    });
    try {
      await checkLayout(engine.scripts);
      await engine.keys.checkSecrets(engine.secrets);
      const audited = async () => {
        const done = await work(engine, settings);
        if (accepts || writes) await engine.audit.write([auditEntry(io)]);
        return done;
      };
      return writes ? await engine.confirmed(audited) : await audited();
    } finally {
      await engine.close();
    }
  } finally {
    client.disconnect();
  }
}
