/**
 * Has Redis hold our function library, and calls it. A server that has forgotten it, or never had it, takes it at the first call; those that
 * other versions left are deleted when there are many. A library that is still used comes back by itself, so a deletion costs a moment and no promise.
 */
import type { Redis } from "ioredis";
import type { Library } from "./library.ts";
import { mastersOf, type RedisClient } from "./redis-client.ts";
import { rightTrouble } from "./trouble.ts";

/** Libraries that a server keeps, ours among them: one for each version of the last time, and some more. */
const MOST_LIBRARIES = 8;
const NOT_THERE = /^ERR Function not found/;
const THERE_ALREADY = /already exists/;
const FULL = /^OOM /;
const LOADED = /^linkup_loaded_(\d+)_/;

export type FunctionCall = { script: string; keys: readonly string[]; args: readonly (Buffer | string)[] };

export class LibraryLoader {
  readonly #client: RedisClient;
  readonly #library: Library;
  #loading: Promise<void> | null = null;

  constructor(client: RedisClient, library: Library) {
    this.#client = client;
    this.#library = library;
  }

  /**
   * Calls a script's function. Errors: whatever the script answers; `redis_unsuitable` where this user may not load or call functions, with
   * the right that is missing.
   */
  async call({ script, keys, args }: FunctionCall): Promise<unknown> {
    const fcall = () => this.#client.fcall(this.#library.functionOf(script), keys.length, ...keys, ...args);
    try {
      return await fcall();
    } catch (error) {
      if (!NOT_THERE.test(messageOf(error))) throw rightTrouble(error) ?? error;
    }
    try {
      await this.load();
    } catch (error) {
      // A script that frees memory must run on a server that has none left: by EVAL, which takes the text with the call.
      if (!FULL.test(messageOf(error))) throw error;
      return await this.#client.eval(this.#library.evalSource(script), keys.length, ...keys, ...args);
    }
    return await fcall();
  }

  /** Loads the library into every master that has it not. Errors: as `call`. */
  async load(): Promise<void> {
    this.#loading ??= Promise.all(mastersOf(this.#client).map((server) => this.#loadInto(server)))
      .then(() => undefined)
      .finally(() => {
        this.#loading = null;
      });
    await this.#loading;
  }

  async #loadInto(server: Redis): Promise<void> {
    try {
      await server.function("LOAD", this.#library.source(Date.now()));
    } catch (error) {
      if (THERE_ALREADY.test(messageOf(error))) return;
      throw rightTrouble(error) ?? error;
    }
    await this.#dropOld(server).catch((error: unknown) => {
      throw rightTrouble(error) ?? error;
    });
  }

  /** Deletes the libraries of ours that were loaded longest ago, should there be more than are kept. */
  async #dropOld(server: Redis): Promise<void> {
    const libraries = librariesIn(await server.function("LIST", "LIBRARYNAME", "linkup_*"));
    const old = libraries
      .filter(({ name }) => name !== this.#library.name)
      .sort((one, other) => other.loadedMs - one.loadedMs)
      .slice(MOST_LIBRARIES - 1);
    for (const { name } of old) {
      // Another process may have been quicker.
      await server.function("DELETE", name).catch((error: unknown) => {
        if (!/not found/i.test(messageOf(error))) throw error;
      });
    }
  }
}

/** FUNCTION LIST's entry for each library: its name, and when it was loaded by the name of one of its functions. */
function librariesIn(reply: unknown): { name: string; loadedMs: number }[] {
  if (!Array.isArray(reply)) return [];
  return reply.map((flat: unknown) => {
    const fields = pairsOf(flat);
    const functions = fields["functions"];
    const names = Array.isArray(functions) ? functions.map((one: unknown) => String(pairsOf(one)["name"])) : [];
    const loaded = names.map((name) => LOADED.exec(name)?.[1]).find((ms) => ms !== undefined);
    return { name: String(fields["library_name"]), loadedMs: Number(loaded ?? 0) };
  });
}

function pairsOf(flat: unknown): Record<string, unknown> {
  if (!Array.isArray(flat)) return {};
  return Object.fromEntries(flat.flatMap((name: unknown, at) => (at % 2 === 0 ? [[String(name), flat[at + 1] as unknown]] : [])));
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : "");
