/** The place where worlds are simulated, one behind the other: two databases of a real Redis, and the scripts loaded once for all. */

import { V1_PRICES } from "@linkup-queue/linkup/prices";
import { createEngine, Secrets } from "@linkup-queue/queue";
import { TEST_REDIS_CALL } from "@linkup-queue/testkit";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { SETTINGS } from "./settings.ts";

/** Sealing that takes no time on other threads, so that a schedule is the same each time. It hides nothing. */
export class OpenSecrets extends Secrets {
  constructor() {
    super(SETTINGS.secretsKey);
  }
  override seal(text: string): Promise<string> {
    return Promise.resolve(`open ${text}`);
  }
  override open(sealed: string): Promise<string> {
    return Promise.resolve(sealed.slice("open ".length));
  }
}

export type Lab = {
  databases: [Redis, Redis];
  secrets: Secrets;
  /** BullMQ's scripts as ioredis knows them: their functions, and their texts. */
  commands: { functions: Record<string, unknown>; scripts: Record<string, unknown> };
  close(): Promise<void>;
};

/** `first`: the number of the first of two databases that nobody else uses. */
export async function openLab(url: string, first: number): Promise<Lab> {
  const connect = async (db: number) => {
    const redis = new Redis(url, { db, maxRetriesPerRequest: null, lazyConnect: true });
    await redis.connect();
    await redis.flushdb();
    return redis;
  };
  const databases: [Redis, Redis] = [await connect(first), await connect(first + 1)];
  const [redis] = databases;
  const secrets = new OpenSecrets();
  const engine = createEngine({
    client: redis,
    config: SETTINGS,
    secrets,
    prices: V1_PRICES,
    scriptOptions: { redisCall: TEST_REDIS_CALL },
  });
  await redis.set(`${engine.scripts.tag}:test-clock`, 1);
  await engine.keys.read();
  await engine.close();
  const before = new Set(Object.getOwnPropertyNames(redis));
  const queue = new Queue("messages", { connection: redis, prefix: engine.scripts.tag });
  await queue.waitUntilReady();
  const all = redis as unknown as Record<string, unknown>;
  const names = Object.getOwnPropertyNames(redis).filter((name) => !before.has(name) && typeof all[name] === "function");
  void before;
  const scripts = { ...(redis as unknown as { scriptsSet: Record<string, unknown> }).scriptsSet };
  const functions = Object.fromEntries([...new Set([...names, ...Object.keys(scripts)])].map((name) => [name, all[name]]));
  await queue.close();
  return {
    databases,
    secrets,
    commands: { functions, scripts },
    close: async () => {
      await Promise.all(databases.map((one) => one.quit()));
    },
  };
}
