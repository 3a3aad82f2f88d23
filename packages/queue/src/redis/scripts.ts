/**
 * The Lua scripts and the one way to run them. Every script takes the key's hash tag and one JSON object, so that its arguments have names.
 * Nothing here decides anything; the scripts do.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { queuePrefix } from "@linkup-queue/contracts";
import type { z } from "zod";
import { type Keys, keysOf } from "./keys.ts";
import { LAYOUT, type Layout, layoutConflict, refusedLayout } from "./layout.ts";
import { type Assembly, assembleLibrary, type Library, readModules } from "./library.ts";
import { LibraryLoader } from "./library-loader.ts";
import type { RedisClient } from "./redis-client.ts";
import type { Script } from "./script.ts";

export type { RedisClient } from "./redis-client.ts";

/** What each script is made of, in order. The shebang, if any, is the last part's first line. */
const PARTS = {
  reseal: ["redis/prelude", "redis/reseal"],
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
type OldScript = { source: string; sha: string };

type Part = { name: string; text: string };

function readPart(name: string): Part {
  return { name, text: readFileSync(new URL(`../${name.replace(/\/(?=[^/]*$)/, "/lua/")}.lua`, import.meta.url), "utf8") };
}

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

function makeScript(parts: readonly Part[], assembly: Assembly): OldScript {
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

/** Members may be null or undefined, which a script finds absent. */
type Nullish<Args> = { [K in keyof Args]: Args[K] | (undefined extends Args[K] ? null : never) };

const libraries = new Map<string, Library>();

/** One text for all that work with it; it takes some milliseconds to put together. */
function libraryOf(assembly: Assembly): Library {
  const name = JSON.stringify(assembly);
  const library = libraries.get(name) ?? assembleLibrary(readModules(), assembly);
  libraries.set(name, library);
  return library;
}

export class RedisScripts {
  readonly client: RedisClient;
  readonly keyId: string;
  readonly tag: string;
  readonly layout: Layout;
  readonly #redisCall: string | undefined;
  /** The full names of our keys. */
  readonly keys: Keys;
  readonly #scripts: ReadonlyMap<ScriptName, OldScript>;
  readonly #functions: LibraryLoader;

  constructor(client: RedisClient, keyId: string, { redisCall, layout = LAYOUT }: ScriptOptions = {}) {
    this.client = client;
    this.keyId = keyId;
    this.tag = queuePrefix(keyId);
    this.layout = layout;
    this.#redisCall = redisCall;
    const made = { redisCall, layout: String(layout.version) };
    this.keys = keysOf(this.tag);
    this.#functions = new LibraryLoader(client, libraryOf(made));
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
  async run<Args extends z.ZodObject, Reply>(
    script: Script<Args, Reply>,
    args: Nullish<z.input<Args>>,
    blobs?: readonly (Buffer | string)[],
  ): Promise<Reply>;
  async run(script: ScriptName, args: Readonly<Record<string, unknown>>, blobs?: readonly (Buffer | string)[]): Promise<unknown>;
  async run(
    script: ScriptName | Script,
    args: Readonly<Record<string, unknown>>,
    blobs: readonly (Buffer | string)[] = [],
  ): Promise<unknown> {
    // A replacer is called for every value, at several times the price of the text.
    const json = mustChange(args) ? JSON.stringify(args, forLua) : JSON.stringify(args);
    try {
      if (typeof script !== "string") {
        const keys = [this.keys.state, ...script.keys(this.keys, args)];
        return script.reply.parse(await this.#functions.call({ script: script.name, keys, args: [json, ...blobs] }));
      }
      const old = this.#scripts.get(script);
      if (old === undefined) throw new Error(`no script ${script}`);
      return await this.#evaluate(old, [json, ...blobs]);
    } catch (error) {
      const other = refusedLayout(error);
      throw other === null ? error : layoutConflict(this.keyId, other, this.layout);
    }
  }

  /** Runs a piece of a step from one layout to another, on a Redis that is `between` the two. Errors: whatever Redis answers. */
  async runStep(lua: string, between: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    const { evalText } = libraryOf({ redisCall: this.#redisCall, layout: between });
    return await this.client.eval(evalText(lua), 1, this.keys.state, JSON.stringify(args));
  }

  async #evaluate(script: OldScript, args: readonly (Buffer | string)[]): Promise<unknown> {
    try {
      return await this.client.evalsha(script.sha, 1, this.tag, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith("NOSCRIPT")) throw error;
      return await this.client.eval(script.source, 1, this.tag, ...args);
    }
  }
}
