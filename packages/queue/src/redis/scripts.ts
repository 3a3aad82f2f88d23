/**
 * The Lua scripts and the one way to run them. Every script takes the key's hash tag and one JSON object, so that its arguments have names.
 * Nothing here decides anything; the scripts do.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { queuePrefix } from "@linkup-queue/contracts";
import type { Cluster, Redis } from "ioredis";
import { LAYOUT, type Layout, layoutConflict, refusedLayout } from "./layout.ts";

export type RedisClient = Redis | Cluster;

/** What each script is made of, in order. The shebang, if any, is the last part's first line. */
const PARTS = {
  layout: ["redis/layout"],
  gate: ["redis/prelude", "campaigns/wake-feed", "safety/brakes", "campaigns/campaign-events", "ledger/gate"],
  left: ["redis/prelude", "safety/brakes", "ledger/left"],
  settle: [
    "redis/prelude",
    "campaigns/wake-feed",
    "safety/brakes",
    "accounts/account-events",
    "campaigns/campaign-events",
    "webhooks/webhook-events",
    "archive/archive-events",
    "ledger/settle",
  ],
  confirmPark: ["redis/prelude", "ledger/confirm-park"],
  published: ["redis/prelude", "ledger/published"],
  resultsRoom: ["redis/prelude", "ledger/results-room"],
  account: ["redis/prelude", "campaigns/wake-feed", "accounts/account-events", "accounts/account"],
  campaign: ["redis/prelude", "campaigns/wake-feed", "campaigns/campaign-events", "campaigns/campaign"],
  campaignStop: ["redis/prelude", "campaigns/wake-feed", "campaigns/campaign-events", "campaigns/campaign-stop"],
  campaignAccept: ["redis/prelude", "campaigns/wake-feed", "campaigns/campaign-events", "campaigns/campaign-accept"],
  campaignPlan: [
    "redis/prelude",
    "campaigns/wake-feed",
    "safety/brakes",
    "safety/brake-lines",
    "campaigns/campaign-events",
    "campaigns/feed/campaign-handover",
    "campaigns/feed/campaign-plan",
  ],
  campaignFed: ["redis/prelude", "campaigns/wake-feed", "campaigns/campaign-events", "campaigns/feed/campaign-fed"],
  campaignRest: ["redis/prelude", "campaigns/wake-feed", "campaigns/feed/campaign-rest"],
  campaignForget: ["redis/prelude", "campaigns/wake-feed", "campaigns/campaign-events", "campaigns/campaign-forget"],
  forgetPerson: ["redis/prelude", "campaigns/wake-feed", "campaigns/campaign-events", "erasure/forget-person"],
  key: ["redis/prelude", "campaigns/wake-feed", "safety/brakes", "safety/brake-lines", "ledger/key"],
  sweep: ["redis/prelude", "campaigns/wake-feed", "safety/brakes", "safety/brake-lines", "accounts/account-events", "work/sweep"],
  door: ["redis/prelude", "door/door"],
  findJob: ["redis/prelude", "views/find-job"],
  oldestWaiting: ["redis/prelude", "work/oldest-waiting"],
  ledgerStates: ["redis/prelude", "door/ledger-states"],
  redrive: ["redis/prelude", "again/redrive"],
  page: ["redis/prelude", "views/page"],
  schedule: ["redis/prelude", "schedules/schedule"],
  webhook: ["redis/prelude", "webhooks/webhook-events", "webhooks/webhook"],
  archive: ["redis/prelude", "webhooks/webhook-events", "archive/archive-events", "archive/archive"],
} as const;

export type ScriptName = keyof typeof PARTS;
export const SCRIPT_NAMES = Object.keys(PARTS) as ScriptName[];
type Script = { source: string; sha: string };

type Part = { name: string; text: string };

function readPart(name: string): Part {
  return { name, text: readFileSync(new URL(`../${name.replace(/\/(?=[^/]*$)/, "/lua/")}.lua`, import.meta.url), "utf8") };
}

/** What stands before all parts of a script. */
export type Assembly = {
  /** The layout that the script works with; it refuses to run in another. */
  layout: string;
  /** A Lua expression for what calls Redis. Default: Redis's own. */
  redisCall?: string | undefined;
};

/**
 * One script's source. Every part reaches Redis by the one `call` that is declared here before them all, so that a test can put its clock
 * there. Throws for a part that goes past it, which a test's clock would not reach.
 */
