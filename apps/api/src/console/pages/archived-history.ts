/** The part of a person's history that Redis keeps no longer, from the archive where one is set up; one that does not answer leaves the rest readable, and is told. */
import type { Outcome } from "@linkup-queue/contracts";
import { z } from "zod";
import type { ApiContext } from "../../http/api-context.ts";
import { fromCursor, toCursor } from "../../http/page.ts";
import { actionForm } from "../frame/actions.ts";
import type { Viewer } from "../frame/console-page.ts";
import { counted, type Html, html, moment } from "../frame/html.ts";
import { outcomeTable } from "./outcome-table.ts";

const SHOWN = 50;
const AT_ONCE = 100;
/** A person waits so long for the archive, ms. */
const LOOK_MS = 5_000;
const DAY_MS = 86_400_000;

const Place = z.strictObject({ finishedMs: z.int(), outcomeId: z.string().max(200) });

/** `away`: it does not answer. `before`: there is one, and what Redis has comes first. `next`: where to look on; null at the end. `fromMs`: when its first outcome ended. */
export type ArchivedHistory =
  | { kind: "none" }
  | { kind: "away" }
  | { kind: "before" }
  | { kind: "read"; outcomes: readonly Outcome[]; next: string | null; fromMs: number | null };

/** `key`: null for somebody whom no address and no profile id names, whom the archive can't be asked for. Throws `invalid_input` for a cursor that is none. */
export async function readArchived(
  context: ApiContext,
  key: string | null,
  { after, isTurn }: { after: string | undefined; isTurn: boolean },
): Promise<ArchivedHistory> {
  const { archive } = context;
  if (archive === null) return { kind: "none" };
  if (key === null || !isTurn) return { kind: "before" };
  const before = fromCursor(after === "" ? undefined : after, Place, "archived");
  try {
    return await inTime(async () => {
      const startedMs = performance.now();
      const fromMs = await archive.reachesBackToMs();
      const outcomes: Outcome[] = [];
      for (let place = before; ; ) {
        const page = await archive.byPerson(key, { before: place, limit: SHOWN - outcomes.length });
        for (const one of await notInRedis(context, page.items)) outcomes.push(one);
        const next = page.next === null ? null : toCursor(page.next);
        if (page.next === null || outcomes.length >= SHOWN || performance.now() - startedMs > LOOK_MS / 2)
          return { kind: "read", outcomes, next, fromMs };
        place = page.next;
      }
    });
  } catch (thrown) {
    context.trouble.see(thrown, "the archive does not answer the console");
    return { kind: "away" };
  }
}

/** All that the archive has of a person, the latest first. Throws `archive_unreachable`, `archive_unsuitable`. */
export async function* archivedRows({ archive }: ApiContext, key: string): AsyncGenerator<Outcome> {
  if (archive === null) return;
  for (let before: z.infer<typeof Place> | undefined; ; ) {
    const page = await archive.byPerson(key, { before, limit: AT_ONCE });
    yield* page.items;
    if (page.next === null) return;
    before = page.next;
  }
}

/** The outcomes that Redis does not tell as well. An id may have been used again since: only those of days that Redis keeps are looked for. */
async function notInRedis({ engine, settings }: ApiContext, outcomes: readonly Outcome[]): Promise<Outcome[]> {
  const keptFromMs = Date.now() - (settings.outcomeDays + 1) * DAY_MS;
  const recent = outcomes.filter(({ finishedAt }) => Date.parse(finishedAt) >= keptFromMs);
  const kept = await engine.outcomes.kept(recent.map(({ outcomeId }) => outcomeId));
  return outcomes.filter((one) => !recent.includes(one) || !kept.has(one.outcomeId));
}

async function inTime<T>(work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer of the archive within ${LOOK_MS} ms`)), LOOK_MS);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

type Of = { key: string | null; url: string; viewer: Viewer; outcomeDays: number; back: string };

/** Its outcomes, and how far back all of it reaches. */
export function archivedBlock(archived: ArchivedHistory, of: Of): Html {
  return html`${archived.kind === "away" ? html`<p class="problem" role="alert">The archive does not answer now: whatever Redis keeps no longer is missing here. Look again in a while.</p>` : null}
${archived.kind === "read" ? readBlock(archived, of) : null}
<p class="hint">${reach(archived, of)} Also jobs whose answer names them are here, as a list of connections does.</p>`;
}

function readBlock({ outcomes, next }: Extract<ArchivedHistory, { kind: "read" }>, { url, viewer, back }: Of): Html {
  const form = { action: "find-person", label: "Look on in the archive", back, csrf: viewer.csrf } as const;
  const none = next === null ? "Nothing more." : "Nothing more in what was looked through so far.";
  return html`<h3>In the archive</h3>${outcomes.length === 0 ? html`<p>${none}</p>` : outcomeTable(outcomes)}
${next === null ? null : actionForm({ ...form, fields: { url, archived: next } })}`;
}

function reach(archived: ArchivedHistory, { key, outcomeDays }: Of): Html {
  const inRedis = `Redis keeps outcomes for ${counted(outcomeDays, "day")}`;
  if (archived.kind === "none") return html`${inRedis}; no archive is set up (ARCHIVE_URL), so nothing older is here.`;
  if (key === null) return html`${inRedis}; the archive has older ones, and is asked by address or profile id alone.`;
  if (archived.kind === "before") return html`${inRedis}; older ones come from the archive, once these were looked through.`;
  if (archived.kind === "away") return html`${inRedis}; older ones are in the archive.`;
  if (archived.fromMs === null) return html`${inRedis}; the archive is empty so far.`;
  return html`${inRedis}; the archive reaches back to ${moment(archived.fromMs)}.`;
}
