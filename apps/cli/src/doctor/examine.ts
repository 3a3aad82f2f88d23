/** Looks at everything that jobs depend on, from the settings outwards, and goes as far as it can when something is broken. Changes nothing. */
import { stat } from "node:fs/promises";
import { type CliSettings, developmentValues, LinkupError, parseCliSettings } from "@linkup-queue/contracts";
import { type Account, checkLayout, connectRedis, createEngine, inspectRedis, type RedisClient, redisTrouble, Secrets } from "@linkup-queue/queue";
import { allAccounts } from "../engine/all-accounts.ts";
import type { ConsoleIo } from "../terminal/console-io.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { judgeAccounts, judgeBacklog, judgeKey } from "./judge-engine.ts";
import { judgeRedis, nearestMoment } from "./judge-redis.ts";
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
    return [fail("redis", LinkupError.from(thrown).message, "Nothing works without it")];
  }
  try {
    const askedMs = Date.now();
    const facts = await inspectRedis(client);
    const hostNowMs = nearestMoment(facts.nowMs, { fromMs: askedMs, toMs: Date.now() });
    const findings = judgeRedis({ facts, hostNowMs, settings });
    return facts.recentEnough ? [...findings, ...(await examineEngine(client, settings, io))] : findings;
  } catch (thrown) {
    const { code, message } = redisTrouble(thrown) ?? LinkupError.from(thrown);
    const said = code === "internal_error" && thrown instanceof Error ? thrown.message : message;
    return [
      fail("redis", `a question to Redis failed: ${said.slice(0, 200)}`, "Look at Redis's log, and at the rights of the user in REDIS_URL"),
    ];
  } finally {
    client.disconnect();
  }
}

async function examineEngine(client: RedisClient, settings: CliSettings, { prices }: ConsoleIo): Promise<Finding[]> {
  const engine = createEngine({ client, config: settings, secrets: new Secrets(settings.secretsKey, settings.secretsKeyOld), prices });
  try {
    const layout = await checkLayout(engine.scripts).then(
      () => ok("layout", `${engine.scripts.layout.version}, which this version works with`),
      (thrown: unknown) => {
        const { code, message } = LinkupError.from(thrown);
        if (code !== "layout_conflict") throw thrown;
        return fail("layout", message, "Run one version everywhere, this command too");
      },
    );
    // In another layout nothing can be read.
    if (layout.level === "fail") return [layout];
    const secrets = await engine.keys.checkSecrets(engine.secrets).then(
      () => ok("secrets key", "opens what is stored"),
      (thrown: unknown) => fail("secrets key", LinkupError.from(thrown).message, "Set the former LINKUP_SECRETS_KEY"),
    );
    const [seconds] = await client.time();
    const key = await engine.keys.read();
    const backlog = await engine.backlog(key.nowMs);
    const accounts: Account[] = [];
    for await (const account of allAccounts(engine)) accounts.push(account);
    return [
      layout,
      secrets,
      ...judgeKey(key, backlog, Number(seconds) * 1_000),
      ...judgeBacklog(backlog, { nowMs: key.nowMs, resultsMax: settings.resultsMax }),
      ...judgeAccounts(accounts),
    ];
  } finally {
    await engine.close();
  }
}