export function assemble(parts: readonly Part[], { layout, redisCall = "redis.call" }: Assembly): string {
  for (const { name, text } of parts) {
    if (/\bredis\s*\.\s*p?call\b/.test(text)) throw new Error(`${name}.lua reaches Redis past the \`call\` that stands before all parts`);
  }
  const last = parts.at(-1)?.text ?? "";
  const shebang = last.startsWith("#!") ? `${last.slice(0, last.indexOf("\n"))}\n` : "";
  const body = [...parts.slice(0, -1).map(({ text }) => text), last.slice(shebang.length)].join("\n");
  return `${shebang}local LAYOUT, call = '${layout}', ${redisCall}\n${body}`;
}

function makeScript(parts: readonly Part[], assembly: Assembly): Script {
  const source = assemble(parts, assembly);
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}

/** Lua can't tell null from a value, and its JSON reader refuses half of a surrogate pair. */
function forLua(_key: string, value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  return value === null ? undefined : value;
}

/** Whether `forLua` would change anything of it. */
function mustChange(value: unknown): boolean {
  if (typeof value === "string") return !value.isWellFormed();
  if (typeof value !== "object") return false;
  return value === null || (Array.isArray(value) ? value : Object.values(value)).some(mustChange);
}

export type ScriptOptions = {
  /** A Lua expression for what calls Redis; tests put one here that tells the time of a clock of their own. Default: Redis's own. */
  redisCall?: string;
  /** The layout of what is kept in Redis; this version's unless a test hands in another. */
  layout?: Layout;
};

export class RedisScripts {
  readonly client: RedisClient;
  readonly keyId: string;
  readonly tag: string;
  readonly layout: Layout;
  readonly #redisCall: string | undefined;
  readonly #scripts: ReadonlyMap<ScriptName, Script>;

  constructor(client: RedisClient, keyId: string, { redisCall, layout = LAYOUT }: ScriptOptions = {}) {
    this.client = client;
    this.keyId = keyId;
    this.tag = queuePrefix(keyId);
    this.layout = layout;
    this.#redisCall = redisCall;
    const made = { redisCall, layout: String(layout.version) };
    this.#scripts = new Map(SCRIPT_NAMES.map((name) => [name, makeScript(PARTS[name].map(readPart), made)]));
  }

  /** The full name of one of our keys. */
  key(name: string): string {
    return `${this.tag}:gate:${name}`;
  }

  /** The members of one of our sorted sets of names, in their order: after `after`, at most `limit`. */
  async namesAfter(set: string, after: string | undefined, limit: number): Promise<string[]> {
    return await this.client.zrange(this.key(set), after === undefined ? "-" : `(${after}`, "+", "BYLEX", "LIMIT", 0, limit);
  }

  /**
   * Runs a script atomically. `args` lose their null and undefined members, which Lua could not tell from values, and halves of characters
   * become U+FFFD: Redis's JSON reader would refuse the whole script for one, again and again.
   * Errors: `layout_conflict` where what is kept has another layout than this version's, else whatever Redis answers; the script has then
   * either not run at all or run to its end.
   */
  async run(name: ScriptName, args: Readonly<Record<string, unknown>>, blobs: readonly (Buffer | string)[] = []): Promise<unknown> {
    const script = this.#scripts.get(name);
    if (script === undefined) throw new Error(`no script ${name}`);
    // A replacer is called for every value, at several times the price of the text.
    const json = mustChange(args) ? JSON.stringify(args, forLua) : JSON.stringify(args);
    try {
      return await this.#evaluate(script, [json, ...blobs]);
    } catch (error) {
      const other = refusedLayout(error);
      throw other === null ? error : layoutConflict(this.keyId, other, this.layout);
    }
  }

  /** Runs a piece of a step from one layout to another, on a Redis that is `between` the two. Errors: whatever Redis answers. */
  async runStep(lua: string, between: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    const script = makeScript([readPart("redis/prelude"), { name: between, text: lua }], { redisCall: this.#redisCall, layout: between });
    return await this.#evaluate(script, [JSON.stringify(args)]);
  }

  async #evaluate(script: Script, args: readonly (Buffer | string)[]): Promise<unknown> {
    try {
      return await this.client.evalsha(script.sha, 1, this.tag, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return await this.client.eval(script.source, 1, this.tag, ...args);
    }
  }
}
