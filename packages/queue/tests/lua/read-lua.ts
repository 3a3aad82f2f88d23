/**
 * Facts about our Lua without running it: the names that a module uses, how wide its functions are, and for each function the keys it
 * touches, the arguments it reads and the functions it calls. An aid for checks and the page of the keys; it follows names, not values.
 */
import luaparse from "luaparse";
import type { LuaModule } from "../../src/redis/library.ts";

type Node = luaparse.Node;
/** How a key is touched: by its name in `keys`. */
export type Touch = { key: string; writes: boolean };
export type LuaFunction = {
  /** `<module>.<name>`; of a script `script:<name>`. */
  name: string;
  touches: Touch[];
  /** Members of the script's arguments that it reads. */
  args: Set<string>;
  calls: Set<string>;
  locals: number;
};
export type ReadModule = { functions: LuaFunction[]; globals: Set<string>; atLoad: Set<string> };

const words = (text: string) => new Set(text.trim().split(/\s+/));
/** The commands of Redis that we use: those that write the keys they are given, and those that don't. */
export const WRITES = words(`
  DEL UNLINK EXPIRE PEXPIRE EXPIREAT PERSIST RENAME SET INCR INCRBY DECR HSET HSETNX HDEL HINCRBY ZADD ZINCRBY ZREM ZREMRANGEBYSCORE ZPOPMIN ZUNIONSTORE
  SADD SREM LPUSH RPUSH LPOP RPOP LSET LTRIM XADD XDEL XTRIM
`);
const READS = words(`
  TIME TYPE EXISTS EXPIRETIME GET HGET HMGET HGETALL HKEYS HLEN HEXISTS HSTRLEN ZSCORE ZMSCORE ZCARD ZCOUNT ZRANK ZRANGE ZRANGEBYSCORE
  ZREVRANGE ZREVRANGEBYSCORE SCARD SISMEMBER SMEMBERS SRANDMEMBER SUNION LLEN LINDEX LRANGE XLEN XRANGE
`);
/** Stands before the name of a function whose answer a variable holds: it may be a key. */
const ANSWERED_BY = "answered by ";
/** Functions of ours that write the key they are handed. */
const WRITERS = /^(window\.(count|take|move|lengthen|free)|used_ids\.keep_\w+|stream\.add|state_history\.note|replace_field)$/;
/** The API key's state has words of its own. */
const STATE_WRITERS = new Set(["api_key.put", "api_key.add", "tick"]);

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value;

function childrenOf(node: Node): Node[] {
  return Object.entries(node).flatMap(([name, value]) =>
    name === "parent" ? [] : Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  );
}

/** `a.b` as text, where it is one. */
function pathOf(node: Node | null | undefined): string {
  if (node?.type === "Identifier") return node.name;
  if (node?.type === "MemberExpression") return `${pathOf(node.base)}.${node.identifier.name}`;
  return "";
}

/** The key that an expression names: `keys.x` or `keys.x(...)`. */
function keyOf(node: Node | undefined): string | null {
  const path = pathOf(node?.type === "CallExpression" ? node.base : node);
  return path.startsWith("keys.") && path !== "keys.under" ? path.slice("keys.".length) : null;
}

const textOf = (node: Node | undefined): string => (node?.type === "StringLiteral" ? node.raw.slice(1, -1) : "");

class Reader {
  readonly functions = new Map<string, LuaFunction>();
  readonly globals = new Set<string>();
  readonly atLoad = new Set<string>();
  readonly #module: string;
  readonly #aliases = new Map<string, string>();

  constructor(module: string) {
    this.#module = module;
  }

  read(chunk: luaparse.Chunk): void {
    for (const statement of chunk.body) this.#readTop(statement);
  }

