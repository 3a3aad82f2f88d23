/**
 * Brings what is kept in Redis to this version's layout before anything of it is read, or refuses. A crash in its middle is made good by the
 * next start.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { LinkupError } from "@linkup-queue/contracts";
import { z } from "zod";
import { between, type LayoutStep, layoutConflict, refusedLayout } from "./layout.ts";
import { layoutScript } from "./lua/layout.ts";
import type { RedisScripts } from "./scripts.ts";

/** A worker is taken for alive this long after its last beat, ms; as in key.lua. */
const ALIVE_MS = 15_000;
/** A worker that was killed is forgotten within this, ms. */
const PATIENCE_MS = 20_000;
const LOOK_EVERY_MS = 500;

export type LayoutOptions = {
  /** Told in one line of each step before it is done, and of workers that are waited for. */
  tell: (line: string) => void;
  /** How long workers of the earlier layout are waited for, ms. */
  patienceMs?: number;
};

/**
 * Makes sure that what is kept has this version's layout, before anything of it is read: writes the number where there is none, and takes the
 * steps from an older one, which wait until no worker is alive. Throws `layout_conflict` for a later layout, one from which no step leads, and
 * workers that stay.
 */
export async function openLayout(scripts: RedisScripts, { tell, patienceMs = PATIENCE_MS }: LayoutOptions): Promise<void> {
  const { layout, keyId } = scripts;
  const ours = String(layout.version);
  const givenUpAtMs = performance.now() + patienceMs;
  let told = false;
  for (;;) {
    const { found, workers } = await changeLayout(scripts, { was: ours, to: ours });
    if (found === ours) return;
    if (found === "") {
      await changeLayout(scripts, { was: "", to: ours });
      continue;
    }
    const step = layout.steps.find((one) => found === String(one.from) || found === between(one));
    if (step === undefined) throw layoutConflict(keyId, found, layout);
    if (found !== between(step)) {
      const begun = await changeLayout(scripts, { was: found, to: between(step), alone: true });
      if (begun.found === found) {
        if (performance.now() >= givenUpAtMs) throw othersAreAlive(keyId, { found, workers, version: layout.version });
        if (!told) tell(`waiting until no worker of layout ${found} is alive, of ${workers}; then layout ${step.to} follows`);
        told = true;
        await sleep(LOOK_EVERY_MS);
      }
      // Whoever was quicker may be at the same step.
      continue;
    }
    tell(`layout ${step.from} to ${step.to}: ${step.what}`);
    await takeStep(scripts, step);
  }
}

/** Throws `layout_conflict` unless what is kept has this version's layout, or nothing is kept. Changes nothing. */
export async function checkLayout(scripts: RedisScripts): Promise<void> {
  const { found } = await changeLayout(scripts, null);
  if (found !== "" && found !== String(scripts.layout.version)) throw layoutConflict(scripts.keyId, found, scripts.layout);
}

async function takeStep(scripts: RedisScripts, step: LayoutStep): Promise<void> {
  try {
    for (let cursor = ""; ; ) {
      cursor = z.string().parse(await scripts.runStep(step.lua, between(step), { cursor }));
      if (cursor === "") break;
    }
  } catch (error) {
    // Another process has finished it meanwhile, and may have gone on.
    if (refusedLayout(error) !== null) return;
    throw error;
  }
  await changeLayout(scripts, { was: between(step), to: String(step.to) });
}

type Change = { was: string; to: string; alone?: boolean };

/** Changes the number if it is what it was thought to be, with `alone` only when no worker is alive; answers what it is then. */
async function changeLayout(scripts: RedisScripts, change: Change | null): Promise<{ found: string; workers: number }> {
  return await scripts.run(layoutScript, { ...change, aliveMs: ALIVE_MS });
}

function othersAreAlive(keyId: string, { found, workers, version }: { found: string; workers: number; version: number }): LinkupError {
  return new LinkupError(
    "layout_conflict",
    `${workers} workers of layout ${found} are running under LINKUP_KEY_ID=${keyId}; this version works with layout ${version}, and the two can't run side by side. Stop all processes of the earlier version (SIGTERM), then start this one`,
  );
}
