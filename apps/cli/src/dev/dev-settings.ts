/**
 * The settings of `linkup dev`, kept in its own folder so that accounts survive from run to run. They always lead to the sandbox,
 * under a key id of their own: no call of a development system ever reaches LinkUp or touches another system's jobs.
 */
import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { type Environment, LinkupError, SANDBOX_API_KEYS, SETTINGS, settingsLine, writeOwnFile } from "@linkup-queue/contracts";

export type DevAddresses = {
  redisUrl: string | null;
  sandboxPort: number;
  apiPort: number;
  /** Settings that a person chose for this run. */
  overrides: Readonly<Record<string, string>>;
};

export type DevSettings = {
  file: string;
  /** For the processes: the environment of the person, with these settings over it. */
  env: Record<string, string | undefined>;
  apiToken: string;
};

/** Settings that make it a development system, and the place of its Redis: not for a run to choose. */
const FIXED: ReadonlySet<string> = new Set([
  ...["LINKUP_BASE_URL", "LINKUP_API_KEY", "LINKUP_SECRETS_KEY", "API_TOKENS", "API_HOST"],
  ...["REDIS_URL", "REDIS_CLUSTER_NODES", "REDIS_SENTINELS", "REDIS_SENTINEL_NAME"],
]);

/** `NAME=value` as a setting of a run. Throws LinkupError `invalid_input` for what is no setting or not to be chosen; the value is not repeated. */
export function readOverride(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  const name = text.slice(0, Math.max(0, at));
  if (FIXED.has(name)) {
    throw new LinkupError(
      "invalid_input",
      `${name} is not for --set: linkup dev always leads to its own sandbox, and finds Redis by REDIS_URL`,
    );
  }
  if (!SETTINGS.some((setting) => setting.name === name)) {
    throw new LinkupError("invalid_input", "--set takes NAME=value, with a name of docs/settings.md");
  }
  return [name, text.slice(at + 1)];
}

/** Where Redis is to be found; a system of one's own has no say over the rest. */
const REDIS_NAMES = ["REDIS_URL", "REDIS_CLUSTER_NODES", "REDIS_SENTINELS", "REDIS_SENTINEL_NAME"] as const;

/** Writes the settings file of a run and answers what its processes get. */
export function writeDevSettings(environment: Environment, folder: string, { overrides, ...addresses }: DevAddresses): DevSettings {
  const file = join(folder, "settings.env");
  const former = existsSync(file) ? parseEnv(readFileSync(file, "utf8")) : {};
  const apiToken = former["API_TOKENS"]?.split(":")[2] ?? randomBytes(18).toString("base64url");
  const given = Object.fromEntries(REDIS_NAMES.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
  const settings: Record<string, string | undefined> = {
    ...given,
    ...(addresses.redisUrl === null ? {} : { REDIS_URL: addresses.redisUrl }),
    LINKUP_KEY_ID: "dev",
    LINKUP_API_KEY: SANDBOX_API_KEYS.dev,
    LINKUP_BASE_URL: `http://127.0.0.1:${addresses.sandboxPort}`,
    LINKUP_SECRETS_KEY: former["LINKUP_SECRETS_KEY"] ?? randomBytes(32).toString("base64"),
    LINKUP_FRESH_KEY: "1",
    LINKUP_ALLOW_VOLATILE_REDIS: "1",
    // A consumer under development listens on this machine.
    LINKUP_WEBHOOK_ALLOW_PRIVATE: "1",
    API_TOKENS: `dev:admin:${apiToken}`,
    API_HOST: "127.0.0.1",
    API_PORT: String(addresses.apiPort),
    SHUTDOWN_GRACE_MS: "3000",
    ...overrides,
  };
  const lines = Object.entries(settings).map(([name, value]) => settingsLine(name, value ?? ""));
  writeOwnFile(file, `# Written by "linkup dev" for other commands: linkup --settings ${file} account list\n${lines.join("\n")}\n`);
  const others = Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(LINKUP_|REDIS_|API_|WORKER_)/.test(name)));
  const env = { ...others, ...settings, SANDBOX_HOST: "127.0.0.1", SANDBOX_PORT: String(addresses.sandboxPort) };
  return { file, env, apiToken };
}
