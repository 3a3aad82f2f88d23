/**
 * The layout of what we keep in Redis: one number, and the steps that lead from an older one to it. Every script refuses to run in another
 * layout, so that a process that meets one writes nothing. BullMQ's own keys have a layout of BullMQ's.
 */
import { LinkupError } from "@linkup-queue/contracts";

/** One change of the layout. A step that was released is never edited: add another. */
export type LayoutStep = {
  from: number;
  to: number;
  /** The step's work, as it reads in the log after "layout 1 to 2:". */
  what: string;
  /**
   * Lua that does a bounded piece of it: it finds our modules before it, `keys` among them; `a.cursor` is '' at first, and it answers the
   * cursor to go on from, '' at the end. A crash in its middle, and two processes at once, begin it anew: what it does a second time must change nothing.
   */
  lua: string;
};
export type Layout = { version: number; steps: readonly LayoutStep[] };

/**
 * Secrets are sealed for their place from layout 2 on (secrets.ts), which nobody who works with layout 1 can open; they are sealed anew by the
 * first worker. The canary moves: versions from before the number look at nothing else when they start, and the word in its place opens with no key.
 */
const BOUND_SECRETS: LayoutStep = {
  from: 1,
  to: 2,
  what: "secrets are sealed each for its place, which no earlier version opens",
  lua: `
    local canary = call('HGET', keys.state, 'canary')
    if canary and canary ~= 'moved' then call('HSET', keys.state, 'keyCanary', canary) end
    call('HSET', keys.state, 'canary', 'moved')
    call('HDEL', keys.state, 'sealed')
    call('DEL', keys.prefix .. 'results-room')
    return ''`,
};

/**
 * From layout 3 on a job's entry may say that its write is looked for. A process of layout 2 doesn't know of it: it would take such a job for one with wrong data,
 * and call `failed` what may have been done. Nothing of what was there changes.
 */
const LOOKED_FOR: LayoutStep = {
  from: 2,
  to: 3,
  what: "writes that may have been done are looked for, which no earlier version knows",
  lua: "return ''",
};

/** This version's layout. Whatever an earlier process would misread, or not find, is a new one; what it may overlook is none. */
export const LAYOUT: Layout = { version: 3, steps: [BOUND_SECRETS, LOOKED_FOR] };

/** The first words of the error with which a script refuses another layout. */
const REFUSAL = /^LAYOUT (\S+)/;
/** The layout of a Redis on its way from one to the next. */
export const between = ({ from, to }: LayoutStep): string => `${from}>${to}`;

/** The layout that a script met and refused to run in; null for any other error. */
export function refusedLayout(error: unknown): string | null {
  return error instanceof Error ? (REFUSAL.exec(error.message)?.[1] ?? null) : null;
}

/** Why this version can't work with what is kept: which layout that is, which this version knows, and what to do. */
export function layoutConflict(keyId: string, found: string, { version }: Layout): LinkupError {
  const [from, to] = found.split(">");
  const kept = `What is kept in Redis under LINKUP_KEY_ID=${keyId}`;
  const ours = `this version works with layout ${version}`;
  if (to !== undefined) {
    const remedy = "Start that version to finish it";
    return new LinkupError(
      "layout_conflict",
      `${kept} is on its way from layout ${from} to ${to}, by a version that is not this one; ${ours}. ${remedy}`,
    );
  }
  if (Number(found) > version) {
    const remedy = "Stop this process and start the version that wrote it, or a later one";
    return new LinkupError(
      "layout_conflict",
      `${kept} has layout ${found}, written by a later version of linkup-queue; ${ours}. ${remedy}`,
    );
  }
  const remedy =
    "Stop all processes of the earlier version, then start a worker or the api of this one: it brings Redis up to date where it can";
  return new LinkupError(
    "layout_conflict",
    `${kept} has layout ${found}, written by an earlier version of linkup-queue; ${ours}. ${remedy}`,
  );
}
