/**
 * A script as a process runs it: its arguments, the keys it declares, and how its reply is read. One such value stands beside
 * each script's Lua; `RedisScripts.run` is typed by it.
 */
import type { z } from "zod";
import type { Keys } from "./keys.ts";

/** Reads a reply, and throws for one of another shape. */
export type ReplyCodec<Reply> = { parse(reply: unknown): Reply };

export type Script<Args extends z.ZodObject = z.ZodObject, Reply = unknown> = {
  name: string;
  /** The names and types of its arguments. They are our own, so they are typed here and not parsed again when it runs. */
  args: Args;
  /** Every key that is known before it runs, behind the key's state: a cluster sends it where they are. */
  keys: (keys: Keys, args: z.input<Args>) => readonly string[];
  reply: ReplyCodec<Reply>;
};

/** A script's reply. */
export type ReplyOf<One extends { reply: ReplyCodec<unknown> }> = ReturnType<One["reply"]["parse"]>;

export function defineScript<Args extends z.ZodObject, Reply>(script: Script<Args, Reply>): Script<Args, Reply> {
  return script;
}

/** A list of names and values by turns, which is how a script answers a record. */
export function recordReply<Reply>(schema: z.ZodType<Reply>): ReplyCodec<Reply> {
  return {
    parse(reply) {
      if (!Array.isArray(reply)) throw new Error("a script answered something that is not a list of names and values");
      const record: Record<string, unknown> = {};
      for (let at = 0; at < reply.length; at += 2) record[String(reply[at])] = reply[at + 1];
      return schema.parse(record);
    },
  };
}

/** JSON text, of which an empty Lua table may be an object where a list is meant. */
export function jsonReply<Reply>(schema: z.ZodType<Reply>): ReplyCodec<Reply> {
  return { parse: (reply) => schema.parse(JSON.parse(String(reply))) };
}
