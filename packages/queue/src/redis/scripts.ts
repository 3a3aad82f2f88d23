/** The one way to run our scripts, which are the functions of a library (library.ts). Nothing here decides anything; the scripts do. */
import { queuePrefix } from "@linkup-queue/contracts";
import type { z } from "zod";
import { type Keys, keyPrefix, keysOf } from "./keys.ts";
import { LAYOUT, type Layout, layoutConflict, refusedLayout } from "./layout.ts";
import { type Assembly, assembleLibrary, type Library, readModules } from "./library.ts";
import { LibraryLoader } from "./library-loader.ts";
import type { RedisClient } from "./redis-client.ts";
import type { Script } from "./script.ts";

export type { RedisClient } from "./redis-client.ts";

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
  /** For a test that compares what short ways and long ones leave behind: see `SHORT_WAYS` in enter.lua. */
  noShortWays?: boolean;
  /** The layout of what is kept in Redis; this version's unless a test hands in another. */
  layout?: Layout;
};

/** A member that may be left out may be null too, which a script finds absent. */
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
  /** The full names of our keys. */
  readonly keys: Keys;
  /**
   * The keys that every script declares first. While a slot moves, a server refuses (TRYAGAIN) who declares a key that it has and one that it has
   * not, before anything is done; the next owner does so too for a key that is not there yet. A script that were let in would break off at the first key that
   * is elsewhere, with a half of its writes done.
   */
  readonly #first: readonly string[];
  readonly #redisCall: string | undefined;
  readonly #functions: LibraryLoader;

  constructor(client: RedisClient, keyId: string, { redisCall, noShortWays, layout = LAYOUT }: ScriptOptions = {}) {
    this.client = client;
    this.keyId = keyId;
    this.tag = queuePrefix(keyId);
    this.layout = layout;
    this.keys = keysOf(this.tag);
    this.#first = [this.keys.state, this.keys.nowhere];
    this.#redisCall = redisCall;
    this.#functions = new LibraryLoader(client, libraryOf({ redisCall, noShortWays, layout: String(layout.version) }));
  }

  /** The full name of one of our keys, for looks from outside; our own code says `keys`. */
  key(name: string): string {
    return keyPrefix(this.tag) + name;
  }

  /** The members of one of our sorted sets of names, in their order: after `after`, at most `limit`. */
  async namesAfter(key: string, after: string | undefined, limit: number): Promise<string[]> {
    return await this.client.zrange(key, after === undefined ? "-" : `(${after}`, "+", "BYLEX", "LIMIT", 0, limit);
  }

  /**
   * Runs a script atomically. `args` lose their null and undefined members, which Lua could not tell from values, and halves of characters
   * become U+FFFD: Redis's JSON reader would refuse the whole script for one, again and again.
   * Errors: `layout_conflict` where what is kept has another layout than this version's, `redis_unsuitable` where Redis forbids functions, else
   * whatever Redis answers; the script has then either not run at all or run to its end. An answer of another shape is an error of the schema.
   */
  async run<Args extends z.ZodObject, Reply>(
    script: Script<Args, Reply>,
    args: Nullish<z.input<Args>>,
    blobs: readonly (Buffer | string)[] = [],
  ): Promise<Reply> {
    // A replacer is called for every value, at several times the price of the text.
    const json = mustChange(args) ? JSON.stringify(args, forLua) : JSON.stringify(args);
    const keys = [...this.#first, ...script.keys(this.keys, args as z.input<Args>)];
    return script.reply.parse(await this.#call({ script: script.name, keys, args: [json, ...blobs] }));
  }

  /** Runs a piece of a step from one layout to another, on a Redis that is `between` the two. Errors: whatever Redis answers. */
  async runStep(lua: string, between: string, args: Readonly<Record<string, unknown>>): Promise<unknown> {
    const { evalText } = libraryOf({ redisCall: this.#redisCall, layout: between });
    return await this.client.eval(evalText(lua), this.#first.length, ...this.#first, JSON.stringify(args));
  }

  async #call(call: Parameters<LibraryLoader["call"]>[0]): Promise<unknown> {
    try {
      return await this.#functions.call(call);
    } catch (error) {
      const other = refusedLayout(error);
      throw other === null ? error : layoutConflict(this.keyId, other, this.layout);
    }
  }
}
