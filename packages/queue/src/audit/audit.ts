/**
 * The audit list: who changed what, when, and from where, whichever way they came. It holds names of things, and never a secret, a body or a
 * person's address. An entry is kept for 90 days, and of a hundred thousand the newest. The ticks of schedules are in it, too, the newest ten
 * thousand of them: audit-ticks.lua writes them in the step that decides them.
 */
import { z } from "zod";
import type { RedisScripts } from "../redis/scripts.ts";
import { auditScript } from "./lua/audit.ts";

export const AUDIT_WAYS = ["http", "console", "board", "command_line", "schedule"] as const;

export type AuditEntry = {
  /** The token's name; at the command line the system's user; `schedule` for a tick. */
  by: string;
  via: (typeof AUDIT_WAYS)[number];
  /** The caller's network address; at the command line, and of a tick's worker, the host's name. */
  from: string;
  /** The route, action or command; in brackets the choice, where that is the point of it. */
  what: string;
  /** The ids of that which was changed, with blanks between; empty for none. */
  target: string;
  /** How it was answered: an HTTP status, or `ok`; of a tick whether its job was `added` or it was `skipped`. */
  status: string;
  /** How many like it came within some seconds: jobs are added by the thousand. */
  count: number;
};

export type AuditedEntry = AuditEntry & {
  /** Its place in the list. */
  id: string;
  /** ISO. */
  at: string;
};

export const AuditPlace = z.string().regex(/^\d{1,16}-\d{1,16}$/);
export type AuditPlace = z.infer<typeof AuditPlace>;

/** Longer texts are cut: every one of them is a name. */
const MOST_TEXT = 300;

const Stored = z.object({
  by: z.string().default(""),
  via: z.enum(AUDIT_WAYS).catch("http"),
  from: z.string().default(""),
  what: z.string().default(""),
  target: z.string().default(""),
  status: z.string().default(""),
  count: z.coerce.number().int().default(1),
});

export class Audit {
  readonly #scripts: RedisScripts;

  constructor(scripts: RedisScripts) {
    this.#scripts = scripts;
  }

  /** Writes entries down. */
  async write(entries: readonly AuditEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const cut = (text: string) => text.slice(0, MOST_TEXT);
    const stored = entries.map(({ by, via, from, what, target, status, count }) => {
      return { by: cut(by), via, from: cut(from), what: cut(what), target: cut(target), status, count: String(count) };
    });
    await this.#scripts.run(auditScript, { entries: stored });
  }

  /** Entries before a place, newest first, at most `limit`. */
  async read({ before, limit }: { before?: AuditPlace | undefined; limit: number }): Promise<AuditedEntry[]> {
    const { client, keys } = this.#scripts;
    const from = before === undefined ? "+" : `(${before}`;
    const both = [keys.audit, keys.auditTicks].map((key) => client.xrevrange(key, from, "-", "COUNT", limit));
    const rows = (await Promise.all(both)).flat().sort(([one], [other]) => compareIds(other, one));
    return rows.slice(0, limit).map(([id, flat]) => {
      const fields: Record<string, string> = {};
      for (let at = 0; at < flat.length; at += 2) fields[flat[at] ?? ""] = flat[at + 1] ?? "";
      return { id, at: new Date(Number(id.split("-")[0])).toISOString(), ...Stored.parse(fields) };
    });
  }
}

/** In the order of time: as numbers, as ids are no longer than they must be. */
function compareIds(one: string, other: string): number {
  const [ms = 0, sequence = 0] = one.split("-").map(Number);
  const [otherMs = 0, otherSequence = 0] = other.split("-").map(Number);
  return ms - otherMs || sequence - otherSequence;
}