  #function(name: string): LuaFunction {
    const known = this.functions.get(name);
    if (known !== undefined) return known;
    const made: LuaFunction = { name, touches: [], args: new Set(), calls: new Set(), locals: 0 };
    this.functions.set(name, made);
    return made;
  }

  #nameOf(path: string): string {
    return path.startsWith(`${this.#module}.`) ? path : `${this.#module}.${path}`;
  }

  #readTop(statement: Node): void {
    if (statement.type === "FunctionDeclaration") {
      const path = pathOf(statement.identifier);
      const into = this.#function(this.#nameOf(path));
      // A table of functions is asked by a name that is not known here.
      if (path.includes(".") && !path.startsWith(`${this.#module}.`))
        this.#function(this.#nameOf(path.split(".")[0] ?? "")).calls.add(into.name);
      this.#walk(statement, into);
    } else if (statement.type === "ReturnStatement") {
      for (const one of statement.arguments) {
        if (one.type === "FunctionDeclaration") this.#walk(one, this.#function(this.#module));
        else this.#walk(one, null);
      }
    } else if (statement.type === "CallStatement" && pathOf(statement.expression.base) === "script") this.#readScript(statement.expression);
    else if (statement.type === "LocalStatement") {
      for (const [at, variable] of statement.variables.entries()) {
        const value = statement.init[at];
        if (value === undefined) continue;
        this.#walk(value, this.#function(this.#nameOf(variable.name)), true);
      }
    } else this.#walk(statement, null);
  }

  #readScript(node: Node): void {
    if (node.type !== "CallExpression") return;
    const [name, table] = node.arguments;
    const into = this.#function(`script:${textOf(name)}`);
    into.touches.push({ key: "state", writes: false });
    if (table !== undefined) this.#walk(table, into);
  }

  /** `into` null: at the time of loading. */
  #walk(node: Node, into: LuaFunction | null, atLoad = into === null): void {
    if (node.type === "Identifier" && (node as { isLocal?: boolean }).isLocal === false) {
      this.globals.add(node.name);
      if (atLoad) this.atLoad.add(node.name);
    }
    if (node.type === "FunctionDeclaration") {
      if (into !== null) into.locals = Math.max(into.locals, node.parameters.length + widthOf(node.body));
      for (const child of node.body) this.#walk(child, into, false);
      return;
    }
    if (node.type === "LocalStatement") this.#readAliases(node);
    if (node.type === "AssignmentStatement") this.#readListed(node);
    if (into !== null) this.#note(node, into);
    for (const child of childrenOf(node)) {
      // The name behind a dot is no variable.
      if (node.type === "MemberExpression" && child === node.identifier) continue;
      if (node.type === "TableKeyString" && child === node.key) continue;
      this.#walk(child, into, atLoad);
    }
  }

  #readAliases({ variables, init }: luaparse.LocalStatement): void {
    for (const [at, variable] of variables.entries()) {
      const value = init[at];
      const key = keyOf(value) ?? (value?.type === "CallExpression" ? `${ANSWERED_BY}${this.#nameOf(pathOf(value.base))}` : null);
      if (key === null) this.#aliases.delete(variable.name);
      else this.#aliases.set(variable.name, key);
    }
  }

  /** `list[i] = keys.x(...)`: from then on the list stands for that key, as `unpack(list)` does among the arguments of a command. */
  #readListed({ variables, init }: luaparse.AssignmentStatement): void {
    for (const [at, variable] of variables.entries()) {
      const key = keyOf(init[at]);
      if (key !== null && variable.type === "IndexExpression") this.#aliases.set(pathOf(variable.base), key);
    }
  }

  /** The key that an argument stands for, itself or by a variable. */
  #keyOfArgument(argument: Node): string | null {
    const isList = argument.type === "CallExpression" && pathOf(argument.base) === "unpack";
    const named = isList ? argument.arguments[0] : argument;
    return keyOf(named) ?? (named?.type === "Identifier" ? (this.#aliases.get(named.name) ?? null) : null);
  }

  #note(node: Node, into: LuaFunction): void {
    if (node.type === "CallExpression") this.#noteCall(node, into);
    if (node.type === "Identifier" || node.type === "MemberExpression") {
      const path = pathOf(node);
      if (path === "") return;
      into.calls.add(path);
      into.calls.add(this.#nameOf(path));
      const arg = /^(?:a|ask\.a|s\.a)\.(\w+)/.exec(path)?.[1];
      if (arg !== undefined) into.args.add(arg);
    }
  }

  #noteCall(node: luaparse.CallExpression, into: LuaFunction): void {
    const path = pathOf(node.base);
    if (STATE_WRITERS.has(path)) into.touches.push({ key: "state", writes: true });
    if (path === "record.write" || path === "record.remove") into.touches.push({ key: "job", writes: true });
    const isCommand = path === "call";
    const command = isCommand ? textOf(node.arguments[0]) : "";
    // `call(name, ...)`, where a wrapper hands it on, has no name here.
    if (command !== "" && !WRITES.has(command) && !READS.has(command)) throw new Error(`Say in read-lua.ts whether ${command} writes`);
    for (const argument of isCommand ? node.arguments.slice(1) : node.arguments) {
      const key = this.#keyOfArgument(argument);
      if (key?.startsWith(ANSWERED_BY) === true) {
        if (isCommand && WRITES.has(command)) into.calls.add(`writes ${key.slice(ANSWERED_BY.length)}`);
      } else if (key !== null) into.touches.push({ key, writes: isCommand ? WRITES.has(command) : WRITERS.test(path) });
      // A function that answers a key.
      if (isCommand && argument.type === "CallExpression" && keyOf(argument) === null && WRITES.has(command))
        into.calls.add(`writes ${this.#nameOf(pathOf(argument.base))}`);
    }
  }
}

