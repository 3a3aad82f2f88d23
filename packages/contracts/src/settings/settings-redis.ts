/**
 * Which Redis, as configuration: one server, a cluster, or whatever the sentinels say is the master.
 * It opens no connection, and no message here holds any part of an address: passwords live in there.
 */
import { z } from "zod";
import type { SettingText } from "./settings-values.ts";

export const DEFAULT_REDIS_URL = "redis://127.0.0.1:6379";

export type RedisNode = { host: string; port: number };

/** How to log in behind a cluster or sentinels, from REDIS_URL; its host and port are not used there. */
export type RedisAccess = { username: string | null; password: string | null; tls: boolean; db: number };

export type RedisSettings =
  | { kind: "single"; url: string }
  | { kind: "cluster"; nodes: RedisNode[]; access: RedisAccess }
  | { kind: "sentinel"; sentinels: RedisNode[]; name: string; access: RedisAccess };

/** The four settings as they were read; null where one was left out. */
export type RedisTexts = {
  REDIS_URL: string | null;
  REDIS_CLUSTER_NODES: RedisNode[] | null;
  REDIS_SENTINELS: RedisNode[] | null;
  REDIS_SENTINEL_NAME: string | null;
};

const NODE = /^(?:\[(?<v6>[0-9a-fA-F:.]{2,45})\]|(?<host>[A-Za-z0-9._-]{1,253})):(?<port>[1-9]\d{0,4})$/;
const DATABASE_PATH = /^\/?(?:0|[1-9]\d{0,4})?$/;

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}

function isRedisUrl(text: string): boolean {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== "redis:" && url.protocol !== "rediss:")) return false;
  if (url.hostname === "" || url.hash !== "" || !DATABASE_PATH.test(url.pathname)) return false;
  // ioredis takes every query field as an option of its own, a password too. Only the IP family is ours to allow.
  if ([...url.searchParams].some(([name, value]) => name !== "family" || !/^[046]$/.test(value))) return false;
  return decoded(url.username) !== null && decoded(url.password) !== null;
}

/** `redis[s]://[user[:password]@]host[:port][/database]`. */
export function redisUrl(): SettingText<string> {
  const must = "redis:// or rediss://, then [user:password@]host[:port][/database]; special characters in a password percent-encoded";
  return z.string().refine(isRedisUrl, `must be ${must}`).describe(must);
}

function nodeOf(text: string): RedisNode | null {
  const groups = NODE.exec(text.trim())?.groups;
  const host = groups?.["v6"] ?? groups?.["host"];
  const port = Number(groups?.["port"]);
  return host === undefined || port > 65_535 ? null : { host, port };
}

/** `host:port,...`, an IPv6 address in brackets. */
export function redisNodes(): SettingText<RedisNode[]> {
  const must = "host:port,... without user names, passwords and schemes; an IPv6 address in brackets";
  const schema = z.string().transform((text, context) =>
    text.split(",").flatMap((entry, index) => {
      const node = nodeOf(entry);
      if (node !== null) return [node];
      context.addIssue(`must be ${must}; entry ${index + 1} is not`);
      return [];
    }),
  );
  return schema.describe(must);
}

function databaseOf(url: string): number {
  return Number(URL.parse(url)?.pathname.replace("/", "") ?? 0);
}

/** Conflicts between the settings that are set, well-formed or not; one line each. */
export function redisConflicts(given: Readonly<Record<string, string | undefined>>): string[] {
  const { REDIS_URL: url, REDIS_CLUSTER_NODES: nodes, REDIS_SENTINELS: sentinels, REDIS_SENTINEL_NAME: name } = given;
  const problems: string[] = [];
  if (nodes !== undefined && sentinels !== undefined) {
    problems.push("REDIS_CLUSTER_NODES: does not go with REDIS_SENTINELS; set the one that your Redis is");
  }
  if (sentinels !== undefined && name === undefined) {
    problems.push("REDIS_SENTINEL_NAME: is required with REDIS_SENTINELS; set it to the name of the master that the sentinels watch");
  }
  if (sentinels === undefined && name !== undefined) {
    problems.push("REDIS_SENTINELS: is required with REDIS_SENTINEL_NAME; set it to host:port,... of the sentinels");
  }
  if (nodes !== undefined && url !== undefined && isRedisUrl(url) && databaseOf(url) !== 0) {
    problems.push("REDIS_URL: names a database, and a cluster has only database 0; take the /number away");
  }
  return problems;
}

function accessOf(url: string): RedisAccess {
  const parts = URL.parse(url);
  return {
    username: decoded(parts?.username ?? "") || null,
    password: decoded(parts?.password ?? "") || null,
    tls: parts?.protocol === "rediss:",
    db: databaseOf(url),
  };
}

/** The Redis that settings without conflicts name. */
export function redisSettings(texts: RedisTexts): RedisSettings {
  const url = texts.REDIS_URL ?? DEFAULT_REDIS_URL;
  if (texts.REDIS_CLUSTER_NODES !== null) return { kind: "cluster", nodes: texts.REDIS_CLUSTER_NODES, access: accessOf(url) };
  if (texts.REDIS_SENTINELS !== null && texts.REDIS_SENTINEL_NAME !== null) {
    return { kind: "sentinel", sentinels: texts.REDIS_SENTINELS, name: texts.REDIS_SENTINEL_NAME, access: accessOf(url) };
  }
  return { kind: "single", url };
}
