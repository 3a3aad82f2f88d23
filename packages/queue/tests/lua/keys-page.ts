/** docs/redis-keys.md: every key of ours, and which scripts write and read it. Made from keys.ts and from the scripts themselves. */
import { readdirSync, readFileSync } from "node:fs";
import { KEYS, type Key } from "../../src/redis/keys.ts";
import { luaName, readModules } from "../../src/redis/library.ts";
import { scriptFacts, WRITES } from "./read-lua.ts";

const SRC = new URL("../../src/", import.meta.url);

type Uses = { reads: Map<string, string[]>; writes: Map<string, string[]> };

/** One of our keys in TypeScript, behind the command that is given it: `client.hset(scripts.keys.x`, `pipeline.zcard(keys.x`. */
const USE = /\.(?<command>\w+)\(\s*(?:\[\s*)?(?:this\.#|this\.|\w+\.)*?(?:cripts\.keys|keys)\.(?<key>\w+)/g;
const KEY = /(?:cripts\.|(?<![.\w#]))keys\.(\w+)/g;

/** The TypeScript files that read and write a key without a script. */
function usesInCode(): Uses {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts") && !path.endsWith(".test.ts") && !path.includes("/lua/"))
    .sort();
  const uses: Uses = { reads: new Map(), writes: new Map() };
  for (const path of files) {
    const text = readFileSync(new URL(path, SRC), "utf8");
    const written = new Set(
      [...text.matchAll(USE)].flatMap(({ groups }) =>
        WRITES.has((groups?.["command"] ?? "").toUpperCase()) ? [groups?.["key"] ?? ""] : [],
      ),
    );
    for (const key of new Set([...text.matchAll(KEY)].map(([, name = ""]) => name))) {
      const into = written.has(key) ? uses.writes : uses.reads;
      if (Object.hasOwn(KEYS, key)) into.set(key, [...(into.get(key) ?? []), path]);
    }
  }
  return uses;
}

const without = (verb: string, files: readonly string[] = []) =>
  files.length === 0 ? [] : [`- ${verb} without a script by: ${code(files).join(", ")}`];
const code = (names: Iterable<string>) => [...names].sort().map((name) => `\`${name}\``);

export function keysPage(): string {
  const facts = [...scriptFacts(readModules())];
  const uses = usesInCode();
  const owners = [...new Set(Object.values<Key>(KEYS).map(({ owner }) => owner))];
  const sections = owners.map((owner) => {
    const own = Object.entries<Key>(KEYS).filter(([, key]) => key.owner === owner);
    return `## ${owner}\n\n${own.map(([name, key]) => section(name, key)).join("\n\n")}`;
  });
  function section(name: string, key: Key): string {
    const lua = luaName(name);
    const writers = facts.flatMap(([script, { writes }]) => (writes.has(lua) ? [script] : []));
    const readers = facts.flatMap(([script, { reads, writes }]) => (reads.has(lua) && !writes.has(lua) ? [script] : []));
    const lines = [
      `### \`${key.name}\``,
      "",
      `A ${key.type}: ${key.what}. In code \`keys.${name}\`, in Lua \`keys.${lua}\`.`,
      "",
      ...(key.members === undefined ? [] : [`- Members: ${key.members}`]),
      ...(key.fields === undefined ? [] : Object.entries(key.fields).map(([field, what]) => `- \`${field}\`: ${what}`)),
      ...(key.expires === undefined ? [] : [`- Expires: ${key.expires}`]),
      `- Written by: ${code(writers).join(", ") || (key.neverWritten ? "nobody" : "no script")}`,
      `- Only read by: ${code(readers).join(", ") || "no script"}`,
      ...without("Written", uses.writes.get(name)),
      ...without("Only read", uses.reads.get(name)),
    ];
    return lines.join("\n");
  }
  return `# Keys in Redis

Made from [keys.ts](../packages/queue/src/redis/keys.ts) and the scripts by \`npm run docs\`; a test fails while it is stale. Every
name stands behind \`{linkup-<key id>}:gate:\`; BullMQ's own keys stand beside it, behind \`{linkup-<key id>}:<queue>:\`. Which scripts write a key is read from
the Lua itself, by the functions that they may come to. Every script reads \`key\`, for the clock and the layout.

One key has no such beginning: the hash \`linkup-queue:keys\` says which key id works with which API key (a digest), over all ids of a Redis. A Redis user without a right to it works all the same ([how](operations-guide.md#a-redis-user-of-its-own)).

${sections.join("\n\n")}
`;
}