/** The locals of a function, those of its blocks among them and not those of functions in it: more than are ever there at once. */
function widthOf(body: readonly Node[]): number {
  let width = 0;
  const visit = (node: Node): void => {
    if (node.type === "FunctionDeclaration") {
      if (node.isLocal) width += 1;
      return;
    }
    if (node.type === "LocalStatement") width += node.variables.length;
    if (node.type === "ForNumericStatement") width += 4;
    if (node.type === "ForGenericStatement") width += 3 + node.variables.length;
    for (const child of childrenOf(node)) visit(child);
  };
  for (const node of body) visit(node);
  return width;
}

/** Reads one file. Throws with its place where it is no Lua 5.1. */
export function readLua(module: string, text: string): ReadModule {
  const reader = new Reader(module);
  reader.read(luaparse.parse(text, { luaVersion: "5.1", scope: true, comments: false, locations: false }));
  return { functions: [...reader.functions.values()], globals: reader.globals, atLoad: reader.atLoad };
}

export type ScriptFacts = { args: Set<string>; reads: Set<string>; writes: Set<string> };

/** The arguments and keys that each script reads, touches and writes, by all functions that it may come to. */
export function scriptFacts(modules: readonly LuaModule[]): Map<string, ScriptFacts> {
  const functions = new Map(modules.flatMap(({ module, text }) => readLua(module, text).functions.map((one) => [one.name, one] as const)));
  const scripts = [...functions.keys()].filter((name) => name.startsWith("script:"));
  return new Map(scripts.map((name) => [name.slice("script:".length), factsOf(name, functions)]));
}

function factsOf(script: string, functions: ReadonlyMap<string, LuaFunction>): ScriptFacts {
  const facts: ScriptFacts = { args: new Set(), reads: new Set(), writes: new Set() };
  const seen = new Set<string>();
  const visit = (name: string, writesAll: boolean): void => {
    const one = functions.get(name);
    if (one === undefined || seen.has(`${name} ${writesAll}`)) return;
    seen.add(`${name} ${writesAll}`);
    for (const arg of one.args) facts.args.add(arg);
    for (const { key, writes } of one.touches) (writes || writesAll ? facts.writes : facts.reads).add(key);
    for (const path of one.calls) {
      const key = writesAll && path.startsWith("keys.") ? path.slice("keys.".length) : null;
      if (key !== null) facts.writes.add(key);
      if (path.startsWith("writes ")) visit(path.slice("writes ".length), true);
      else visit(path, false);
    }
  };
  visit(script, false);
  return facts;
}
