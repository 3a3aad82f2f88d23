/** One person's history, of calls and what came of them: kept outcomes that are about them or name them, the latest first, on a page and as a table. */
import { Outcome } from "@linkup-queue/contracts";
import { z } from "zod";
import type { Answer } from "../../http/route.ts";
import { actionForm } from "../frame/actions.ts";
import type { Viewer } from "../frame/console-page.ts";
import { type Html, html } from "../frame/html.ts";
import { outcomeTable } from "./outcome-table.ts";

const PATH = "/console/people";
const SHOWN = 50;
/** A person waits so long for a page, ms: what is kept is looked through from its latest end. */
const LOOK_MS = 1_500;
const AT_ONCE = "100";

type Fields = Readonly<Record<string, string>>;
type Ask = (fields: Fields) => Promise<Answer>;

const Page = z.object({ items: z.array(Outcome), nextCursor: z.string(), more: z.boolean() });

/** `next`: where to look on; null where all that is kept was looked through. */
export type PersonHistory = { outcomes: readonly Outcome[]; next: string | null };

/** Looks from `after` on until a page is full, all is seen, or it takes too long. Throws what the route throws. */
export async function readHistory(ask: Ask, after: string | undefined): Promise<PersonHistory> {
  const startedMs = performance.now();
  const found = new Map<string, Outcome>();
  let place = after;
  do {
    const page = await askPage(ask, place, String(SHOWN - found.size));
    // An outcome on which a person gave a word was told twice: the later telling comes first here.
    for (const outcome of page.items) if (!found.has(outcome.outcomeId)) found.set(outcome.outcomeId, outcome);
    if (!page.more) return { outcomes: [...found.values()], next: null };
    place = page.nextCursor;
  } while (found.size < SHOWN && performance.now() - startedMs < LOOK_MS);
  return { outcomes: [...found.values()], next: place };
}

async function askPage(ask: Ask, after: string | undefined, limit: string): Promise<z.output<typeof Page>> {
  const answer = await ask({ limit, ...(after === undefined || after === "" ? {} : { after }) });
  return Page.parse(answer === "streamed" ? undefined : answer.body);
}

/** All of them, each once, as the rows of a table. `older`: those that are kept elsewhere, some of them here as well. */
export async function* historyRows(ask: Ask, older: AsyncIterable<Outcome>): AsyncGenerator<Outcome> {
  const told = new Set<string>();
  for await (const outcome of keptRows(ask)) {
    if (told.has(nameOf(outcome))) continue;
    told.add(nameOf(outcome));
    yield outcome;
  }
  for await (const outcome of older) if (!told.has(nameOf(outcome))) yield outcome;
}

/** An id may be used again in another month. */
const nameOf = ({ outcomeId, finishedAt }: Outcome): string => `${outcomeId} ${finishedAt}`;

async function* keptRows(ask: Ask): AsyncGenerator<Outcome> {
  for (let place: string | undefined; ; ) {
    const page = await askPage(ask, place, AT_ONCE);
    yield* page.items;
    if (!page.more) return;
    place = page.nextCursor;
  }
}

/** `url`: the person as they were looked up; `older`: the block of what is kept elsewhere, and whether there is some. */
type Told = { url: string; viewer: Viewer; older: Html; hasOlder: boolean };

export function historyBlock({ outcomes, next }: PersonHistory, { url, viewer: { csrf }, older, hasOlder }: Told): Html {
  const form = { fields: { url }, back: PATH, csrf };
  const nothing = next === null ? "Nothing that is kept." : "Nothing in what was looked through so far.";
  return html`<h2>What was sent to them, and what came of it</h2>
${outcomes.length === 0 ? html`<p>${nothing}</p>` : outcomeTable(outcomes)}
<div class="buttons">${next === null ? null : actionForm({ action: "find-person", label: "Look on, for older ones", ...form, fields: { url, after: next } })}
${outcomes.length === 0 && !hasOlder ? null : actionForm({ action: "download-person", label: "Download CSV", ...form })}</div>
${older}`;
}
