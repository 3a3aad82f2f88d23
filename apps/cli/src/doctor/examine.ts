/** Looks at everything that jobs depend on, from the settings outwards, and goes as far as it can when something is broken. Changes nothing. */
import { stat } from "node:fs/promises";
import { type CliSettings, developmentValues, LinkupError, parseCliSettings } from "@linkup-queue/contracts";
import { connectRedis, createEngine, errorOf, type Finding, fail, ok, type RedisClient, Secrets, warn } from "@linkup-queue/queue";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { whyUnreachable } from "./reach-address.ts";

const CONNECT_WITHIN_MS = 3_000;
const OTHERS_MAY_READ = 0o077;

/** All findings, in the order in which things depend on each other. */
export async function examine(io: ConsoleIo): Promise<Finding[]> {
  const file = await judgeSettingsFile(io.settingsFile);
  let settings: CliSettings;
  try {
    settings = parseCliSettings(io.environment());
  } catch (thrown) {
    return [
      ...file,
      fail("settings", LinkupError.from(thrown).message, "Correct them; linkup init writes a settings file that explains each"),
    ];
  }
  const [redis, provider] = await Promise.all([examineRedis(io, settings), judgeProvider(settings.baseUrl)]);
  return [...file, judgeSettings(io, settings), ...judgeDevelopmentValues(io), ...redis, provider];
}

async function judgeSettingsFile(path: string): Promise<Finding[]> {
  const found = await stat(path).catch(() => null);
  if (found === null || process.platform === "win32") return [];
  if ((found.mode & OTHERS_MAY_READ) === 0) return [ok("settings file", `${path}, readable by its owner alone`)];
  return [warn("settings file", `${path} can be read by others on this machine`, `chmod 600 ${path}`)];
}

function judgeSettings(io: ConsoleIo, settings: CliSettings): Finding {
  const { LINKUP_API_KEY: apiKey = "", API_TOKENS: tokens = "" } = io.environment();
  const found = `key id ${settings.keyId}, ${settings.rateLimit} requests in ${settings.rateWindowMs / 1_000} s`;
  const missing = [...(apiKey.trim() === "" ? ["LINKUP_API_KEY (workers)"] : []), ...(tokens.trim() === "" ? ["API_TOKENS (api)"] : [])];
  if (missing.length === 0) return ok("settings", found);
  return warn("settings", `${found}; not set here: ${missing.join(", ")}`, "Set them where those processes run, or here if they run here");
}

/** Worker and api would not start with these. */
function judgeDevelopmentValues(io: ConsoleIo): Finding[] {
  const values = developmentValues(io.environment());
  return values.length === 0 ? [] : [fail("development", values.join(". "), "Workers and api refuse to start with them")];
}

async function judgeProvider(baseUrl: string): Promise<Finding> {
  const why = await whyUnreachable(baseUrl, CONNECT_WITHIN_MS);
  if (why === null) return ok("provider", `${baseUrl} can be reached`);
  return fail(
    "provider",
    `${baseUrl}: ${why}`,
    "Check LINKUP_BASE_URL, the network, and for https the certificate; jobs wait at no cost meanwhile",
  );
}

async function examineRedis(io: ConsoleIo, settings: CliSettings): Promise<Finding[]> {
  let client: RedisClient;
  try {
    client = await connectRedis(settings.redis, CONNECT_WITHIN_MS);
  } catch (thrown) {
    return [fail("redis", errorOf(thrown).message, "Nothing works without it")];
  }
  const secrets = new Secrets(settings.secretsKey, settings.secretsKeyOld);
  const engine = createEngine({ client, config: settings, secrets, prices: io.prices });
  try {
    return (await engine.examine(settings)).findings;
  } catch (thrown) {
    const { code, message } = errorOf(thrown);
    const said = code === "internal_error" && thrown instanceof Error ? thrown.message : message;
    return [
      fail("redis", `a question to Redis failed: ${said.slice(0, 200)}`, "Look at Redis's log, and at the rights of the user in REDIS_URL"),
    ];
  } finally {
    await engine.close().catch(() => undefined);
    client.disconnect();
  }
}
