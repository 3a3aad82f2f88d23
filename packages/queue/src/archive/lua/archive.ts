/** The process that archives; see archive.lua. */
import { z } from "zod";
import type { Keys } from "../../redis/keys.ts";
import { defineScript } from "../../redis/script.ts";

const keys = (all: Keys) => [all.archiving, all.archiver, all.toArchive];
const owner = z.object({ owner: z.string() });

export const archiveOpenScript = defineScript({ name: "archive_open", args: z.object({ keepMs: z.number() }), keys, reply: z.number() });
export const archiveTakeScript = defineScript({
  name: "archive_take",
  args: owner.extend({ leaseMs: z.number(), keepMs: z.number() }),
  keys,
  reply: z
    .tuple([z.number(), z.number(), z.coerce.number()])
    .transform(([ours, waiting, oldestMs]) => ({ ours: ours === 1, waiting, oldestMs: oldestMs === 0 ? null : oldestMs })),
});
/** Entries and the ids of their outcomes. Answers how many there were, 0 when another process archives. */
export const archiveDoneScript = defineScript({
  name: "archive_done",
  args: owner.extend({ entries: z.array(z.tuple([z.string(), z.string()])), outcomeDays: z.number() }),
  keys,
  reply: z.number(),
});
export const archiveLeaveScript = defineScript({ name: "archive_leave", args: owner, keys, reply: z.number() });
